//! `batch`: commands about batches of operations, which other commands start with `--query`.

mod describe;
mod list;
mod terminate;

use abide_api::temporal::api::workflowservice::v1::StartBatchOperationRequest;
use clap::Subcommand;
use serde_json::json;

use crate::client;
use crate::command::{Run, Session};
use crate::error::{Error, Result};

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show how a batch is, and how far.
    Describe(describe::Arguments),
    /// List batches.
    List(list::Arguments),
    /// End a batch before everything had its turn.
    Terminate(terminate::Arguments),
}

impl Run for Command {
    async fn run(self, session: &mut Session) -> Result<()> {
        match self {
            Command::Describe(arguments) => describe::run(session, arguments).await,
            Command::List(arguments) => list::run(session, arguments).await,
            Command::Terminate(arguments) => terminate::run(session, arguments).await,
        }
    }
}

/// Starts a batch, and says which.
pub async fn start(session: &mut Session, request: StartBatchOperationRequest) -> Result<()> {
    let job_id = client::request_id();
    let reason = if request.reason.is_empty() { client::default_reason() } else { request.reason };
    let namespace = session.client.namespace.clone();
    let request = StartBatchOperationRequest { namespace, job_id: job_id.clone(), reason, ..request };
    let answer = session.client.workflow.start_batch_operation(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed starting batch operation", &status))?;
    session.output.json(&json!({ "batchJobId": job_id }));
    session.output.text(format!("Started batch for job ID: {job_id}"));
    Ok(())
}
