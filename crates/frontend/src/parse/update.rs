//! An update: shared by the plain update and by update with start.

use abide_api::temporal::api::{
    enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage, workflowservice::v1::UpdateWorkflowExecutionRequest,
};
use abide_cluster::history::{RunReference, UpdateStage, UpdateWorkflow};
use abide_engine::namespace::Namespace;
use abide_model::limits;
use uuid::Uuid;

use super::{at_most, execution, link};
use crate::status::Refusal;

/// The update that a request asks for, and of which run.
pub fn parse(
    namespace: &Namespace,
    request: UpdateWorkflowExecutionRequest,
) -> Result<(RunReference, UpdateWorkflow), Refusal> {
    let stage = request.wait_policy.map(|policy| policy.lifecycle_stage());
    let run = execution::run_of_chain(namespace, request.workflow_execution, &request.first_execution_run_id)?;
    let mut update = request.request.unwrap_or_default();
    let Some(meta) = &mut update.meta else { return Err(Refusal::invalid("Update meta is not set on request.")) };
    at_most(&meta.update_id, limits::ID_BYTES_MAX, "UpdateId length exceeds limit.")?;
    if meta.update_id.is_empty() {
        meta.update_id = Uuid::new_v4().to_string();
    }
    let Some(input) = &update.input else { return Err(Refusal::invalid("Update input is not set on request.")) };
    if input.name.is_empty() {
        return Err(Refusal::invalid("Update name is not set on request."));
    }
    let stage = match stage.unwrap_or_default() {
        Stage::Unspecified | Stage::Completed => UpdateStage::Completed,
        Stage::Accepted => UpdateStage::Accepted,
        Stage::Admitted => return Err(Refusal::WaitForAdmission),
    };
    if !update.completion_callbacks.is_empty() {
        return Err(Refusal::NotSupported("completion callbacks of updates are not supported"));
    }
    link::check(&update.links)?;
    Ok((run, UpdateWorkflow { request: Box::new(update), stage, wait: limits::UPDATE_WAIT_MAX }))
}
