//! RespondActivityTaskCompleted and RespondActivityTaskCompletedById.

use abide_api::temporal::api::{
    common::v1::Payloads,
    workflowservice::v1::{
        RespondActivityTaskCompletedByIdRequest, RespondActivityTaskCompletedByIdResponse,
        RespondActivityTaskCompletedRequest, RespondActivityTaskCompletedResponse,
    },
};
use abide_engine::run::Resolution;

use super::{oversized, resolve};
use crate::Frontend;
use crate::parse::activity::ById;
use crate::parse::{identity, payload};
use crate::status::Refusal;

/// An activity has a result.
pub async fn complete(
    frontend: &Frontend,
    request: RespondActivityTaskCompletedRequest,
) -> Result<RespondActivityTaskCompletedResponse, Refusal> {
    let activity = frontend.activity(&request.namespace, &request.task_token)?;
    identity(&request.identity)?;
    resolve(frontend, activity, resolution(frontend, request.result), request.identity).await?;
    Ok(RespondActivityTaskCompletedResponse {})
}

/// As [`complete`], by id.
pub async fn complete_by_id(
    frontend: &Frontend,
    request: RespondActivityTaskCompletedByIdRequest,
) -> Result<RespondActivityTaskCompletedByIdResponse, Refusal> {
    let activity = frontend.activity_by_id(ById {
        namespace: request.namespace,
        workflow_id: request.workflow_id,
        run_id: request.run_id,
        activity_id: request.activity_id,
    })?;
    identity(&request.identity)?;
    resolve(frontend, activity, resolution(frontend, request.result), request.identity).await?;
    Ok(RespondActivityTaskCompletedByIdResponse {})
}

fn resolution(frontend: &Frontend, result: Option<Payloads>) -> Resolution {
    if payload::is_too_large(result.as_ref(), frontend.limits()) {
        return oversized("Complete result exceeds size limit.");
    }
    Resolution::Completed(result)
}
