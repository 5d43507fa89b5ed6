//! RespondWorkflowTaskFailed.

use abide_api::temporal::api::{
    enums::v1::WorkflowTaskFailedCause,
    workflowservice::v1::{RespondWorkflowTaskFailedRequest, RespondWorkflowTaskFailedResponse},
};
use abide_engine::run::{Command, FailWorkflowTask, Rejection};

use crate::Frontend;
use crate::parse::{self, execution, failure};
use crate::status::Refusal;
use crate::token::TaskToken;

/// Fails a workflow task.
#[allow(deprecated)]
pub async fn fail(
    frontend: &Frontend,
    request: RespondWorkflowTaskFailedRequest,
) -> Result<RespondWorkflowTaskFailedResponse, Refusal> {
    let (_, token) = frontend.task(&request.namespace, &request.task_token)?;
    let TaskToken::Workflow(run, token) = token else { return Err(Rejection::WorkflowTaskNotFound.into()) };
    parse::identity(&request.identity, frontend.limits())?;
    let command = Command::FailWorkflowTask(Box::new(FailWorkflowTask {
        token,
        cause: WorkflowTaskFailedCause::try_from(request.cause).unwrap_or_default(),
        failure: failure::replacement(request.failure.as_ref(), frontend.limits()).or(request.failure),
        identity: request.identity,
        binary_checksum: request.binary_checksum,
    }));
    frontend.history.execute(execution::exactly(run), command).await?;
    Ok(RespondWorkflowTaskFailedResponse {})
}
