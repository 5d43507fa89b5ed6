//! `workflow terminate`.

use abide_api::temporal::api::{
    batch::v1::BatchOperationTermination,
    workflowservice::v1::{TerminateWorkflowExecutionRequest, start_batch_operation_request::Operation},
};

use super::many::{Arguments, Reason};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let identity = session.client.identity.clone();
    if !arguments.is_one(Reason::Allowed)? {
        let operation = BatchOperationTermination { identity, ..BatchOperationTermination::default() };
        return arguments.batch(session, Operation::TerminationOperation(operation)).await;
    }
    let reason = if arguments.reason.is_empty() { client::default_reason() } else { arguments.reason };
    let request = TerminateWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_execution: Some(client::execution(&arguments.workflow_id, &arguments.run_id)),
        reason,
        identity,
        ..TerminateWorkflowExecutionRequest::default()
    };
    let answer = session.client.workflow.terminate_workflow_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed to terminate workflow", &status))?;
    session.output.text("Workflow terminated");
    Ok(())
}
