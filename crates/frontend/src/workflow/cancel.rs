//! RequestCancelWorkflowExecution.

use abide_api::temporal::api::workflowservice::v1::{
    RequestCancelWorkflowExecutionRequest, RequestCancelWorkflowExecutionResponse,
};
use abide_cluster::Error;
use abide_engine::run::{Command, Rejection, RequestCancel, Requester};

use crate::Frontend;
use crate::parse::execution::{self, Chain};
use crate::parse::link;
use crate::status::Refusal;

/// Asks a run to cancel itself. A closed run needs not be asked.
pub async fn cancel(
    frontend: &Frontend,
    request: RequestCancelWorkflowExecutionRequest,
) -> Result<RequestCancelWorkflowExecutionResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let run = execution::run_of_chain(&namespace, request.workflow_execution, &request.first_execution_run_id)?;
    link::check(&request.links)?;
    let chain = Chain::of(&run);
    let requester =
        Requester { identity: request.identity, request_id: request.request_id, links: request.links, sender: None };
    let command = Command::RequestCancel(RequestCancel { reason: request.reason, requester });
    match frontend.history.execute(run, command).await {
        Ok(_) | Err(Error::Rejected(Rejection::Closed)) => Ok(RequestCancelWorkflowExecutionResponse {}),
        Err(error) => Err(execution::not_found(error, chain)),
    }
}
