//! Batches: one operation on many runs. Starting one stores it; it is carried out behind the caller's back, by the same
//! functions that serve callers, one run at a time.

mod check;
mod drive;
mod operation;
mod query;
mod show;

pub use drive::drive;
pub use show::{describe, list};

use abide_api::temporal::api::workflowservice::v1::{
    StartBatchOperationRequest, StartBatchOperationResponse, StopBatchOperationRequest, StopBatchOperationResponse,
};
use abide_engine::batch::{Command, Start};
use abide_engine::namespace::Namespace;
use std::sync::Arc;

use crate::Frontend;
use crate::parse::at_most;
use crate::status::Refusal;

/// Begins a batch.
pub async fn start(
    frontend: &Frontend,
    request: StartBatchOperationRequest,
) -> Result<StartBatchOperationResponse, Refusal> {
    let namespace = frontend.batch_namespace(&request.namespace)?;
    let identity = check::check(frontend, &request)?;
    at_most(&request.job_id, frontend.limits().id_bytes_max, "JobId length exceeds limit.")?;
    query::check(&namespace, &request)?;
    let start = Start { namespace: namespace.id(), request, identity };
    frontend.batches.start(start, frontend.settings.batches.running_max).await?;
    Ok(StartBatchOperationResponse {})
}

/// Ends a batch before everything had its turn.
pub async fn stop(
    frontend: &Frontend,
    request: StopBatchOperationRequest,
) -> Result<StopBatchOperationResponse, Refusal> {
    job_id(&request.job_id)?;
    if request.reason.is_empty() {
        return Err(Refusal::invalid("Reason is not set on request."));
    }
    let namespace = frontend.batch_namespace(&request.namespace)?;
    let command = Command::Stop { reason: request.reason, identity: request.identity };
    frontend.batches.ask(namespace.id(), request.job_id, command).await?;
    Ok(StopBatchOperationResponse {})
}

impl Frontend {
    /// The namespace of a request about batches, if it has any.
    fn batch_namespace(&self, name: &str) -> Result<Arc<Namespace>, Refusal> {
        let namespace = self.namespace(name)?;
        if !self.settings.batches.enabled {
            return Err(Refusal::NotAllowed("Batch operation feature are not enabled on this namespace."));
        }
        Ok(namespace)
    }
}

fn job_id(job_id: &str) -> Result<(), Refusal> {
    if job_id.is_empty() { Err(Refusal::invalid("JobId is not set on request.")) } else { Ok(()) }
}
