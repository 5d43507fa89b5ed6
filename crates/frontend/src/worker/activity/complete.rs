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
use crate::parse::activity::Named;
use crate::parse::payload;
use crate::status::Refusal;

/// An activity has a result.
pub async fn complete(
    frontend: &Frontend,
    request: RespondActivityTaskCompletedRequest,
) -> Result<RespondActivityTaskCompletedResponse, Refusal> {
    let named = Named::ByToken { namespace: request.namespace, token: request.task_token };
    resolve(frontend, named, resolution(frontend, request.result), request.identity).await?;
    Ok(RespondActivityTaskCompletedResponse {})
}

/// As [`complete`], by id.
pub async fn complete_by_id(
    frontend: &Frontend,
    request: RespondActivityTaskCompletedByIdRequest,
) -> Result<RespondActivityTaskCompletedByIdResponse, Refusal> {
    let named = Named::ById {
        namespace: request.namespace,
        workflow_id: request.workflow_id,
        run_id: request.run_id,
        activity_id: request.activity_id,
    };
    resolve(frontend, named, resolution(frontend, request.result), request.identity).await?;
    Ok(RespondActivityTaskCompletedByIdResponse {})
}

fn resolution(frontend: &Frontend, result: Option<Payloads>) -> Resolution {
    if payload::is_too_large(result.as_ref(), frontend.limits()) {
        return oversized("Complete result exceeds size limit.");
    }
    Resolution::Completed(result)
}
