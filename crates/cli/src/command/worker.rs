//! `worker list | count | describe`: workers as they describe themselves.

mod deployment;

use abide_api::temporal::api::{
    enums::v1::WorkerStatus,
    worker::v1::{WorkerHeartbeat, WorkerInfo},
    workflowservice::v1::{CountWorkersRequest, DescribeWorkerRequest, ListWorkersRequest},
};
use clap::{Args, Subcommand};

use crate::command::{Run, Session};
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Card, Column, Table};
use crate::{client, json};

/// Workers on one page.
const PAGE: i32 = 100;

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Manage versions of workers.
    #[command(subcommand)]
    Deployment(deployment::Command),
    /// List workers, and how they are.
    List(List),
    /// Count workers.
    Count(Wanted),
    /// Show a worker.
    Describe(Describe),
}

/// Which workers.
#[derive(Args, Debug)]
pub struct Wanted {
    /// Only workers that this holds of.
    #[arg(long, short = 'q', default_value = "")]
    query: String,
    /// The server's own workers as well.
    #[arg(long)]
    include_system_workers: bool,
}

/// `worker list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    wanted: Wanted,
    /// At most so many; zero is all.
    #[arg(long, default_value = "0")]
    limit: usize,
}

/// `worker describe`.
#[derive(Args, Debug)]
pub struct Describe {
    /// Which.
    #[arg(long)]
    worker_instance_key: String,
}

impl Run for Command {
    async fn run(self, session: &mut Session) -> Result<()> {
        match self {
            Command::Deployment(command) => deployment::run(session, command).await,
            Command::List(arguments) => list(session, arguments).await,
            Command::Count(arguments) => count(session, arguments).await,
            Command::Describe(arguments) => describe(session, arguments).await,
        }
    }
}

async fn list(session: &mut Session, arguments: List) -> Result<()> {
    let output = session.output;
    let mut left = if arguments.limit == 0 { usize::MAX } else { arguments.limit };
    let mut elements = output.list();
    let mut request = ListWorkersRequest {
        namespace: session.client.namespace.clone(),
        page_size: PAGE,
        query: arguments.wanted.query,
        include_system_workers: arguments.wanted.include_system_workers,
        ..ListWorkersRequest::default()
    };
    let mut header = Header::Shown;
    loop {
        let answer = session.client.workflow.list_workers(client::call(request.clone())).await;
        let answer = answer.map_err(|status| Error::rpc("unable to list workers", &status))?.into_inner();
        let mut table = table();
        #[allow(deprecated)] // Only the deprecated form has the times of heartbeats.
        for info in answer.workers_info.into_iter().take(left) {
            left -= 1;
            elements.element(&shown(session, &info));
            table.row(row(session, &info.worker_heartbeat.unwrap_or_default()));
        }
        output.table(&table, header);
        header = Header::Hidden;
        if answer.next_page_token.is_empty() || left == 0 {
            break;
        }
        request.next_page_token = answer.next_page_token;
    }
    elements.end();
    Ok(())
}

async fn count(session: &mut Session, arguments: Wanted) -> Result<()> {
    let request = CountWorkersRequest {
        namespace: session.client.namespace.clone(),
        query: arguments.query,
        include_system_workers: arguments.include_system_workers,
    };
    let answer = session.client.workflow.count_workers(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("unable to count workers", &status))?.into_inner();
    let name = "temporal.api.workflowservice.v1.CountWorkersResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    session.output.text(answer.count.to_string());
    Ok(())
}

async fn describe(session: &mut Session, arguments: Describe) -> Result<()> {
    let request = DescribeWorkerRequest {
        namespace: session.client.namespace.clone(),
        worker_instance_key: arguments.worker_instance_key,
    };
    let answer = session.client.workflow.describe_worker(client::call(request)).await;
    let answer = answer.map_err(|status| Error::status(&status))?.into_inner();
    let info = answer.worker_info.ok_or_else(|| Error::new("worker info not found in response"))?;
    session.output.json(&shown(session, &info));
    let worker = info.worker_heartbeat.ok_or_else(|| Error::new("worker heartbeat not found in response"))?;
    session.output.card(&card(session, &worker));
    Ok(())
}

fn shown(session: &Session, info: &WorkerInfo) -> serde_json::Value {
    json::message("temporal.api.worker.v1.WorkerInfo", info, session.output.payloads())
}

fn table() -> Table {
    Table::new([
        Column::text("WorkerInstanceKey"),
        Column::text("Status"),
        Column::text("TaskQueue"),
        Column::text("WorkerIdentity"),
        Column::text("HostName"),
        Column::text("Deployment"),
        Column::text("HeartbeatTime"),
    ])
}

fn row(session: &Session, worker: &WorkerHeartbeat) -> [String; 7] {
    let host = worker.host_info.clone().unwrap_or_default();
    [
        worker.worker_instance_key.clone(),
        status(worker).to_owned(),
        worker.task_queue.clone(),
        worker.worker_identity.clone(),
        host.host_name,
        deployment(worker),
        session.output.time(worker.heartbeat_time.as_ref()),
    ]
}

fn card(session: &Session, worker: &WorkerHeartbeat) -> Card {
    let host = worker.host_info.clone().unwrap_or_default();
    Card::new()
        .field("WorkerInstanceKey", &worker.worker_instance_key)
        .field("WorkerIdentity", &worker.worker_identity)
        .field("Status", status(worker))
        .field("TaskQueue", &worker.task_queue)
        .filled("DeploymentVersion", deployment(worker))
        .field("SdkName", &worker.sdk_name)
        .field("SdkVersion", &worker.sdk_version)
        .field("StartTime", session.output.time(worker.start_time.as_ref()))
        .field("HeartbeatTime", session.output.time(worker.heartbeat_time.as_ref()))
        .filled("HostName", host.host_name)
        .filled("ProcessId", host.process_id)
        .field("TotalStickyCacheHit", worker.total_sticky_cache_hit)
        .field("TotalStickyCacheMiss", worker.total_sticky_cache_miss)
        .field("CurrentStickyCacheSize", worker.current_sticky_cache_size)
}

fn deployment(worker: &WorkerHeartbeat) -> String {
    match &worker.deployment_version {
        Some(version) if !version.deployment_name.is_empty() => {
            format!("{}:{}", version.deployment_name, version.build_id)
        }
        Some(_) | None => String::new(),
    }
}

fn status(worker: &WorkerHeartbeat) -> &'static str {
    match worker.status() {
        WorkerStatus::Unspecified => "Unspecified",
        WorkerStatus::Running => "Running",
        WorkerStatus::ShuttingDown => "ShuttingDown",
        WorkerStatus::Shutdown => "Shutdown",
    }
}
