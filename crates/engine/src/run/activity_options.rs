//! What a workflow says about an activity, with everything that it left open filled in: names, timeouts, retry policy.
//! Checks and computes; changes nothing.

use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::ScheduleActivityTaskCommandAttributes, common::v1::RetryPolicy,
    history::v1::ActivityTaskScheduledEventAttributes,
};
use abide_model::limits;

use super::command::QueueName;
use super::event::task_queue;
use super::state::State;
use super::worker_command::length_text;
use crate::convert::{from_proto_duration, is_negative, to_proto_duration};

impl State {
    /// What the workflow said about an activity, with everything that it left open. The text says what cannot be.
    pub fn normalise_activity(
        &self,
        command: ScheduleActivityTaskCommandAttributes,
    ) -> Result<ActivityTaskScheduledEventAttributes, String> {
        let (id, kind) = check_names(&command)?;
        let named = |name: &str, timeout: &Option<prost_types::Duration>| match is_negative(timeout.as_ref()) {
            true => Err(format!("invalid {name}: negative timeout duration. ActivityId={id} ActivityType={kind}")),
            false => Ok(from_proto_duration(timeout.as_ref())),
        };
        let mut schedule_to_close = named("ScheduleToCloseTimeout", &command.schedule_to_close_timeout)?;
        let mut schedule_to_start = named("ScheduleToStartTimeout", &command.schedule_to_start_timeout)?;
        let mut start_to_close = named("StartToCloseTimeout", &command.start_to_close_timeout)?;
        let mut heartbeat = named("HeartbeatTimeout", &command.heartbeat_timeout)?;
        let run = from_proto_duration(self.execution.started.workflow_run_timeout.as_ref());
        if schedule_to_close > Duration::ZERO {
            if schedule_to_start == Duration::ZERO {
                schedule_to_start = schedule_to_close;
            }
            if start_to_close == Duration::ZERO {
                start_to_close = schedule_to_close;
            }
            schedule_to_start = schedule_to_start.min(schedule_to_close);
            start_to_close = start_to_close.min(schedule_to_close);
        } else if start_to_close > Duration::ZERO {
            schedule_to_close = run;
            if schedule_to_start == Duration::ZERO {
                schedule_to_start = run;
            }
        } else {
            return Err(format!(
                "a valid StartToCloseTimeout or ScheduleToCloseTimeout must be set on the activity. \
                 ActivityId={id} ActivityType={kind}"
            ));
        }
        if run > Duration::ZERO {
            for timeout in [&mut schedule_to_close, &mut schedule_to_start, &mut start_to_close, &mut heartbeat] {
                *timeout = (*timeout).min(run);
            }
        }
        heartbeat = heartbeat.min(start_to_close);
        let queue = command.task_queue.filter(|queue| !queue.name.is_empty());
        let queue = queue.map_or_else(|| self.normal_queue(), |queue| QueueName::normal(queue.name));
        Ok(ActivityTaskScheduledEventAttributes {
            activity_id: command.activity_id,
            activity_type: command.activity_type,
            task_queue: Some(task_queue(&queue)),
            header: command.header,
            input: command.input,
            schedule_to_close_timeout: Some(to_proto_duration(schedule_to_close)),
            schedule_to_start_timeout: Some(to_proto_duration(schedule_to_start)),
            start_to_close_timeout: Some(to_proto_duration(start_to_close)),
            heartbeat_timeout: Some(to_proto_duration(heartbeat)),
            retry_policy: Some(complete_policy(command.retry_policy)?),
            priority: command.priority,
            ..ActivityTaskScheduledEventAttributes::default()
        })
    }
}

fn check_names(command: &ScheduleActivityTaskCommandAttributes) -> Result<(String, String), String> {
    let id = command.activity_id.clone();
    let kind = command.activity_type.as_ref().map(|kind| kind.name.clone()).unwrap_or_default();
    if id.is_empty() {
        return Err(format!("activityId is not set. ActivityType={kind}"));
    }
    if kind.is_empty() {
        return Err(format!("activityType is not set. ActivityID={id}"));
    }
    for (what, text) in [("activityId", &id), ("activityType", &kind)] {
        if text.len() > limits::ID_BYTES_MAX {
            return Err(length_text(what, text));
        }
    }
    Ok((id, kind))
}

/// Every activity has a retry policy; what the workflow left open is the default (1 s, 2.0, 100 times the initial
/// interval, no bound on attempts).
pub(super) fn complete_policy(policy: Option<RetryPolicy>) -> Result<RetryPolicy, String> {
    let mut policy = policy.unwrap_or_default();
    if is_negative(policy.initial_interval.as_ref()) {
        return Err("invalid InitialInterval set on retry policy: negative interval".into());
    }
    if policy.backoff_coefficient != 0.0 && policy.backoff_coefficient < 1.0 {
        return Err("BackoffCoefficient cannot be less than 1 on retry policy.".into());
    }
    if policy.maximum_attempts < 0 {
        return Err("MaximumAttempts cannot be negative on retry policy.".into());
    }
    let mut initial = from_proto_duration(policy.initial_interval.as_ref());
    if initial == Duration::ZERO {
        initial = Duration::from_secs(1);
    }
    let mut max = from_proto_duration(policy.maximum_interval.as_ref());
    if max == Duration::ZERO {
        max = initial.saturating_mul(100);
    }
    if max < initial {
        return Err("MaximumInterval cannot be less than InitialInterval on retry policy.".into());
    }
    if policy.backoff_coefficient == 0.0 {
        policy.backoff_coefficient = 2.0;
    }
    policy.initial_interval = Some(to_proto_duration(initial));
    policy.maximum_interval = Some(to_proto_duration(max));
    Ok(policy)
}
