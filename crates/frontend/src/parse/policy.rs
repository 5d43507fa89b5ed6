//! Retry policies, priorities, and what a taken workflow id means.

use abide_api::temporal::api::{
    common::v1::{Priority, RetryPolicy},
    enums::v1::{WorkflowIdConflictPolicy as Conflict, WorkflowIdReusePolicy as Reuse},
};
use abide_engine::convert::from_proto_duration;
use abide_model::cron::{Cron, CronError};
use abide_model::limits;

use super::timeout;
use crate::status::Refusal;

const TIMEOUT_TYPES: [&str; 4] = ["StartToClose", "ScheduleToStart", "ScheduleToClose", "Heartbeat"];

/// Refuses a retry policy that cannot be. Fields that are not set have their defaults.
pub fn retry(policy: &RetryPolicy) -> Result<(), Refusal> {
    // One attempt is no retry, and nothing else matters.
    if policy.maximum_attempts == 1 {
        return Ok(());
    }
    if let Some(cause) = timeout::fault(policy.initial_interval.as_ref()) {
        return invalid(format!("invalid InitialInterval set on retry policy: {cause}"));
    }
    if policy.backoff_coefficient.is_nan() || (policy.backoff_coefficient != 0.0 && policy.backoff_coefficient < 1.0) {
        return Err(Refusal::invalid("BackoffCoefficient cannot be less than 1 on retry policy."));
    }
    if let Some(cause) = timeout::fault(policy.maximum_interval.as_ref()) {
        return invalid(format!("invalid MaximumInterval set on retry policy: {cause}"));
    }
    let initial = from_proto_duration(policy.initial_interval.as_ref());
    let maximum = from_proto_duration(policy.maximum_interval.as_ref());
    if !maximum.is_zero() && maximum < initial {
        return Err(Refusal::invalid("MaximumInterval cannot be less than InitialInterval on retry policy."));
    }
    if policy.maximum_attempts < 0 {
        return Err(Refusal::invalid("MaximumAttempts cannot be negative on retry policy."));
    }
    for kind in policy.non_retryable_error_types.iter().filter_map(|kind| kind.strip_prefix("TemporalTimeout:")) {
        if !TIMEOUT_TYPES.contains(&kind) {
            return invalid(format!("Invalid timeout type value: {kind}."));
        }
    }
    Ok(())
}

/// Refuses a cron schedule that cannot be. None at all is fine.
pub fn cron(schedule: &str) -> Result<(), Refusal> {
    if schedule.is_empty() {
        return Ok(());
    }
    match Cron::parse(schedule) {
        Ok(_) => Ok(()),
        Err(CronError::Malformed) => Err(Refusal::invalid("invalid CronSchedule.")),
        Err(CronError::NeverDue) => {
            Err(Refusal::invalid("invalid CronSchedule, no time can be found to satisfy the schedule"))
        }
    }
}

/// Refuses a priority that cannot be.
pub fn priority(priority: Option<&Priority>) -> Result<(), Refusal> {
    let Some(priority) = priority else { return Ok(()) };
    if priority.priority_key < 0 {
        return Err(Refusal::invalid("priority key can't be negative"));
    }
    if priority.fairness_key.len() > limits::FAIRNESS_KEY_BYTES_MAX {
        return Err(Refusal::invalid("fairness key length exceeds limit"));
    }
    if priority.fairness_weight < 0.0 {
        return Err(Refusal::invalid("must be greater than zero"));
    }
    Ok(())
}

/// What a taken workflow id means: for a closed run, and for an open one, where `default` holds if the request does not
/// say.
pub fn workflow_id(reuse: i32, conflict: i32, default: Conflict) -> Result<(Reuse, Conflict), Refusal> {
    // Values from a newer protocol are taken for the defaults, as the reference does.
    let reuse = Reuse::try_from(reuse).unwrap_or_default();
    let conflict = Conflict::try_from(conflict).unwrap_or_default();
    #[allow(deprecated)]
    match (reuse, conflict) {
        (Reuse::TerminateIfRunning, Conflict::Unspecified) => Ok((Reuse::AllowDuplicate, Conflict::TerminateExisting)),
        (Reuse::TerminateIfRunning, _) => Err(Refusal::invalid(
            "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with \
             a WorkflowIDConflictPolicy",
        )),
        (Reuse::RejectDuplicate, Conflict::TerminateExisting) => Err(Refusal::invalid(
            "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE cannot be used together with \
             WorkflowIdConflictPolicy WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING",
        )),
        (Reuse::Unspecified, conflict) => Ok((Reuse::AllowDuplicate, or(conflict, default))),
        (reuse, conflict) => Ok((reuse, or(conflict, default))),
    }
}

fn or(conflict: Conflict, default: Conflict) -> Conflict {
    if conflict == Conflict::Unspecified { default } else { conflict }
}

fn invalid(text: String) -> Result<(), Refusal> {
    Err(Refusal::Invalid(text.into()))
}
