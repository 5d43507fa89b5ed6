//! RespondActivityTaskCanceled and RespondActivityTaskCanceledById.

use abide_api::temporal::api::{
    common::v1::Payloads,
    workflowservice::v1::{
        RespondActivityTaskCanceledByIdRequest, RespondActivityTaskCanceledByIdResponse,
        RespondActivityTaskCanceledRequest, RespondActivityTaskCanceledResponse,
    },
};
use abide_engine::run::Resolution;

use super::{oversized, resolve};
use crate::Frontend;
use crate::parse::activity::Named;
use crate::parse::payload;
use crate::status::Refusal;

/// An activity gave in to being canceled.
pub async fn cancel(
    frontend: &Frontend,
    request: RespondActivityTaskCanceledRequest,
) -> Result<RespondActivityTaskCanceledResponse, Refusal> {
    let named = Named::ByToken { namespace: request.namespace, token: request.task_token };
    resolve(frontend, named, resolution(frontend, request.details), request.identity).await?;
    Ok(RespondActivityTaskCanceledResponse {})
}

/// As [`cancel`], by id.
pub async fn cancel_by_id(
    frontend: &Frontend,
    request: RespondActivityTaskCanceledByIdRequest,
) -> Result<RespondActivityTaskCanceledByIdResponse, Refusal> {
    let named = Named::ById {
        namespace: request.namespace,
        workflow_id: request.workflow_id,
        run_id: request.run_id,
        activity_id: request.activity_id,
    };
    resolve(frontend, named, resolution(frontend, request.details), request.identity).await?;
    Ok(RespondActivityTaskCanceledByIdResponse {})
}

fn resolution(frontend: &Frontend, details: Option<Payloads>) -> Resolution {
    if payload::is_too_large(details.as_ref(), frontend.limits()) {
        return oversized("Cancel details exceed size limit.");
    }
    Resolution::Canceled(details)
}
