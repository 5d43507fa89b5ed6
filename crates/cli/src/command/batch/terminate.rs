//! `batch terminate`.

use abide_api::temporal::api::workflowservice::v1::StopBatchOperationRequest;
use clap::Args;
use tonic::Code;

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `batch terminate`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Batch job ID.
    #[arg(long)]
    job_id: String,
    /// Why.
    #[arg(long)]
    reason: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { job_id, reason } = arguments;
    let request = StopBatchOperationRequest {
        namespace: session.client.namespace.clone(),
        job_id: job_id.clone(),
        reason,
        identity: session.client.identity.clone(),
    };
    let answer = session.client.workflow.stop_batch_operation(client::call(request)).await;
    answer.map_err(|status| match status.code() {
        Code::NotFound => Error::new(format!("could not find Batch Job '{job_id}'")),
        _ => Error::rpc("failed to terminate batch job", &status),
    })?;
    session.output.text(format!("Terminated Batch Job '{job_id}'"));
    Ok(())
}
