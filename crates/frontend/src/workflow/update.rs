//! UpdateWorkflowExecution and PollWorkflowExecutionUpdate. Both answer after a while even if the update has not come as
//! far as the caller wants; only a caller that gives up sooner learns nothing.

use abide_api::temporal::api::{
    enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage,
    workflowservice::v1::{
        PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse, UpdateWorkflowExecutionRequest,
        UpdateWorkflowExecutionResponse,
    },
};
use abide_cluster::history::{PollUpdate, UpdateStage};

use crate::Frontend;
use crate::convert::update::{polled, updated};
use crate::parse::execution::{self, Chain};
use crate::parse::update::{allowed, parse};
use crate::status::Refusal;

/// Asks a workflow something that it may turn down.
pub async fn update(
    frontend: &Frontend,
    request: UpdateWorkflowExecutionRequest,
) -> Result<UpdateWorkflowExecutionResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let (run, update) = parse(&namespace, &frontend.settings, request)?;
    let (workflow_id, chain, request) = (run.workflow.workflow_id.clone(), Chain::of(&run), update.request.clone());
    let answer = frontend.history.update(run, update).await.map_err(|error| execution::not_found(error, chain))?;
    Ok(updated(&namespace, workflow_id, &request, answer))
}

/// Asks how far an update is.
pub async fn poll(
    frontend: &Frontend,
    request: PollWorkflowExecutionUpdateRequest,
) -> Result<PollWorkflowExecutionUpdateResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let reference = request.update_ref.ok_or(Refusal::invalid("UpdateRef is not set on request."))?;
    allowed(&frontend.settings)?;
    let run = execution::run(&namespace, reference.workflow_execution)?;
    let stage = match request.wait_policy.map(|policy| policy.lifecycle_stage()).unwrap_or_default() {
        Stage::Unspecified | Stage::Admitted => UpdateStage::Admitted,
        Stage::Accepted => UpdateStage::Accepted,
        Stage::Completed => UpdateStage::Completed,
    };
    let workflow_id = run.workflow.workflow_id.clone();
    let poll = PollUpdate { update_id: reference.update_id.clone(), stage, wait: frontend.settings.waits.history };
    let answer = frontend.history.poll_update(run, poll).await?;
    Ok(polled(workflow_id, &reference.update_id, answer))
}
