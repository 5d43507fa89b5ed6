//! TerminateWorkflowExecution.

use abide_api::temporal::api::workflowservice::v1::{
    TerminateWorkflowExecutionRequest, TerminateWorkflowExecutionResponse,
};
use abide_engine::run::{Command, Requester, Terminate};

use crate::Frontend;
use crate::parse::execution::{self, Chain};
use crate::parse::{link, payload};
use crate::status::Refusal;

/// Ends a run now.
pub async fn terminate(
    frontend: &Frontend,
    request: TerminateWorkflowExecutionRequest,
) -> Result<TerminateWorkflowExecutionResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let run = execution::run_of_chain(&namespace, request.workflow_execution, &request.first_execution_run_id)?;
    link::check(&request.links)?;
    payload::check(request.details.as_ref(), frontend.limits())?;
    let chain = Chain::of(&run);
    let identity = or(request.identity, "frontend-service");
    let command = Command::Terminate(Terminate {
        reason: or(request.reason, "terminated by user via frontend"),
        details: request.details,
        requester: Requester { identity, links: request.links, ..Requester::default() },
    });
    match frontend.history.execute(run, command).await {
        Ok(_) => Ok(TerminateWorkflowExecutionResponse {}),
        Err(error) => Err(execution::not_found(error, chain)),
    }
}

fn or(text: String, default: &str) -> String {
    if text.is_empty() { default.to_owned() } else { text }
}
