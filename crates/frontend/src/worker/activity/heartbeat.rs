//! RecordActivityTaskHeartbeat and RecordActivityTaskHeartbeatById.

use abide_api::temporal::api::{
    common::v1::Payloads,
    workflowservice::v1::{
        RecordActivityTaskHeartbeatByIdRequest, RecordActivityTaskHeartbeatByIdResponse,
        RecordActivityTaskHeartbeatRequest, RecordActivityTaskHeartbeatResponse,
    },
};
use abide_engine::run::HeartbeatReply;

use super::{oversized, record, resolve};
use crate::Frontend;
use crate::parse::activity::Named;
use crate::parse::payload;
use crate::status::Refusal;

/// An activity goes on.
pub async fn heartbeat(
    frontend: &Frontend,
    request: RecordActivityTaskHeartbeatRequest,
) -> Result<RecordActivityTaskHeartbeatResponse, Refusal> {
    let named = Named::ByToken { namespace: request.namespace, token: request.task_token };
    let told = beat(frontend, named, request.details, request.identity).await?;
    Ok(RecordActivityTaskHeartbeatResponse {
        cancel_requested: told.cancel_requested,
        activity_paused: told.paused,
        activity_reset: told.reset,
    })
}

/// As [`heartbeat`], by id.
pub async fn heartbeat_by_id(
    frontend: &Frontend,
    request: RecordActivityTaskHeartbeatByIdRequest,
) -> Result<RecordActivityTaskHeartbeatByIdResponse, Refusal> {
    let named = Named::ById {
        namespace: request.namespace,
        workflow_id: request.workflow_id,
        run_id: request.run_id,
        activity_id: request.activity_id,
    };
    let told = beat(frontend, named, request.details, request.identity).await?;
    Ok(RecordActivityTaskHeartbeatByIdResponse {
        cancel_requested: told.cancel_requested,
        activity_paused: told.paused,
        activity_reset: told.reset,
    })
}

/// Details that do not fit end the activity, and the worker is told to stop.
async fn beat(
    frontend: &Frontend,
    named: Named,
    details: Option<Payloads>,
    identity: String,
) -> Result<HeartbeatReply, Refusal> {
    if payload::is_too_large(details.as_ref(), frontend.limits()) {
        resolve(frontend, named, oversized("Heartbeat details exceed size limit."), identity).await?;
        return Ok(HeartbeatReply { cancel_requested: true, ..HeartbeatReply::default() });
    }
    record(frontend, named, details, identity).await
}
