//! `worker describe`.

use abide_api::temporal::api::{worker::v1::WorkerHeartbeat, workflowservice::v1::DescribeWorkerRequest};
use clap::Args;

use super::{deployment_name, shown, status};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::Card;

/// `worker describe`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Which.
    #[arg(long)]
    worker_instance_key: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
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

fn card(session: &Session, worker: &WorkerHeartbeat) -> Card {
    let host = worker.host_info.clone().unwrap_or_default();
    Card::new()
        .field("WorkerInstanceKey", &worker.worker_instance_key)
        .field("WorkerIdentity", &worker.worker_identity)
        .field("Status", status(worker))
        .field("TaskQueue", &worker.task_queue)
        .filled("DeploymentVersion", deployment_name(worker))
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
