//! RecordActivityTaskHeartbeat and RecordActivityTaskHeartbeatById.

use abide_api::temporal::api::{
    common::v1::Payloads,
    workflowservice::v1::{
        RecordActivityTaskHeartbeatByIdRequest, RecordActivityTaskHeartbeatByIdResponse,
        RecordActivityTaskHeartbeatRequest, RecordActivityTaskHeartbeatResponse,
    },
};

use super::{CancelRequested, oversized, record, resolve};
use crate::Frontend;
use crate::parse::activity::{Activity, ById};
use crate::parse::payload;
use crate::status::Refusal;

/// An activity goes on.
pub async fn heartbeat(
    frontend: &Frontend,
    request: RecordActivityTaskHeartbeatRequest,
) -> Result<RecordActivityTaskHeartbeatResponse, Refusal> {
    let activity = frontend.activity(&request.namespace, &request.task_token)?;
    let CancelRequested(cancel_requested) = beat(frontend, activity, request.details, request.identity).await?;
    Ok(RecordActivityTaskHeartbeatResponse { cancel_requested, ..Default::default() })
}

/// As [`heartbeat`], by id.
pub async fn heartbeat_by_id(
    frontend: &Frontend,
    request: RecordActivityTaskHeartbeatByIdRequest,
) -> Result<RecordActivityTaskHeartbeatByIdResponse, Refusal> {
    let activity = frontend.activity_by_id(ById {
        namespace: request.namespace,
        workflow_id: request.workflow_id,
        run_id: request.run_id,
        activity_id: request.activity_id,
    })?;
    let CancelRequested(cancel_requested) = beat(frontend, activity, request.details, request.identity).await?;
    Ok(RecordActivityTaskHeartbeatByIdResponse { cancel_requested, ..Default::default() })
}

/// Details that do not fit end the activity, and the worker is told to stop.
async fn beat(
    frontend: &Frontend,
    activity: Activity,
    details: Option<Payloads>,
    identity: String,
) -> Result<CancelRequested, Refusal> {
    if payload::is_too_large(details.as_ref(), frontend.limits()) {
        resolve(frontend, activity, oversized("Heartbeat details exceed size limit."), identity).await?;
        return Ok(CancelRequested(true));
    }
    record(frontend, activity, details, identity).await
}
