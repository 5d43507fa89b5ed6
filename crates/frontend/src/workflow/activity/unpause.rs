//! UnpauseActivity and UnpauseActivityExecution.

use abide_api::temporal::api::workflowservice::v1::{
    UnpauseActivityExecutionRequest, UnpauseActivityExecutionResponse, UnpauseActivityRequest, UnpauseActivityResponse,
    unpause_activity_request::Activity,
};
use abide_engine::run::{Command, UnpauseActivities, WhichActivities};

use super::jitter;
use crate::Frontend;
use crate::status::Refusal;

/// Lets activities go again.
pub async fn unpause(frontend: &Frontend, request: UnpauseActivityRequest) -> Result<UnpauseActivityResponse, Refusal> {
    let which = request.activity.map(|activity| match activity {
        Activity::Id(id) => WhichActivities::Id(id),
        Activity::Type(name) => WhichActivities::Type(name),
        Activity::UnpauseAll(_) => WhichActivities::All,
    });
    let meant = frontend.meant(&request.namespace, request.execution, which)?;
    let command = Command::UnpauseActivities(UnpauseActivities {
        which: meant.which,
        resets_attempts: request.reset_attempts,
        forgets_heartbeat: request.reset_heartbeat,
        jitter: jitter(request.jitter.as_ref()),
    });
    frontend.operate(meant.run, command).await?;
    Ok(UnpauseActivityResponse {})
}

/// Lets an activity go again.
pub async fn unpause_one(
    frontend: &Frontend,
    request: UnpauseActivityExecutionRequest,
) -> Result<UnpauseActivityExecutionResponse, Refusal> {
    let meant = frontend.meant_one(&request.namespace, request.workflow_id, request.run_id, request.activity_id)?;
    let command = Command::UnpauseActivities(UnpauseActivities {
        which: meant.which,
        resets_attempts: false,
        forgets_heartbeat: false,
        jitter: jitter(request.jitter.as_ref()),
    });
    frontend.operate(meant.run, command).await?;
    Ok(UnpauseActivityExecutionResponse {})
}
