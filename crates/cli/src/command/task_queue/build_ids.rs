//! `task-queue get-build-ids` and `task-queue get-build-id-reachability`, of the first way to version workers.

use abide_api::temporal::api::{
    enums::v1::TaskReachability,
    workflowservice::v1::{GetWorkerBuildIdCompatibilityRequest, GetWorkerTaskReachabilityRequest},
};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Table};
use crate::{client, words};

/// `task-queue get-build-ids`.
#[derive(Args, Debug)]
pub struct Sets {
    /// Task Queue.
    #[arg(long, short = 't')]
    task_queue: String,
    /// The most sets to show; 0 is all.
    #[arg(long, default_value = "0")]
    max_sets: i32,
}

/// `task-queue get-build-id-reachability`.
#[derive(Args, Debug)]
pub struct Reachability {
    /// Build ID. May be repeated.
    #[arg(long)]
    build_id: Vec<String>,
    /// Of which Workflow Executions.
    #[arg(long, value_enum, default_value = "existing")]
    reachability_type: Kind,
    /// Task Queue. May be repeated.
    #[arg(long, short = 't')]
    task_queue: Vec<String>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Kind {
    Open,
    Closed,
    Existing,
}

/// Runs `task-queue get-build-ids`.
pub async fn sets(session: &mut Session, arguments: Sets) -> Result<()> {
    let Sets { task_queue, max_sets } = arguments;
    let namespace = session.client.namespace.clone();
    let request = GetWorkerBuildIdCompatibilityRequest { namespace, task_queue, max_sets };
    let answer = session.client.workflow.get_worker_build_id_compatibility(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("unable to get task queue build ids", &status))?;
    let sets = answer.into_inner().major_version_sets;
    let mut table = Table::new(["BuildIds", "DefaultForSet", "IsDefaultSet"].map(Column::text));
    let mut all = Vec::new();
    for (index, set) in sets.iter().enumerate() {
        let default = set.build_ids.last().cloned().unwrap_or_default();
        let is_default = index + 1 == sets.len();
        all.push(json!({ "buildIds": set.build_ids, "defaultForSet": default, "isDefaultSet": is_default }));
        table.row([format!("[{}]", set.build_ids.join(", ")), default, is_default.to_string()]);
    }
    session.output.json(&list(all));
    session.output.heading("Version Sets:");
    session.output.table(&table, Header::Shown);
    Ok(())
}

/// Runs `task-queue get-build-id-reachability`.
pub async fn reachability(session: &mut Session, arguments: Reachability) -> Result<()> {
    let reachability = match arguments.reachability_type {
        Kind::Open => TaskReachability::OpenWorkflows,
        Kind::Closed => TaskReachability::ClosedWorkflows,
        Kind::Existing => TaskReachability::ExistingWorkflows,
    };
    let request = GetWorkerTaskReachabilityRequest {
        namespace: session.client.namespace.clone(),
        build_ids: arguments.build_id,
        task_queues: arguments.task_queue,
        reachability: reachability.into(),
    };
    let answer = session.client.workflow.get_worker_task_reachability(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("unable to get Build ID reachability", &status))?.into_inner();
    let mut table = Table::new(["BuildId", "TaskQueue", "Reachability"].map(Column::text));
    let mut all = Vec::new();
    for build in &answer.build_id_reachability {
        for queue in &build.task_queue_reachability {
            let found: Vec<String> =
                queue.reachability().map(|found| words::camel(found.as_str_name(), "TASK_REACHABILITY_")).collect();
            all.push(json!({ "buildId": build.build_id, "taskQueue": queue.task_queue, "reachability": found }));
            table.row([build.build_id.clone(), queue.task_queue.clone(), format!("[{}]", found.join(", "))]);
        }
    }
    session.output.json(&list(all));
    session.output.heading("Reachability:");
    session.output.table(&table, Header::Shown);
    Ok(())
}

// An empty list is none at all in the reference's own structures.
fn list(values: Vec<Value>) -> Value {
    if values.is_empty() { Value::Null } else { Value::Array(values) }
}
