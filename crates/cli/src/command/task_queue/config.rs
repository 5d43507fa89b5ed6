//! `task-queue config get | set`: how fast a queue may hand out tasks, and the weights of its fairness keys.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    enums::v1::TaskQueueKind,
    taskqueue::v1::{RateLimit, RateLimitConfig, TaskQueue, TaskQueueConfig},
    workflowservice::v1::{
        DescribeTaskQueueRequest, UpdateTaskQueueConfigRequest, update_task_queue_config_request::RateLimitUpdate,
    },
};
use clap::{Args, Subcommand};

use super::Kind;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Card, Column, Table};
use crate::{client, json, output};

/// The longest fairness key: bytes.
const KEY_BYTES_MAX: usize = 64;

/// `task-queue config`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Get Task Queue configuration.
    Get(Get),
    /// Set Task Queue configuration.
    Set(Box<Set>),
}

#[derive(Args, Debug)]
struct Queue {
    /// Task Queue.
    #[arg(long, short = 't')]
    task_queue: String,
    /// Which of its kinds of tasks.
    #[arg(long, value_enum)]
    task_queue_type: Kind,
}

/// `task-queue config get`.
#[derive(Args, Debug)]
pub struct Get {
    #[command(flatten)]
    queue: Queue,
}

/// `task-queue config set`.
#[derive(Args, Debug)]
pub struct Set {
    #[command(flatten)]
    queue: Queue,
    /// Tasks per second of the queue, or "default".
    #[arg(long)]
    queue_rps_limit: Option<String>,
    /// Why.
    #[arg(long, default_value = "")]
    queue_rps_limit_reason: String,
    /// Tasks per second of each fairness key, or "default".
    #[arg(long)]
    fairness_key_rps_limit_default: Option<String>,
    /// Why.
    #[arg(long, default_value = "")]
    fairness_key_rps_limit_reason: String,
    /// The weight of a fairness key: key=weight, or key=default. May be repeated.
    #[arg(long)]
    fairness_key_weight: Vec<String>,
    /// Forget all weights.
    #[arg(long, conflicts_with = "fairness_key_weight")]
    fairness_key_weight_clear_all: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    match command {
        Command::Get(arguments) => get(session, &arguments).await,
        Command::Set(arguments) => set(session, *arguments).await,
    }
}

async fn get(session: &mut Session, arguments: &Get) -> Result<()> {
    match read(session, &arguments.queue, "error getting task queue config").await? {
        Some(config) => print(session, &config),
        None => session.output.text("No configuration found for task queue"),
    }
    Ok(())
}

async fn set(session: &mut Session, arguments: Set) -> Result<()> {
    let queue = &arguments.queue;
    if queue.task_queue_type == Kind::Workflow && arguments.queue_rps_limit.is_some() {
        return Err(Error::new("setting rate limit on workflow task queues is not allowed"));
    }
    let limit = |text: &Option<String>, flag: &str, what: &str, reason: &str| match text {
        Some(text) => {
            limit(text, flag, what).map(|rate_limit| Some(RateLimitUpdate { rate_limit, reason: reason.to_owned() }))
        }
        None => Ok(None),
    };
    let queue_limit =
        limit(&arguments.queue_rps_limit, "queue-rps-limit", "queue rate limit", &arguments.queue_rps_limit_reason)?;
    let key_limit = limit(
        &arguments.fairness_key_rps_limit_default,
        "fairness-key-rps-limit-default",
        "fairness key rate limit default",
        &arguments.fairness_key_rps_limit_reason,
    )?;
    let clears = arguments.fairness_key_weight_clear_all;
    if queue_limit.is_none() && key_limit.is_none() && arguments.fairness_key_weight.is_empty() && !clears {
        return Err(Error::new(
            "at least one configuration update must be specified (use --help to see available options)",
        ));
    }
    let (weights, mut unset) = weights(&arguments.fairness_key_weight)?;
    if clears {
        let config = read(session, queue, "error fetching current config for clear-all").await?;
        unset = config.unwrap_or_default().fairness_weight_overrides.into_keys().collect();
        session.output.text(match unset.len() {
            0 => "No fairness weight overrides found to unset".to_owned(),
            count => format!("Unsetting {count} fairness weight override(s)"),
        });
    }
    let (namespace, name) = (session.client.namespace.clone(), queue.task_queue.clone());
    let request = UpdateTaskQueueConfigRequest {
        namespace: namespace.clone(),
        identity: session.client.identity.clone(),
        task_queue: name.clone(),
        task_queue_type: queue.task_queue_type.proto().into(),
        update_queue_rate_limit: queue_limit,
        update_fairness_key_rate_limit_default: key_limit,
        set_fairness_weight_overrides: weights,
        unset_fairness_weight_overrides: unset,
    };
    let answer = session.client.workflow.update_task_queue_config(client::call(request)).await;
    let what = format!("failed to update task queue config for {namespace}/{name}");
    let answer = answer.map_err(|status| Error::rpc(&what, &status))?.into_inner();
    session.output.text("Successfully updated task queue configuration");
    let name = "temporal.api.workflowservice.v1.UpdateTaskQueueConfigResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    text(session, &answer.config.unwrap_or_default());
    Ok(())
}

async fn read(session: &mut Session, queue: &Queue, what: &str) -> Result<Option<TaskQueueConfig>> {
    let name = queue.task_queue.trim();
    if name.is_empty() {
        return Err(Error::new("task queue name is required and cannot be empty"));
    }
    let request = DescribeTaskQueueRequest {
        namespace: session.client.namespace.clone(),
        task_queue: Some(TaskQueue { name: name.into(), kind: TaskQueueKind::Normal.into(), ..TaskQueue::default() }),
        task_queue_type: queue.task_queue_type.proto().into(),
        report_config: true,
        ..DescribeTaskQueueRequest::default()
    };
    let answer = session.client.workflow.describe_task_queue(client::call(request)).await;
    Ok(answer.map_err(|status| Error::rpc(what, &status))?.into_inner().config)
}

/// A rate; none for the default.
fn limit(text: &str, flag: &str, what: &str) -> Result<Option<RateLimit>> {
    if text.trim().eq_ignore_ascii_case("default") {
        return Ok(None);
    }
    let invalid = |why: &str| Error::new(format!("invalid value for --{flag}: must be {why}"));
    let rate: f32 = text.trim().parse().map_err(|_| invalid("a non-negative number or 'default'"))?;
    if rate.is_nan() || rate < 0.0 {
        return Err(invalid(">= 0 or 'default'"));
    }
    if rate == 0.0 {
        output::note(&format!("WARNING: Setting {what} to 0 will STOP ALL TRAFFIC on this task queue."));
        output::note("         This will prevent any tasks from being dispatched until the limit is changed.");
    }
    Ok(Some(RateLimit { requests_per_second: rate }))
}

/// Weights to set, and the keys whose weights are to be forgotten.
fn weights(given: &[String]) -> Result<(BTreeMap<String, f32>, Vec<String>)> {
    let (mut set, mut unset) = (BTreeMap::new(), Vec::new());
    for input in given {
        let Some((key, value)) = input.split_once('=') else {
            return Err(Error::new(format!("invalid format: {input:?} (expected key=weight or key=default)")));
        };
        if key.is_empty() {
            return Err(Error::new(format!("empty key in: {input:?}")));
        }
        if set.contains_key(key) || unset.iter().any(|known| known == key) {
            return Err(Error::new(format!("duplicate fairness key {key:?} specified multiple times")));
        }
        if value.is_empty() {
            return Err(Error::new(format!("empty value for key {key:?}")));
        }
        if value.eq_ignore_ascii_case("default") {
            unset.push(key.to_owned());
            continue;
        }
        if key.len() > KEY_BYTES_MAX {
            return Err(Error::new(format!("fairness key {key:?} exceeds maximum length of {KEY_BYTES_MAX} bytes")));
        }
        let invalid = || Error::new(format!("invalid weight {value:?} for key {key:?}: must be a number or 'default'"));
        let weight: f32 = value.parse().map_err(|_| invalid())?;
        if weight.is_nan() || weight <= 0.0 {
            return Err(Error::new(format!("weight for key {key:?} must be positive")));
        }
        set.insert(key.to_owned(), weight);
    }
    Ok((set, unset))
}

/// Shows it.
pub fn print(session: &Session, config: &TaskQueueConfig) {
    let output = session.output;
    output.json(&json::message("temporal.api.taskqueue.v1.TaskQueueConfig", config, output.payloads()));
    text(session, config);
}

fn text(session: &Session, config: &TaskQueueConfig) {
    let output = session.output;
    for (heading, limit) in [
        ("Queue Rate Limit:", &config.queue_rate_limit),
        ("Fairness Key Rate Limit Default:", &config.fairness_keys_rate_limit_default),
    ] {
        if let Some(limit) = limit {
            output.heading(heading);
            output.card(&card(session, limit));
        }
    }
    if !config.fairness_weight_overrides.is_empty() {
        let mut table = Table::new([Column::text("FairnessKey"), Column::number("Weight")]);
        for (key, weight) in &config.fairness_weight_overrides {
            table.row([key.clone(), weight.to_string()]);
        }
        output.heading("Fairness Weight Overrides:");
        output.table(&table, Header::Shown);
    }
}

fn card(session: &Session, limit: &RateLimitConfig) -> Card {
    let rate = limit.rate_limit.map_or("default".to_owned(), |limit| limit.requests_per_second.to_string());
    let metadata = limit.metadata.clone().unwrap_or_default();
    Card::new()
        .field("RequestsPerSecond", rate)
        .filled("Reason", metadata.reason)
        .filled("UpdateIdentity", metadata.update_identity)
        .filled("UpdateTime", session.output.time(metadata.update_time.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &[&str], expected: std::result::Result<(usize, usize), &str>) {
        let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
        let counted = weights(&given).map(|(set, unset)| (set.len(), unset.len()));
        assert_eq!(counted.map_err(|error| error.to_string()), expected.map_err(str::to_owned), "{given:?}");
    }

    #[test]
    fn weights_are_read_or_refused_with_the_reason() {
        check(&[], Ok((0, 0)));
        check(&["a=1", "b=2.5", "c=default", "d=DEFAULT"], Ok((2, 2)));
        check(&["a"], Err("invalid format: \"a\" (expected key=weight or key=default)"));
        check(&["=1"], Err("empty key in: \"=1\""));
        check(&["a="], Err("empty value for key \"a\""));
        check(&["a=1", "a=default"], Err("duplicate fairness key \"a\" specified multiple times"));
        check(&["a=x"], Err("invalid weight \"x\" for key \"a\": must be a number or 'default'"));
        check(&["a=0"], Err("weight for key \"a\" must be positive"));
    }

    #[test]
    fn a_limit_is_a_number_or_the_default() {
        let read = |text| limit(text, "queue-rps-limit", "queue rate limit");
        assert_eq!(read("Default"), Ok(None));
        assert_eq!(read("2.5"), Ok(Some(RateLimit { requests_per_second: 2.5 })));
        let refused = read("-1").map_err(|error| error.to_string());
        assert_eq!(refused, Err("invalid value for --queue-rps-limit: must be >= 0 or 'default'".into()));
        assert!(read("fast").is_err());
    }
}
