//! `workflow terminate`.

use abide_api::temporal::api::{
    batch::v1::BatchOperationTermination,
    workflowservice::v1::{TerminateWorkflowExecutionRequest, start_batch_operation_request::Operation},
};

use super::many::{Reason, Target};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, target: Target) -> Result<()> {
    let identity = session.client.identity.clone();
    if !target.is_one(Reason::Allowed)? {
        let operation = BatchOperationTermination { identity, ..BatchOperationTermination::default() };
        return target.batch(session, Operation::TerminationOperation(operation)).await;
    }
    let reason = if target.reason.is_empty() { client::default_reason() } else { target.reason };
    let request = TerminateWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_execution: Some(client::execution(&target.workflow_id, &target.run_id)),
        reason,
        identity,
        ..TerminateWorkflowExecutionRequest::default()
    };
    let answer = session.client.workflow.terminate_workflow_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed to terminate workflow", &status))?;
    session.output.text("Workflow terminated");
    Ok(())
}
