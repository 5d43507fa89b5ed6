//! PauseWorkflowExecution and UnpauseWorkflowExecution.

use abide_api::temporal::api::{
    common::v1::WorkflowExecution,
    workflowservice::v1::{
        PauseWorkflowExecutionRequest, PauseWorkflowExecutionResponse, UnpauseWorkflowExecutionRequest,
        UnpauseWorkflowExecutionResponse,
    },
};
use abide_engine::run::{Command, PauseReason};
use abide_model::settings::Limits;

use crate::Frontend;
use crate::parse::{at_most, execution};
use crate::status::Refusal;

/// Holds a run back, if whoever runs the server allows that.
pub async fn pause(
    frontend: &Frontend,
    request: PauseWorkflowExecutionRequest,
) -> Result<PauseWorkflowExecutionResponse, Refusal> {
    if !frontend.settings.features.workflow_pause {
        let text = format!("workflow pause is not enabled for namespace: {}", request.namespace);
        return Err(Refusal::SwitchedOff(text));
    }
    let namespace = frontend.namespace(&request.namespace)?;
    let reason = reason(request.identity, request.reason, request.request_id, frontend.limits())?;
    let execution = WorkflowExecution { workflow_id: request.workflow_id, run_id: request.run_id };
    let run = execution::run(&namespace, Some(execution))?;
    frontend.history.execute(run, Command::Pause(reason)).await?;
    Ok(PauseWorkflowExecutionResponse {})
}

/// Lets a run go again.
pub async fn unpause(
    frontend: &Frontend,
    request: UnpauseWorkflowExecutionRequest,
) -> Result<UnpauseWorkflowExecutionResponse, Refusal> {
    let reason = reason(request.identity, request.reason, request.request_id, frontend.limits())?;
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = WorkflowExecution { workflow_id: request.workflow_id, run_id: request.run_id };
    let run = execution::run(&namespace, Some(execution))?;
    frontend.history.execute(run, Command::Unpause(reason)).await?;
    Ok(UnpauseWorkflowExecutionResponse {})
}

fn reason(identity: String, reason: String, request_id: String, bounds: &Limits) -> Result<PauseReason, Refusal> {
    let max = bounds.id_bytes_max;
    at_most(&reason, max, "reason is too long.")?;
    at_most(&request_id, max, "request id is too long.")?;
    at_most(&identity, max, "identity is too long.")?;
    Ok(PauseReason { identity, reason, request_id })
}
