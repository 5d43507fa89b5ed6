//! `task-queue describe`: who polls a task queue, and what waits there. `task-queue config` is next door.

mod config;
mod partition;

use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{TaskQueueKind, TaskQueueType},
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{DescribeTaskQueueRequest, DescribeTaskQueueResponse},
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::arguments::{Common, Connection};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Table};
use crate::{client, duration, json, time};

/// `task-queue`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Show who polls a Task Queue, and what waits there.
    Describe(Describe),
    /// Look at what was decided about a Task Queue, or decide.
    #[command(subcommand)]
    Config(config::Command),
    /// List the partitions of a Task Queue.
    ListPartition(partition::List),
}

#[derive(Args, Debug)]
struct Describe {
    /// Task Queue.
    #[arg(long, short = 't')]
    task_queue: String,
    /// Which of its kinds of tasks; both by default. May be repeated.
    #[arg(long, value_enum)]
    task_queue_type: Vec<Kind>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Workflow,
    Activity,
}

// The reference shows a build id in front of everything; here workers have none yet.
const BUILD_ID: &str = "UNVERSIONED";

/// Runs the command.
pub async fn run(arguments: Arguments, common: &Common) -> Result<()> {
    let mut session = Session::open(&arguments.connection, common).await?;
    match arguments.command {
        Command::Describe(arguments) => describe(&mut session, arguments).await,
        Command::Config(command) => config::run(&mut session, command).await,
        Command::ListPartition(arguments) => partition::list(&mut session, arguments).await,
    }
}

async fn describe(session: &mut Session, describe: Describe) -> Result<()> {
    let kinds = [Kind::Workflow, Kind::Activity];
    let wanted =
        kinds.iter().filter(|kind| describe.task_queue_type.is_empty() || describe.task_queue_type.contains(kind));
    let mut answers = Vec::new();
    for kind in wanted {
        answers.push((*kind, ask(session, &describe.task_queue, *kind).await?));
    }
    if session.output.is_json() {
        print_json(session, &answers)
    } else {
        print_text(session, &answers)
    }
    Ok(())
}

async fn ask(session: &mut Session, name: &str, kind: Kind) -> Result<DescribeTaskQueueResponse> {
    let task_queue_type = match kind {
        Kind::Workflow => TaskQueueType::Workflow,
        Kind::Activity => TaskQueueType::Activity,
    };
    let task_queue = TaskQueue { name: name.into(), kind: TaskQueueKind::Normal.into(), ..TaskQueue::default() };
    let request = DescribeTaskQueueRequest {
        namespace: session.client.namespace.clone(),
        task_queue: Some(task_queue),
        task_queue_type: task_queue_type.into(),
        report_stats: true,
        ..DescribeTaskQueueRequest::default()
    };
    let answer = session.client.workflow.describe_task_queue(client::call(request)).await;
    Ok(answer.map_err(|status| Error::rpc("unable to describe task queue", &status))?.into_inner())
}

fn print_text(session: &Session, answers: &[(Kind, DescribeTaskQueueResponse)]) {
    let output = session.output;
    let mut statistics = Table::new([
        Column::text("BuildID"),
        Column::text("TaskQueueType"),
        Column::number("ApproximateBacklogCount"),
        Column::text("ApproximateBacklogAge"),
        Column::number("BacklogIncreaseRate"),
        Column::number("TasksAddRate"),
        Column::number("TasksDispatchRate"),
    ]);
    let mut pollers = Table::new([
        Column::text("BuildID"),
        Column::text("TaskQueueType"),
        Column::text("Identity"),
        Column::text("LastAccessTime"),
        Column::number("RatePerSecond"),
    ]);
    for (kind, answer) in answers {
        let stats = answer.stats.unwrap_or_default();
        statistics.row([
            BUILD_ID.into(),
            word(*kind).into(),
            stats.approximate_backlog_count.to_string(),
            duration::format(age(answer)),
            (stats.tasks_add_rate - stats.tasks_dispatch_rate).to_string(),
            stats.tasks_add_rate.to_string(),
            stats.tasks_dispatch_rate.to_string(),
        ]);
        for poller in &answer.pollers {
            pollers.row([
                BUILD_ID.into(),
                word(*kind).into(),
                poller.identity.clone(),
                output.time(poller.last_access_time.as_ref()),
                poller.rate_per_second.to_string(),
            ]);
        }
    }
    output.heading("Task Queue Statistics:");
    output.table(&statistics, Header::Shown);
    output.heading("Pollers:");
    output.table(&pollers, Header::Shown);
}

fn print_json(session: &Session, answers: &[(Kind, DescribeTaskQueueResponse)]) {
    let (mut pollers, mut statistics) = (Vec::new(), Vec::new());
    for (kind, answer) in answers {
        let stats = answer.stats.unwrap_or_default();
        statistics.push(json!({
            "buildId": BUILD_ID,
            "taskQueueType": word(*kind),
            "approximateBacklogCount": stats.approximate_backlog_count,
            "approximateBacklogAge": json::go_duration(age(answer)),
            "backlogIncreaseRate": stats.tasks_add_rate - stats.tasks_dispatch_rate,
            "tasksAddRate": stats.tasks_add_rate,
            "tasksDispatchRate": stats.tasks_dispatch_rate,
        }));
        pollers.extend(answer.pollers.iter().map(|poller| {
            json!({
                "buildId": BUILD_ID,
                "taskQueueType": word(*kind),
                "identity": poller.identity,
                "lastAccessTime": poller.last_access_time.as_ref().map(time::iso),
                "ratePerSecond": poller.rate_per_second,
            })
        }));
    }
    let pollers = if pollers.is_empty() { Value::Null } else { Value::Array(pollers) };
    session.output.json(&json!({ "reachability": null, "pollers": pollers, "stats": statistics }));
}

fn age(answer: &DescribeTaskQueueResponse) -> Duration {
    let age = answer.stats.and_then(|stats| stats.approximate_backlog_age).unwrap_or_default();
    Duration::try_from(age).unwrap_or_default()
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Workflow => "workflow",
        Kind::Activity => "activity",
    }
}
