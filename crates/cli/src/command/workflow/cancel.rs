//! `workflow cancel`.

use abide_api::temporal::api::{
    batch::v1::BatchOperationCancellation,
    workflowservice::v1::{RequestCancelWorkflowExecutionRequest, start_batch_operation_request::Operation},
};

use super::many::{Reason, Target};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, target: Target) -> Result<()> {
    let identity = session.client.identity.clone();
    if !target.is_one(Reason::BatchOnly)? {
        let operation = Operation::CancellationOperation(BatchOperationCancellation { identity });
        return target.batch(session, operation).await;
    }
    let request = RequestCancelWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_execution: Some(client::execution(&target.workflow_id, &target.run_id)),
        identity,
        request_id: client::request_id(),
        ..RequestCancelWorkflowExecutionRequest::default()
    };
    let answer = session.client.workflow.request_cancel_workflow_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed to cancel workflow", &status))?;
    session.output.text("Canceled workflow");
    Ok(())
}
