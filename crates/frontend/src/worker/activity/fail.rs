//! RespondActivityTaskFailed and RespondActivityTaskFailedById.

use abide_api::temporal::api::{
    common::v1::Payloads,
    failure::v1::Failure,
    workflowservice::v1::{
        RespondActivityTaskFailedByIdRequest, RespondActivityTaskFailedByIdResponse, RespondActivityTaskFailedRequest,
        RespondActivityTaskFailedResponse,
    },
};
use abide_engine::run::Resolution;

use super::{oversize_failure, resolve};
use crate::Frontend;
use crate::parse::activity::Named;
use crate::parse::{failure, payload};
use crate::status::Refusal;

/// An attempt of an activity failed; the run decides whether there is another.
pub async fn fail(
    frontend: &Frontend,
    request: RespondActivityTaskFailedRequest,
) -> Result<RespondActivityTaskFailedResponse, Refusal> {
    let named = Named::ByToken { namespace: request.namespace, token: request.task_token };
    let said = Said::parse(frontend, request.identity, request.failure, request.last_heartbeat_details)?;
    resolve(frontend, named, said.resolution, said.identity).await?;
    Ok(RespondActivityTaskFailedResponse { failures: said.corrections })
}

/// As [`fail`], by id.
pub async fn fail_by_id(
    frontend: &Frontend,
    request: RespondActivityTaskFailedByIdRequest,
) -> Result<RespondActivityTaskFailedByIdResponse, Refusal> {
    let named = Named::ById {
        namespace: request.namespace,
        workflow_id: request.workflow_id,
        run_id: request.run_id,
        activity_id: request.activity_id,
    };
    let said = Said::parse(frontend, request.identity, request.failure, request.last_heartbeat_details)?;
    resolve(frontend, named, said.resolution, said.identity).await?;
    Ok(RespondActivityTaskFailedByIdResponse { failures: said.corrections })
}

/// What a worker said, as far as it fits.
struct Said {
    identity: String,
    resolution: Resolution,
    /// What did not fit, for the worker to know.
    corrections: Vec<Failure>,
}

impl Said {
    fn parse(
        frontend: &Frontend,
        worker: String,
        failure: Option<Failure>,
        last_heartbeat_details: Option<Payloads>,
    ) -> Result<Self, Refusal> {
        failure::check_application(failure.as_ref())?;
        let mut corrections = Vec::new();
        let too_large = payload::is_too_large(last_heartbeat_details.as_ref(), frontend.limits());
        if too_large {
            corrections.push(oversize_failure("Heartbeat details exceed size limit."));
        }
        let replacement = failure::replacement(failure.as_ref(), frontend.limits());
        corrections.extend(replacement.clone());
        let resolution = Resolution::Failed {
            failure: replacement.or(failure),
            last_heartbeat_details: last_heartbeat_details.filter(|_| !too_large),
        };
        Ok(Self { identity: worker, resolution, corrections })
    }
}
