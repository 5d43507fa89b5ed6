//! Whether a failure may be retried, and what a workflow's own retry policy says when its run has failed or run out of
//! time. Activities ask the first question too; how they go on is theirs.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::RetryPolicy as Policy,
    enums::v1::{RetryState, TimeoutType},
    failure::v1::{Failure, TimeoutFailureInfo, failure::FailureInfo},
};
use abide_model::{Timestamp, retry::RetryPolicy};

use super::activity_retry::timeout_name;
use super::state::State;
use crate::convert::from_proto_duration;

/// A policy whose every field was filled when it was accepted.
pub(super) fn policy(policy: &Policy) -> RetryPolicy {
    RetryPolicy {
        interval_initial: from_proto_duration(policy.initial_interval.as_ref()),
        backoff_coefficient: policy.backoff_coefficient,
        interval_max: from_proto_duration(policy.maximum_interval.as_ref()),
        attempts_max: policy.maximum_attempts,
        non_retryable_types: policy.non_retryable_error_types.clone(),
    }
}

/// Whether trying again may help. Nobody retries what was cancelled or terminated, nor a wait that was too long.
pub(super) fn is_retryable(policy: &RetryPolicy, failure: Option<&Failure>) -> bool {
    let listed = |name: &str| policy.non_retryable_types.iter().any(|listed| listed == name);
    match failure.and_then(|failure| failure.failure_info.as_ref()) {
        Some(FailureInfo::ApplicationFailureInfo(info)) => !info.non_retryable && !listed(&info.r#type),
        Some(FailureInfo::ServerFailureInfo(info)) => !info.non_retryable,
        Some(FailureInfo::CanceledFailureInfo(_) | FailureInfo::TerminatedFailureInfo(_)) => false,
        Some(FailureInfo::TimeoutFailureInfo(info)) => match info.timeout_type() {
            kind @ (TimeoutType::StartToClose | TimeoutType::Heartbeat) => {
                !listed(&format!("TemporalTimeout:{}", timeout_name(kind)))
            }
            TimeoutType::Unspecified | TimeoutType::ScheduleToStart | TimeoutType::ScheduleToClose => false,
        },
        _ => true,
    }
}

/// The delay that a failure itself asks for.
pub(super) fn asked_delay(failure: Option<&Failure>) -> Option<Duration> {
    match &failure?.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => {
            info.next_retry_delay.as_ref().map(|delay| from_proto_duration(Some(delay)))
        }
        _ => None,
    }
}

/// What the run that follows one without time is told.
pub(super) fn run_timeout() -> Failure {
    Failure {
        message: "workflow timeout".into(),
        source: "Server".into(),
        failure_info: Some(FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo {
            timeout_type: TimeoutType::StartToClose as i32,
            last_heartbeat_details: None,
        })),
        ..Failure::default()
    }
}

impl State {
    /// How long the next attempt of the workflow waits, or why there is none.
    pub(super) fn retry_backoff(&self, failure: Option<&Failure>, now: Timestamp) -> Result<Duration, RetryState> {
        let started = &self.execution.started;
        let Some(policy) = started.retry_policy.as_ref().map(policy) else {
            return Err(RetryState::RetryPolicyNotSet);
        };
        if !is_retryable(&policy, failure) {
            return Err(RetryState::NonRetryableFailure);
        }
        if policy.exhausted_by(started.attempt) {
            return Err(RetryState::MaximumAttemptsReached);
        }
        let asked = asked_delay(failure).map(|delay| if delay.is_zero() { policy.interval_max } else { delay });
        let backoff = match asked {
            Some(delay) => delay.min(policy.interval_max),
            None => policy.interval_after(started.attempt),
        };
        if self.execution_expires_at().is_some_and(|expires_at| now.after(backoff) > expires_at) {
            return Err(RetryState::Timeout);
        }
        Ok(backoff)
    }
}
