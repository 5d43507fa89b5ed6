//! ResetActivity and ResetActivityExecution.

use abide_api::temporal::api::workflowservice::v1::{
    ResetActivityExecutionRequest, ResetActivityExecutionResponse, ResetActivityRequest, ResetActivityResponse,
    reset_activity_request::Activity,
};
use abide_engine::run::{Command, ResetActivities, WhichActivities};

use super::jitter;
use crate::Frontend;
use crate::status::Refusal;

/// Begins activities again at their first attempt.
pub async fn reset(frontend: &Frontend, request: ResetActivityRequest) -> Result<ResetActivityResponse, Refusal> {
    let which = request.activity.map(|activity| match activity {
        Activity::Id(id) => WhichActivities::Id(id),
        Activity::Type(name) => WhichActivities::Type(name),
        Activity::MatchAll(_) => WhichActivities::All,
    });
    let meant = frontend.meant(&request.namespace, request.execution, which)?;
    let command = Command::ResetActivities(ResetActivities {
        which: meant.which,
        forgets_heartbeat: request.reset_heartbeat,
        keeps_paused: request.keep_paused,
        restores_options: request.restore_original_options,
        jitter: jitter(request.jitter.as_ref()),
    });
    frontend.operate(meant.run, command).await?;
    Ok(ResetActivityResponse {})
}

/// Begins an activity again at its first attempt.
pub async fn reset_one(
    frontend: &Frontend,
    request: ResetActivityExecutionRequest,
) -> Result<ResetActivityExecutionResponse, Refusal> {
    let meant = frontend.meant_one(&request.namespace, request.workflow_id, request.run_id, request.activity_id)?;
    let command = Command::ResetActivities(ResetActivities {
        which: meant.which,
        forgets_heartbeat: request.reset_heartbeat,
        keeps_paused: request.keep_paused,
        restores_options: request.restore_original_options,
        jitter: jitter(request.jitter.as_ref()),
    });
    frontend.operate(meant.run, command).await?;
    Ok(ResetActivityExecutionResponse {})
}
