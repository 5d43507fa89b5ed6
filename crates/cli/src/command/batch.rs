//! `batch`: commands about batches of operations, which other commands start with `--query`.

mod describe;
mod list;
mod terminate;

use abide_api::temporal::api::workflowservice::v1::{
    StartBatchOperationRequest, start_batch_operation_request::Operation,
};
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

/// All that match a query, and what to do with them.
pub struct Many<'a> {
    /// What they are: one word or more, for many, and for a number of them.
    pub nouns: (&'a str, &'a str),
    /// Which.
    pub query: &'a str,
    /// How many there are, about; none when nobody is asked.
    pub count: Option<i64>,
    /// Why.
    pub reason: &'a str,
    /// The most operations per second.
    pub rps: f32,
    /// What to do.
    pub operation: Operation,
}

/// Starts a batch over a query, after asking.
pub async fn ask(session: &mut Session, many: Many<'_>) -> Result<()> {
    let Many { nouns: (all, some), query, count, reason, rps, operation } = many;
    let question = match count {
        None => format!("Start batch against {all} matching query {query:?}? y/N"),
        Some(count) => format!("Start batch against approximately {count} {some}? y/N"),
    };
    session.output.confirm(&question, count.is_none())?;
    let request = StartBatchOperationRequest {
        visibility_query: query.to_owned(),
        reason: reason.to_owned(),
        max_operations_per_second: rps,
        operation: Some(operation),
        ..StartBatchOperationRequest::default()
    };
    start(session, request).await
}

// Says which it is.
async fn start(session: &mut Session, request: StartBatchOperationRequest) -> Result<()> {
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
