//! What a workflow says about an activity, with everything that it left open filled in: names, timeouts, retry policy.
//! Checks and computes; changes nothing. Texts and their order are the reference server's.

use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::ScheduleActivityTaskCommandAttributes,
    common::v1::{Priority, RetryPolicy},
    enums::v1::TimeoutType,
    history::v1::ActivityTaskScheduledEventAttributes,
};
use abide_model::limits;

use super::command::QueueName;
use super::command_size::length_text;
use super::event::task_queue;
use super::state::State;
use crate::convert::{from_proto_duration, is_negative, to_proto_duration};

impl State {
    /// What the workflow said about an activity, with everything that it left open. The text says what cannot be.
    pub fn normalise_activity(
        &self,
        command: ScheduleActivityTaskCommandAttributes,
        id_bytes_max: usize,
    ) -> Result<ActivityTaskScheduledEventAttributes, String> {
        let queue = command.task_queue.ok_or("taskQueue is not set")?.name;
        QueueName::check(&queue, id_bytes_max)?;
        let id = command.activity_id;
        let kind = command.activity_type.as_ref().map(|kind| kind.name.clone()).unwrap_or_default();
        if id.is_empty() {
            return Err("activityId is not set".into());
        }
        if kind.is_empty() {
            return Err("activityType is not set".into());
        }
        let retry_policy = complete_policy(command.retry_policy)?;
        for (what, text) in [("activityId", &id), ("activityType", &kind)] {
            if text.len() > id_bytes_max {
                return Err(length_text(what, text, id_bytes_max));
            }
        }
        check_priority(command.priority.as_ref()).map_err(|text| format!("invalid priorities: {text}"))?;
        let mut timeouts = Timeouts::parse(
            command.schedule_to_close_timeout.as_ref(),
            command.schedule_to_start_timeout.as_ref(),
            command.start_to_close_timeout.as_ref(),
            command.heartbeat_timeout.as_ref(),
        )?;
        let run = from_proto_duration(self.execution.started.workflow_run_timeout.as_ref());
        timeouts.normalise(&id, &kind, run)?;
        Ok(ActivityTaskScheduledEventAttributes {
            activity_id: id,
            activity_type: command.activity_type,
            task_queue: Some(task_queue(&QueueName::normal(queue))),
            header: command.header,
            input: command.input,
            schedule_to_close_timeout: Some(timeouts.schedule_to_close()),
            schedule_to_start_timeout: Some(timeouts.schedule_to_start()),
            start_to_close_timeout: Some(timeouts.start_to_close()),
            heartbeat_timeout: Some(timeouts.heartbeat()),
            retry_policy: Some(retry_policy),
            priority: command.priority,
            ..ActivityTaskScheduledEventAttributes::default()
        })
    }
}

/// The four timeouts of an activity; zero is none.
pub(super) struct Timeouts {
    schedule_to_close: Duration,
    schedule_to_start: Duration,
    start_to_close: Duration,
    heartbeat: Duration,
}

impl Timeouts {
    /// As they were said. The text says which is negative.
    pub(super) fn parse(
        schedule_to_close: Option<&prost_types::Duration>,
        schedule_to_start: Option<&prost_types::Duration>,
        start_to_close: Option<&prost_types::Duration>,
        heartbeat: Option<&prost_types::Duration>,
    ) -> Result<Self, String> {
        let named = |name: &str, timeout: Option<&prost_types::Duration>| match is_negative(timeout) {
            true => Err(format!("invalid {name}: negative duration")),
            false => Ok(from_proto_duration(timeout)),
        };
        Ok(Self {
            schedule_to_close: named("ScheduleToCloseTimeout", schedule_to_close)?,
            schedule_to_start: named("ScheduleToStartTimeout", schedule_to_start)?,
            start_to_close: named("StartToCloseTimeout", start_to_close)?,
            heartbeat: named("HeartbeatTimeout", heartbeat)?,
        })
    }

    /// Fills in what is missing, and bounds each by the one around it and by `run`, the run's own timeout.
    pub(super) fn normalise(&mut self, id: &str, kind: &str, run: Duration) -> Result<(), String> {
        let all = self.schedule_to_close;
        if all > Duration::ZERO {
            let bounded = |timeout: Duration| if timeout.is_zero() { all } else { timeout.min(all) };
            self.schedule_to_start = bounded(self.schedule_to_start);
            self.start_to_close = bounded(self.start_to_close);
        } else if self.start_to_close > Duration::ZERO {
            self.schedule_to_close = run;
            if self.schedule_to_start.is_zero() {
                self.schedule_to_start = run;
            }
        } else {
            return Err(format!(
                "a valid StartToCloseTimeout or ScheduleToCloseTimeout must be set on the activity. \
                 ActivityId={id} ActivityType={kind}"
            ));
        }
        if run > Duration::ZERO {
            for timeout in [
                &mut self.schedule_to_close,
                &mut self.schedule_to_start,
                &mut self.start_to_close,
                &mut self.heartbeat,
            ] {
                *timeout = (*timeout).min(run);
            }
        }
        self.heartbeat = self.heartbeat.min(self.start_to_close);
        Ok(())
    }

    pub(super) fn schedule_to_close(&self) -> prost_types::Duration {
        to_proto_duration(self.schedule_to_close)
    }

    pub(super) fn schedule_to_start(&self) -> prost_types::Duration {
        to_proto_duration(self.schedule_to_start)
    }

    pub(super) fn start_to_close(&self) -> prost_types::Duration {
        to_proto_duration(self.start_to_close)
    }

    pub(super) fn heartbeat(&self) -> prost_types::Duration {
        to_proto_duration(self.heartbeat)
    }
}

/// What a priority cannot be.
pub(super) fn check_priority(priority: Option<&Priority>) -> Result<(), &'static str> {
    match priority {
        Some(priority) if priority.priority_key < 0 => Err("priority key can't be negative"),
        Some(priority) if priority.fairness_key.len() > limits::FAIRNESS_KEY_BYTES_MAX => {
            Err("fairness key length exceeds limit")
        }
        Some(priority) if priority.fairness_weight < 0.0 => Err("must be greater than zero"),
        Some(_) | None => Ok(()),
    }
}

/// Every activity has a retry policy; what the workflow left open is the default (1 s, 2.0, 100 times the initial
/// interval, no bound on attempts).
pub(super) fn complete_policy(policy: Option<RetryPolicy>) -> Result<RetryPolicy, String> {
    let mut policy = policy.unwrap_or_default();
    let unset = |interval: Option<&prost_types::Duration>| interval.is_none_or(|it| it.seconds == 0 && it.nanos == 0);
    if unset(policy.initial_interval.as_ref()) {
        policy.initial_interval = Some(to_proto_duration(Duration::from_secs(1)));
    }
    if policy.backoff_coefficient == 0.0 {
        policy.backoff_coefficient = 2.0;
    }
    if unset(policy.maximum_interval.as_ref()) {
        let initial = from_proto_duration(policy.initial_interval.as_ref());
        policy.maximum_interval = Some(to_proto_duration(initial.saturating_mul(100)));
    }
    check_policy(&policy)?;
    Ok(policy)
}

/// What a retry policy cannot be; one that allows a single attempt can be anything.
pub(super) fn check_policy(policy: &RetryPolicy) -> Result<(), String> {
    if policy.maximum_attempts == 1 {
        return Ok(());
    }
    if is_negative(policy.initial_interval.as_ref()) {
        return Err("invalid InitialInterval set on retry policy: negative duration".into());
    }
    if policy.backoff_coefficient.is_nan() || policy.backoff_coefficient < 1.0 {
        return Err("BackoffCoefficient cannot be less than 1 on retry policy.".into());
    }
    if is_negative(policy.maximum_interval.as_ref()) {
        return Err("invalid MaximumInterval set on retry policy: negative duration".into());
    }
    let (initial, max) =
        (from_proto_duration(policy.initial_interval.as_ref()), from_proto_duration(policy.maximum_interval.as_ref()));
    if max > Duration::ZERO && max < initial {
        return Err("MaximumInterval cannot be less than InitialInterval on retry policy.".into());
    }
    if policy.maximum_attempts < 0 {
        return Err("MaximumAttempts cannot be negative on retry policy.".into());
    }
    for listed in &policy.non_retryable_error_types {
        let Some(timeout) = listed.strip_prefix("TemporalTimeout:") else { continue };
        if !is_timeout_type(timeout) {
            return Err(format!("Invalid timeout type value: {timeout}."));
        }
    }
    Ok(())
}

fn is_timeout_type(name: &str) -> bool {
    let known = ["StartToClose", "ScheduleToStart", "ScheduleToClose", "Heartbeat"];
    let spelled = TimeoutType::from_str_name(name).is_some_and(|kind| kind != TimeoutType::Unspecified);
    known.contains(&name) || spelled
}
