//! What follows an attempt of an activity that did not succeed: another one, or the end, and with which retry state.

use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{RetryState, TimeoutType},
    failure::v1::{Failure, ServerFailureInfo, TimeoutFailureInfo, failure::FailureInfo},
    history::v1::{ActivityTaskFailedEventAttributes, ActivityTaskTimedOutEventAttributes, history_event::Attributes},
};
use abide_model::{Timestamp, limits, retry::RetryPolicy};
use prost::Message;

use super::event::event;
use super::note::{ActivityOffered, ActivityRetry, NoteKind};
use super::state::{Activity, ActivityPhase};
use super::{Out, Run};
use crate::convert::from_proto_duration;

/// How an attempt ended without success.
pub(super) enum AttemptEnd {
    /// Its worker said so.
    Failed {
        /// What it said.
        failure: Option<Failure>,
        /// The worker.
        identity: String,
    },
    /// Time ran out.
    TimedOut(TimeoutType),
}

/// The retry policy of an activity; every field was filled when it was scheduled.
pub(super) fn policy(activity: &Activity) -> RetryPolicy {
    let Some(policy) = &activity.scheduled.retry_policy else { return RetryPolicy::default() };
    RetryPolicy {
        interval_initial: from_proto_duration(policy.initial_interval.as_ref()),
        backoff_coefficient: policy.backoff_coefficient,
        interval_max: from_proto_duration(policy.maximum_interval.as_ref()),
        attempts_max: policy.maximum_attempts,
        non_retryable_types: policy.non_retryable_error_types.clone(),
    }
}

/// When the next attempt begins, or why there is none. The order of the questions is the reference server's.
fn next_attempt_at(
    activity: &Activity,
    run_expires_at: Option<Timestamp>,
    end: &AttemptEnd,
    now: Timestamp,
) -> Result<Timestamp, RetryState> {
    let policy = policy(activity);
    if activity.cancel_requested_event_id > 0 {
        return Err(RetryState::CancelRequested);
    }
    if !is_retryable(&policy, end)? {
        return Err(RetryState::NonRetryableFailure);
    }
    // A paused activity waits for whoever paused it, however many attempts it had.
    if activity.pause.is_some() {
        return Ok(now);
    }
    if policy.exhausted_by(activity.attempt) {
        return Err(RetryState::MaximumAttemptsReached);
    }
    let delay = asked_delay(end).unwrap_or_else(|| policy.interval_after(activity.attempt));
    let next = now.after(delay);
    // A retry that the run would not live to see is none (observed: 60 s of backoff in a run of 30 s).
    let expires = [activity.expires_at(), run_expires_at].into_iter().flatten().min();
    if expires.is_some_and(|expires_at| next > expires_at) {
        return Err(RetryState::Timeout);
    }
    Ok(next)
}

fn is_retryable(policy: &RetryPolicy, end: &AttemptEnd) -> Result<bool, RetryState> {
    let listed = |name: &str| policy.non_retryable_types.iter().any(|listed| listed == name);
    let retryable = match end {
        AttemptEnd::TimedOut(TimeoutType::ScheduleToStart | TimeoutType::ScheduleToClose) => {
            return Err(RetryState::Timeout);
        }
        AttemptEnd::TimedOut(timeout) => !listed(&format!("TemporalTimeout:{}", timeout_name(*timeout))),
        AttemptEnd::Failed { failure, .. } => {
            match failure.as_ref().and_then(|failure| failure.failure_info.as_ref()) {
                Some(FailureInfo::ApplicationFailureInfo(info)) => !info.non_retryable && !listed(&info.r#type),
                Some(FailureInfo::ServerFailureInfo(info)) => !info.non_retryable,
                Some(FailureInfo::CanceledFailureInfo(_) | FailureInfo::TerminatedFailureInfo(_)) => false,
                Some(FailureInfo::TimeoutFailureInfo(info)) => {
                    !listed(&format!("TemporalTimeout:{}", timeout_name(info.timeout_type())))
                }
                _ => true,
            }
        }
    };
    Ok(retryable)
}

/// The delay that the failure itself asks for; it may be longer than the policy's maximum.
fn asked_delay(end: &AttemptEnd) -> Option<Duration> {
    let AttemptEnd::Failed { failure: Some(failure), .. } = end else { return None };
    match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => {
            info.next_retry_delay.as_ref().map(|delay| from_proto_duration(Some(delay)))
        }
        _ => None,
    }
}

/// A timeout as the reference server prints it.
pub(super) fn timeout_name(timeout: TimeoutType) -> &'static str {
    match timeout {
        TimeoutType::Unspecified => "Unspecified",
        TimeoutType::StartToClose => "StartToClose",
        TimeoutType::ScheduleToStart => "ScheduleToStart",
        TimeoutType::ScheduleToClose => "ScheduleToClose",
        TimeoutType::Heartbeat => "Heartbeat",
    }
}

/// A failure that the server made.
pub(super) fn server_failure() -> Failure {
    Failure {
        source: "Server".into(),
        failure_info: Some(FailureInfo::ServerFailureInfo(ServerFailureInfo { non_retryable: false })),
        ..Failure::default()
    }
}

fn timeout_failure(message: String, timeout: TimeoutType, activity: &Activity) -> Failure {
    Failure {
        message,
        source: "Server".into(),
        failure_info: Some(FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo {
            timeout_type: timeout as i32,
            last_heartbeat_details: activity.heartbeat_details.clone(),
        })),
        ..Failure::default()
    }
}

/// A failure small enough to be kept between attempts.
fn kept_failure(failure: Failure) -> Failure {
    if failure.encoded_len() <= limits::ATTEMPT_FAILURE_BYTES_MAX {
        return failure;
    }
    let start: String = failure.message.chars().take(limits::ATTEMPT_FAILURE_BYTES_MAX / 8).collect();
    let cause = Failure { message: start, source: failure.source, ..server_failure() };
    Failure { message: "Failure exceeds size limit.".into(), cause: Some(Box::new(cause)), ..server_failure() }
}

impl Run {
    /// Something is due: a timeout, or the next attempt.
    pub(super) fn activity_is_due(&mut self, scheduled_event_id: i64, now: Timestamp, out: &mut Out) {
        let Some(activity) = self.state.activities.pending.get(&scheduled_event_id) else { return };
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        // An activity that no worker took says so, also when its time as a whole is over at the same moment.
        let timeout = if is_due(activity.start_due_at()) {
            TimeoutType::ScheduleToStart
        } else if is_due(activity.expires_at()) {
            TimeoutType::ScheduleToClose
        } else if is_due(activity.heartbeat_due_at()) && activity.heartbeat_due_at() < activity.close_due_at() {
            TimeoutType::Heartbeat
        } else if is_due(activity.close_due_at()) {
            TimeoutType::StartToClose
        } else if is_due(activity.heartbeat_due_at()) {
            TimeoutType::Heartbeat
        } else {
            if matches!(activity.phase, Some(ActivityPhase::Backoff(_))) {
                self.emit_note(NoteKind::ActivityOffered(ActivityOffered { scheduled_event_id }), out);
                self.offer_activity(scheduled_event_id, out);
            }
            return;
        };
        self.attempt_ended(scheduled_event_id, AttemptEnd::TimedOut(timeout), now, out);
        self.want_workflow_task_for_ended(scheduled_event_id, now, out);
    }

    /// Retries an activity whose attempt ended without success, or ends it.
    pub(super) fn attempt_ended(&mut self, scheduled_event_id: i64, end: AttemptEnd, now: Timestamp, out: &mut Out) {
        let Some(activity) = self.state.activities.pending.get(&scheduled_event_id) else { return };
        match next_attempt_at(activity, self.state.run_expires_at(), &end, now) {
            Ok(next_at) => {
                let failure = match end {
                    AttemptEnd::Failed { failure, .. } => failure,
                    AttemptEnd::TimedOut(timeout) => Some(plain_timeout(timeout, activity)),
                };
                self.settle_activity(scheduled_event_id, out);
                let failure = failure.map(kept_failure);
                let retry = ActivityRetry { scheduled_event_id, ended_at: now, next_at, failure };
                self.emit_note(NoteKind::ActivityRetry(Box::new(retry)), out);
                let waits = |activity: &Activity| matches!(activity.phase, Some(ActivityPhase::Backoff(_)));
                if next_at <= now && self.state.activities.pending.get(&scheduled_event_id).is_some_and(waits) {
                    self.emit_note(NoteKind::ActivityOffered(ActivityOffered { scheduled_event_id }), out);
                    self.offer_activity(scheduled_event_id, out);
                }
            }
            Err(retry_state) => self.give_up(scheduled_event_id, end, retry_state, now, out),
        }
    }

    fn give_up(
        &mut self,
        scheduled_event_id: i64,
        end: AttemptEnd,
        retry_state: RetryState,
        now: Timestamp,
        out: &mut Out,
    ) {
        let Some(activity) = self.state.activities.pending.get(&scheduled_event_id) else { return };
        match end {
            AttemptEnd::Failed { failure, identity } => {
                let attributes = ActivityTaskFailedEventAttributes {
                    failure,
                    scheduled_event_id,
                    identity: identity.clone(),
                    retry_state: retry_state as i32,
                    ..ActivityTaskFailedEventAttributes::default()
                };
                let failed = event(Attributes::ActivityTaskFailedEventAttributes(attributes));
                self.end_activity(scheduled_event_id, &identity, failed, now, out);
            }
            AttemptEnd::TimedOut(timeout) => {
                let attributes = ActivityTaskTimedOutEventAttributes {
                    failure: Some(final_timeout(timeout, retry_state, activity)),
                    scheduled_event_id,
                    started_event_id: 0,
                    retry_state: retry_state as i32,
                };
                let was_started = activity.started().is_some();
                let timed_out = event(Attributes::ActivityTaskTimedOutEventAttributes(attributes));
                if was_started {
                    self.end_activity(scheduled_event_id, "", timed_out, now, out);
                } else {
                    self.settle_activity(scheduled_event_id, out);
                    self.record(now, timed_out, out);
                }
            }
        }
    }
}

fn plain_timeout(timeout: TimeoutType, activity: &Activity) -> Failure {
    timeout_failure(format!("activity {} timeout", timeout_name(timeout)), timeout, activity)
}

/// A timeout that cannot be retried because the activity as a whole is out of time is told as that (observed: also
/// when it is that time itself that is over, and without a cause).
fn final_timeout(timeout: TimeoutType, retry_state: RetryState, activity: &Activity) -> Failure {
    if timeout != TimeoutType::ScheduleToStart && retry_state == RetryState::Timeout {
        let message = "Not enough time to schedule next retry before activity ScheduleToClose timeout, \
                       giving up retrying";
        return timeout_failure(message.into(), TimeoutType::ScheduleToClose, activity);
    }
    plain_timeout(timeout, activity)
}
