//! `worker list`.

use abide_api::temporal::api::{worker::v1::WorkerHeartbeat, workflowservice::v1::ListWorkersRequest};
use clap::Args;

use super::{Wanted, deployment_name, shown, status};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::{Column, Listing};

/// Workers on one page.
const PAGE: i32 = 100;

/// `worker list`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    wanted: Wanted,
    /// At most so many; zero is all.
    #[arg(long, default_value = "0")]
    limit: usize,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let columns =
        ["WorkerInstanceKey", "Status", "TaskQueue", "WorkerIdentity", "HostName", "Deployment", "HeartbeatTime"];
    let mut listing = Listing::new(session.output, columns.map(Column::text), arguments.limit);
    let mut request = ListWorkersRequest {
        namespace: session.client.namespace.clone(),
        page_size: PAGE,
        query: arguments.wanted.query,
        include_system_workers: arguments.wanted.include_system_workers,
        ..ListWorkersRequest::default()
    };
    loop {
        let answer = session.client.workflow.list_workers(client::call(request.clone())).await;
        let answer = answer.map_err(|status| Error::rpc("unable to list workers", &status))?.into_inner();
        #[expect(deprecated, reason = "only the deprecated form has the times of heartbeats")]
        for info in answer.workers_info {
            listing.element(&shown(session, &info), row(session, &info.worker_heartbeat.unwrap_or_default()));
        }
        request.next_page_token = answer.next_page_token;
        if !listing.page() || request.next_page_token.is_empty() {
            break;
        }
    }
    listing.end();
    Ok(())
}

fn row(session: &Session, worker: &WorkerHeartbeat) -> [String; 7] {
    let host = worker.host_info.clone().unwrap_or_default();
    [
        worker.worker_instance_key.clone(),
        status(worker).to_owned(),
        worker.task_queue.clone(),
        worker.worker_identity.clone(),
        host.host_name,
        deployment_name(worker),
        session.output.time(worker.heartbeat_time.as_ref()),
    ]
}
