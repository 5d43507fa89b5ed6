//! `task-queue describe`: who polls a task queue, and what waits there.

use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{BuildIdTaskReachability, DescribeTaskQueueMode, TaskQueueKind, TaskQueueType},
    taskqueue::v1::{TaskQueue, TaskQueueTypeInfo, TaskQueueVersionInfo, TaskQueueVersionSelection},
    workflowservice::v1::{DescribeTaskQueueRequest, DescribeTaskQueueResponse},
};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{Kind, legacy};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Output, Table};
use crate::{client, duration, json, time};

/// `task-queue describe`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Task Queue.
    #[arg(long, short = 't')]
    pub task_queue: String,
    /// Which of its kinds of tasks; those of workflows and activities by default. May be repeated.
    #[arg(long, value_enum)]
    task_queue_type: Vec<Kind>,
    #[command(flatten)]
    selection: Selection,
    /// Show which Build IDs may still get tasks.
    #[arg(long)]
    report_reachability: bool,
    #[command(flatten)]
    pub legacy: Legacy,
    /// Show no statistics.
    #[arg(long)]
    disable_stats: bool,
    /// Show what was decided about it, with --legacy-mode.
    #[arg(long)]
    pub report_config: bool,
}

/// Which builds.
#[derive(Args, Debug)]
struct Selection {
    /// Build ID. May be repeated.
    #[arg(long)]
    select_build_id: Vec<String>,
    /// Workers without a Build ID.
    #[arg(long)]
    select_unversioned: bool,
    /// All Build IDs that were seen lately.
    #[arg(long)]
    select_all_active: bool,
}

/// The form of the answer before there were builds.
#[derive(Args, Debug)]
pub struct Legacy {
    /// Ask partition by partition, about one kind of tasks.
    #[arg(long)]
    legacy_mode: bool,
    /// Which kind, with --legacy-mode.
    #[arg(long, value_enum, default_value = "workflow")]
    pub task_queue_type_legacy: LegacyKind,
    /// How many partitions, with --legacy-mode.
    #[arg(long, default_value = "1")]
    pub partitions_legacy: i32,
}

/// A kind of tasks.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum LegacyKind {
    /// Of workflows.
    Workflow,
    /// Of activities.
    Activity,
}

const FAILED: &str = "unable to describe task queue";
/// What workers without a build are called, which have an empty one.
const UNVERSIONED: &str = "UNVERSIONED";

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    if arguments.legacy.legacy_mode {
        return legacy::run(session, &arguments).await;
    }
    let answer = ask(session, &arguments).await?;
    let builds = builds(&answer);
    let shown = Shown { reachability: arguments.report_reachability, stats: !arguments.disable_stats };
    session.output.json(&json(&builds, shown));
    text(session.output, &builds, shown);
    Ok(())
}

#[derive(Clone, Copy)]
struct Shown {
    reachability: bool,
    stats: bool,
}

async fn ask(session: &mut Session, arguments: &Arguments) -> Result<DescribeTaskQueueResponse> {
    let Selection { select_build_id, select_unversioned, select_all_active } = &arguments.selection;
    let selects = !select_build_id.is_empty() || *select_unversioned || *select_all_active;
    let versions = TaskQueueVersionSelection {
        build_ids: select_build_id.clone(),
        unversioned: *select_unversioned,
        all_active: *select_all_active,
    };
    let name = arguments.task_queue.clone();
    #[expect(deprecated, reason = "no other form of the question is about builds")]
    let request = DescribeTaskQueueRequest {
        namespace: session.client.namespace.clone(),
        task_queue: Some(TaskQueue { name, kind: TaskQueueKind::Normal.into(), ..TaskQueue::default() }),
        api_mode: DescribeTaskQueueMode::Enhanced.into(),
        versions: selects.then_some(versions),
        task_queue_types: arguments.task_queue_type.iter().map(|kind| kind.proto().into()).collect(),
        report_pollers: true,
        report_task_reachability: arguments.report_reachability,
        report_stats: !arguments.disable_stats,
        ..DescribeTaskQueueRequest::default()
    };
    let answer = session.client.workflow.describe_task_queue(client::call(request)).await;
    Ok(answer.map_err(|status| Error::rpc(FAILED, &status))?.into_inner())
}

type Build = (String, TaskQueueVersionInfo);

// Workers without a build come first, since an empty name does.
fn builds(answer: &DescribeTaskQueueResponse) -> Vec<Build> {
    let name = |build: &String| if build.is_empty() { UNVERSIONED.to_owned() } else { build.clone() };
    answer.versions_info.iter().map(|(build, info)| (name(build), info.clone())).collect()
}

fn kinds(build: &TaskQueueVersionInfo) -> impl Iterator<Item = (&'static str, &TaskQueueTypeInfo)> {
    build.types_info.iter().map(|(kind, info)| (word(*kind), info))
}

fn word(kind: i32) -> &'static str {
    match TaskQueueType::try_from(kind) {
        Ok(TaskQueueType::Workflow) => "workflow",
        Ok(TaskQueueType::Activity) => "activity",
        Ok(TaskQueueType::Nexus) => "nexus",
        Ok(TaskQueueType::Unspecified) | Err(_) => "unspecified",
    }
}

fn reachability(build: &TaskQueueVersionInfo) -> &'static str {
    match build.task_reachability() {
        BuildIdTaskReachability::Unspecified => "unspecified",
        BuildIdTaskReachability::Reachable => "reachable",
        BuildIdTaskReachability::ClosedWorkflowsOnly => "closedWorkflowsOnly",
        BuildIdTaskReachability::Unreachable => "unreachable",
    }
}

fn age(info: &TaskQueueTypeInfo) -> String {
    let age = info.stats.and_then(|stats| stats.approximate_backlog_age).unwrap_or_default();
    duration::spaced(Duration::try_from(age).unwrap_or_default())
}

fn text(output: Output, builds: &[Build], shown: Shown) {
    if shown.reachability {
        let mut table = Table::new(["BuildID", "Reachability"].map(Column::text));
        builds.iter().for_each(|(build, info)| table.row([build.clone(), reachability(info).into()]));
        output.heading("Task Reachability:");
        output.table(&table, Header::Shown);
    }
    if shown.stats {
        output.heading("Task Queue Statistics:");
        output.table(&statistics(builds), Header::Shown);
    }
    output.heading("Pollers:");
    output.table(&pollers(output, builds), Header::Shown);
}

fn statistics(builds: &[Build]) -> Table {
    let mut table = Table::new([
        Column::text("BuildID"),
        Column::text("TaskQueueType"),
        Column::number("ApproximateBacklogCount"),
        Column::text("ApproximateBacklogAge"),
        Column::number("BacklogIncreaseRate"),
        Column::number("TasksAddRate"),
        Column::number("TasksDispatchRate"),
    ]);
    for (build, (kind, info)) in builds.iter().flat_map(|(build, info)| kinds(info).map(move |kind| (build, kind))) {
        let stats = info.stats.unwrap_or_default();
        table.row([
            build.clone(),
            kind.into(),
            stats.approximate_backlog_count.to_string(),
            age(info),
            (stats.tasks_add_rate - stats.tasks_dispatch_rate).to_string(),
            stats.tasks_add_rate.to_string(),
            stats.tasks_dispatch_rate.to_string(),
        ]);
    }
    table
}

fn pollers(output: Output, builds: &[Build]) -> Table {
    let mut table = Table::new([
        Column::text("BuildID"),
        Column::text("TaskQueueType"),
        Column::text("Identity"),
        Column::text("LastAccessTime"),
        Column::number("RatePerSecond"),
    ]);
    for (build, (kind, info)) in builds.iter().flat_map(|(build, info)| kinds(info).map(move |kind| (build, kind))) {
        for poller in &info.pollers {
            let seen = output.time(poller.last_access_time.as_ref());
            table.row([build.clone(), kind.into(), poller.identity.clone(), seen, poller.rate_per_second.to_string()]);
        }
    }
    table
}

fn json(builds: &[Build], shown: Shown) -> Value {
    let (mut pollers, mut statistics, mut reachable) = (Vec::new(), Vec::new(), Vec::new());
    for (build, info) in builds {
        reachable.push(json!({ "buildId": build, "reachability": reachability(info) }));
        for (kind, info) in kinds(info) {
            let stats = info.stats.unwrap_or_default();
            statistics.push(json!({
                "buildId": build,
                "taskQueueType": kind,
                "approximateBacklogCount": stats.approximate_backlog_count,
                "approximateBacklogAge": age(info),
                "backlogIncreaseRate": json::float32(stats.tasks_add_rate - stats.tasks_dispatch_rate),
                "tasksAddRate": json::float32(stats.tasks_add_rate),
                "tasksDispatchRate": json::float32(stats.tasks_dispatch_rate),
            }));
            pollers.extend(info.pollers.iter().map(|poller| {
                json!({
                    "buildId": build,
                    "taskQueueType": kind,
                    "identity": poller.identity,
                    "lastAccessTime": time::go(poller.last_access_time.as_ref()),
                    "ratePerSecond": json::float(poller.rate_per_second),
                })
            }));
        }
    }
    // An empty list is none at all in the reference's own structures.
    let list = |values: Vec<Value>, wanted: bool| {
        if values.is_empty() || !wanted { Value::Null } else { Value::Array(values) }
    };
    json!({
        "reachability": list(reachable, shown.reachability),
        "pollers": list(pollers, true),
        "stats": list(statistics, shown.stats),
    })
}
