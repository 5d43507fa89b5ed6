//! RespondQueryTaskCompleted.

use abide_api::temporal::api::{
    enums::v1::QueryResultType,
    workflowservice::v1::{RespondQueryTaskCompletedRequest, RespondQueryTaskCompletedResponse},
};
use abide_cluster::Error;
use abide_cluster::history::QueryOutcome;

use crate::Frontend;
use crate::parse::{failure, payload};
use crate::status::Refusal;
use crate::token::TaskToken;

/// Answers a query task.
pub fn answer(
    frontend: &Frontend,
    request: RespondQueryTaskCompletedRequest,
) -> Result<RespondQueryTaskCompletedResponse, Refusal> {
    let (_, token) = frontend.task(&request.namespace, &request.task_token)?;
    let TaskToken::Query(_, id) = token else { return Err(Error::QueryTaskNotFound.into()) };
    frontend.matching.answer(id, outcome(frontend, request))?;
    Ok(RespondQueryTaskCompletedResponse {})
}

fn outcome(frontend: &Frontend, request: RespondQueryTaskCompletedRequest) -> QueryOutcome {
    let failed = |message: String, failure: Option<_>| QueryOutcome::Failed { message, failure };
    match request.completed_type() {
        QueryResultType::Answered if payload::is_too_large(request.query_result.as_ref(), frontend.limits()) => {
            failed("Blob data size exceeds limit.".to_owned(), None)
        }
        QueryResultType::Answered => QueryOutcome::Answered(request.query_result),
        QueryResultType::Failed => {
            let failure = failure::replacement(request.failure.as_ref(), frontend.limits()).or(request.failure);
            failed(request.error_message, failure.map(Box::new))
        }
        // The reference lets the caller of the query wait for an answer that never comes.
        QueryResultType::Unspecified => {
            failed("the worker answered neither with a result nor a failure".to_owned(), None)
        }
    }
}
