//! DeleteWorkflowExecution.

use abide_api::temporal::api::workflowservice::v1::{DeleteWorkflowExecutionRequest, DeleteWorkflowExecutionResponse};

use crate::Frontend;
use crate::parse::execution;
use crate::status::Refusal;

/// Deletes a run and all that is known of it; an open one is terminated first.
pub async fn delete(
    frontend: &Frontend,
    request: DeleteWorkflowExecutionRequest,
) -> Result<DeleteWorkflowExecutionResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let run = execution::run(&namespace, request.workflow_execution)?;
    frontend.history.delete(run).await?;
    Ok(DeleteWorkflowExecutionResponse {})
}
