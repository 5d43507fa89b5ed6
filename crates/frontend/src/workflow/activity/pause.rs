//! PauseActivity and PauseActivityExecution.

use abide_api::temporal::api::workflowservice::v1::{
    PauseActivityExecutionRequest, PauseActivityExecutionResponse, PauseActivityRequest, PauseActivityResponse,
    pause_activity_request::Activity,
};
use abide_engine::run::{Command, PauseActivities, PauseReason, WhichActivities};

use super::Meant;
use crate::Frontend;
use crate::status::Refusal;

/// Holds activities back.
pub async fn pause(frontend: &Frontend, request: PauseActivityRequest) -> Result<PauseActivityResponse, Refusal> {
    let which = request.activity.map(|activity| match activity {
        Activity::Id(id) => WhichActivities::Id(id),
        Activity::Type(name) => WhichActivities::Type(name),
    });
    let meant = frontend.meant(&request.namespace, request.execution, which)?;
    let reason = PauseReason { identity: request.identity, reason: request.reason, request_id: request.request_id };
    hold(frontend, meant, reason).await?;
    Ok(PauseActivityResponse {})
}

/// Holds an activity back.
pub async fn pause_one(
    frontend: &Frontend,
    request: PauseActivityExecutionRequest,
) -> Result<PauseActivityExecutionResponse, Refusal> {
    let meant = frontend.meant_one(&request.namespace, request.workflow_id, request.run_id, request.activity_id)?;
    let reason = PauseReason { identity: request.identity, reason: request.reason, request_id: request.request_id };
    hold(frontend, meant, reason).await?;
    Ok(PauseActivityExecutionResponse {})
}

async fn hold(frontend: &Frontend, meant: Meant, reason: PauseReason) -> Result<(), Refusal> {
    let command = Command::PauseActivities(PauseActivities { which: meant.which, reason });
    frontend.operate(meant.run, command).await?;
    Ok(())
}
