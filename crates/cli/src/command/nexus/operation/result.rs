//! `nexus operation result`: waits for the end of an operation.

use abide_api::temporal::api::{
    enums::v1::NexusOperationWaitStage,
    workflowservice::v1::{PollNexusOperationExecutionRequest, poll_nexus_operation_execution_response::Outcome},
};
use serde_json::{Map, Value};
use tonic::Code;

use super::Reference;
use crate::client;
use crate::command::{Session, outcome};
use crate::error::{Error, Result};
use crate::json;
use crate::output::progress::Waiting;

/// Runs the command.
pub async fn run(session: &mut Session, which: &Reference) -> Result<()> {
    let waiting = Waiting::begin(&which.operation_id);
    let (run_id, came) = wait(session, which).await?;
    drop(waiting);
    let mut known = Map::new();
    known.insert("operationId".into(), which.operation_id.as_str().into());
    known.insert("runId".into(), if which.run_id.is_empty() { run_id } else { which.run_id.clone() }.into());
    match came {
        Outcome::Result(result) => {
            let result: Value = json::payload(&result, session.output.payloads());
            outcome::completed(session.output, known, result);
            Ok(())
        }
        Outcome::Failure(failure) => {
            outcome::failed(session.output, known, &failure);
            Err(Error::new("nexus operation failed"))
        }
    }
}

async fn wait(session: &mut Session, which: &Reference) -> Result<(String, Outcome)> {
    let request = PollNexusOperationExecutionRequest {
        namespace: session.client.namespace.clone(),
        operation_id: which.operation_id.clone(),
        run_id: which.run_id.clone(),
        wait_stage: NexusOperationWaitStage::Closed.into(),
    };
    loop {
        let answer = session.client.workflow.poll_nexus_operation_execution(client::wait(request.clone())).await;
        match answer.map(tonic::Response::into_inner) {
            Ok(answer) => {
                if let Some(came) = answer.outcome {
                    return Ok((answer.run_id, came));
                }
            }
            Err(status) if client::is_overdue(&status) => {}
            Err(status) if status.code() == Code::NotFound => {
                return Err(Error::new(format!("nexus operation not found: {}", which.operation_id)));
            }
            Err(status) => return Err(Error::rpc("failed polling nexus operation result", &status)),
        }
    }
}
