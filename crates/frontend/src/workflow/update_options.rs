//! UpdateWorkflowExecutionOptions.

use abide_api::temporal::api::workflowservice::v1::{
    UpdateWorkflowExecutionOptionsRequest, UpdateWorkflowExecutionOptionsResponse,
};
use abide_engine::run::{Command, Reply};

use crate::Frontend;
use crate::parse::{execution, options};
use crate::status::Refusal;

/// Changes options of a run.
pub async fn update(
    frontend: &Frontend,
    request: UpdateWorkflowExecutionOptionsRequest,
) -> Result<UpdateWorkflowExecutionOptionsResponse, Refusal> {
    let execution = request.workflow_execution.unwrap_or_default();
    if execution.workflow_id.is_empty() {
        return Err(Refusal::invalid("WorkflowId is not set on request."));
    }
    let options = request.workflow_execution_options;
    let update = options::parse(options, request.update_mask, request.identity, "error parsing UpdateMask")?;
    let namespace = frontend.namespace(&request.namespace)?;
    let run = execution::run(&namespace, Some(execution))?;
    match frontend.history.execute(run, Command::UpdateOptions(Box::new(update))).await? {
        (_, Reply::Options(options)) => Ok(UpdateWorkflowExecutionOptionsResponse {
            workflow_execution_options: Some(*options),
            ..UpdateWorkflowExecutionOptionsResponse::default()
        }),
        _ => Err(Refusal::bug("a change of options was answered with something else")),
    }
}
