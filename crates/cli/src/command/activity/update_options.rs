//! `activity update-options`: only what is given changes.

use std::time::Duration;

use abide_api::temporal::api::{
    activity::v1::ActivityOptions,
    batch::v1::{BatchOperationUpdateActivityOptions, batch_operation_update_activity_options::Activity},
    common::v1::RetryPolicy,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{UpdateActivityExecutionOptionsRequest, start_batch_operation_request::Operation},
};
use clap::Args;
use prost_types::FieldMask;
use serde_json::{Map, Value};

use super::Selection;
use super::timeouts::Timeouts;
use crate::client;
use crate::command::Session;
use crate::duration;
use crate::error::{Error, Result};
use crate::json;
use crate::output::{Card, Output};

/// `activity update-options`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    which: Selection,
    #[command(flatten)]
    change: Change,
    /// Make all options again what the workflow said.
    #[arg(long)]
    restore_original_options: bool,
}

/// What changes.
#[derive(Args, Debug, Default)]
struct Change {
    /// Task Queue of the next attempts.
    #[arg(long)]
    task_queue: Option<String>,
    #[command(flatten)]
    timeouts: Timeouts,
    /// The wait before the second attempt.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    retry_initial_interval: Option<Duration>,
    /// The longest wait before an attempt.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    retry_maximum_interval: Option<Duration>,
    /// How much longer each wait is than the one before.
    #[arg(long)]
    retry_backoff_coefficient: Option<f32>,
    /// The most attempts; 0 is no bound, 1 is no retry.
    #[arg(long)]
    retry_maximum_attempts: Option<i32>,
}

impl Change {
    fn mask(&self) -> Vec<String> {
        let given = [
            ("task_queue.name", self.task_queue.is_some()),
            ("schedule_to_close_timeout", self.timeouts.schedule_to_close_timeout.is_some()),
            ("schedule_to_start_timeout", self.timeouts.schedule_to_start_timeout.is_some()),
            ("start_to_close_timeout", self.timeouts.start_to_close_timeout.is_some()),
            ("heartbeat_timeout", self.timeouts.heartbeat_timeout.is_some()),
            ("start_delay", self.timeouts.start_delay.is_some()),
            ("retry_policy.initial_interval", self.retry_initial_interval.is_some()),
            ("retry_policy.maximum_interval", self.retry_maximum_interval.is_some()),
            ("retry_policy.backoff_coefficient", self.retry_backoff_coefficient.is_some()),
            ("retry_policy.maximum_attempts", self.retry_maximum_attempts.is_some()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(path, _)| path.to_owned()).collect()
    }

    fn options(self) -> ActivityOptions {
        let retry_policy = RetryPolicy {
            initial_interval: self.retry_initial_interval.map(duration::proto),
            maximum_interval: self.retry_maximum_interval.map(duration::proto),
            backoff_coefficient: self.retry_backoff_coefficient.map(f64::from).unwrap_or_default(),
            maximum_attempts: self.retry_maximum_attempts.unwrap_or_default(),
            ..RetryPolicy::default()
        };
        ActivityOptions {
            task_queue: self.task_queue.map(|name| TaskQueue { name, ..TaskQueue::default() }),
            schedule_to_close_timeout: self.timeouts.schedule_to_close_timeout.map(duration::proto),
            schedule_to_start_timeout: self.timeouts.schedule_to_start_timeout.map(duration::proto),
            start_to_close_timeout: self.timeouts.start_to_close_timeout.map(duration::proto),
            heartbeat_timeout: self.timeouts.heartbeat_timeout.map(duration::proto),
            start_delay: self.timeouts.start_delay.map(duration::proto),
            retry_policy: Some(retry_policy),
            ..ActivityOptions::default()
        }
    }
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { which, change, restore_original_options } = arguments;
    let paths = change.mask();
    if change.timeouts.start_delay.is_some() && !(which.target.workflow_id.is_empty() && which.target.query.is_empty())
    {
        return Err(Error::new(
            "--start-delay is only supported for Standalone Activities, so it cannot be used with --workflow-id or --query",
        ));
    }
    let Some(activity) = which.one()? else {
        let operation = BatchOperationUpdateActivityOptions {
            identity: session.client.identity.clone(),
            // To restore what the workflow said, and to change something, exclude each other.
            activity_options: (!restore_original_options).then(|| change.options()),
            update_mask: Some(FieldMask { paths }),
            restore_original: restore_original_options,
            activity: Some(Activity::MatchAll(true)),
        };
        return which.target.batch(session, Operation::UpdateActivityOptionsOperation(operation)).await;
    };
    let request = UpdateActivityExecutionOptionsRequest {
        namespace: session.client.namespace.clone(),
        workflow_id: activity.workflow_id,
        run_id: activity.run_id,
        activity_id: activity.activity_id,
        identity: session.client.identity.clone(),
        activity_options: Some(change.options()),
        update_mask: Some(FieldMask { paths }),
        restore_original: restore_original_options,
        request_id: client::request_id(),
        ..UpdateActivityExecutionOptionsRequest::default()
    };
    let answer = session.client.workflow.update_activity_execution_options(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("unable to update Activity options", &status))?.into_inner();
    let options = answer.activity_options.unwrap_or_default();
    show(session.output, &options);
    Ok(())
}

// JSON has durations in nanoseconds and names as they are here: the reference prints its own structure.
fn show(output: Output, options: &ActivityOptions) {
    let retry = options.retry_policy.clone().unwrap_or_default();
    let queue = options.task_queue.as_ref().map(|queue| queue.name.clone()).unwrap_or_default();
    let before = [
        ("ScheduleToCloseTimeout", options.schedule_to_close_timeout),
        ("ScheduleToStartTimeout", options.schedule_to_start_timeout),
        ("StartToCloseTimeout", options.start_to_close_timeout),
        ("HeartbeatTimeout", options.heartbeat_timeout),
        ("StartDelay", options.start_delay),
        ("InitialInterval", retry.initial_interval),
    ];
    let (mut card, mut object) = (Card::new().field("TaskQueue", &queue), Map::new());
    object.insert("TaskQueue".into(), queue.into());
    let mut time = |card: Card, name: &str, value: Option<prost_types::Duration>| {
        let value = value.and_then(|value| Duration::try_from(value).ok()).unwrap_or_default();
        object.insert(name.into(), u64::try_from(value.as_nanos()).unwrap_or(u64::MAX).into());
        card.field(name, duration::format(value))
    };
    for (name, value) in before {
        card = time(card, name, value);
    }
    card = card.field("BackoffCoefficient", retry.backoff_coefficient);
    card = time(card, "MaximumInterval", retry.maximum_interval);
    card = card.field("MaximumAttempts", retry.maximum_attempts);
    object.insert("BackoffCoefficient".into(), json::float(retry.backoff_coefficient));
    object.insert("MaximumAttempts".into(), retry.maximum_attempts.into());
    output.json(&Value::Object(object));
    output.card(&card);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_in_the_mask() {
        assert!(Change::default().mask().is_empty());
        let change = Change { retry_maximum_attempts: Some(0), ..Change::default() };
        assert_eq!(change.mask(), ["retry_policy.maximum_attempts"]);
    }
}
