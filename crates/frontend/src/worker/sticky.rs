//! ResetStickyTaskQueue and ShutdownWorker: a worker forgets a run, or everything.

use abide_api::temporal::api::workflowservice::v1::{
    ResetStickyTaskQueueRequest, ResetStickyTaskQueueResponse, ShutdownWorkerRequest, ShutdownWorkerResponse,
};
use abide_engine::run::Command;

use crate::Frontend;
use crate::parse::execution;
use crate::status::Refusal;

/// A worker dropped a run from its cache.
pub async fn reset(
    frontend: &Frontend,
    request: ResetStickyTaskQueueRequest,
) -> Result<ResetStickyTaskQueueResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let run = execution::run(&namespace, request.execution)?;
    frontend.history.execute(run, Command::ResetStickiness).await?;
    Ok(ResetStickyTaskQueueResponse {})
}

/// A worker is leaving.
pub fn shutdown(frontend: &Frontend, request: ShutdownWorkerRequest) -> Result<ShutdownWorkerResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    if let Some(last) = request.worker_heartbeat
        && frontend.settings.features.worker_heartbeats
    {
        frontend.matching.record_heartbeats(namespace.id(), vec![last]);
    }
    // Without an instance named, only the sticky queue is told.
    let ends_polls = frontend.settings.features.cancel_polls_on_shutdown;
    let instance = if ends_polls { request.worker_instance_key.as_str() } else { "" };
    frontend.matching.shutdown_worker(namespace.id(), &request.sticky_task_queue, instance);
    Ok(ShutdownWorkerResponse {})
}
