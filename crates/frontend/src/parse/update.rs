//! An update: shared by the plain update and by update with start.

use abide_api::temporal::api::{
    enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage, workflowservice::v1::UpdateWorkflowExecutionRequest,
};
use abide_cluster::history::{RunReference, UpdateStage, UpdateWorkflow};
use abide_engine::namespace::Namespace;
use abide_model::fresh;
use abide_model::settings::Settings;

use super::{at_most, execution, link};
use crate::status::Refusal;

const ASYNC_NOT_ALLOWED: &str =
    "UpdateWorkflowExecution issued asynchronously and waiting on update accepted is disabled on this namespace.";

/// Refuses every call about updates where there are none.
pub fn allowed(settings: &Settings) -> Result<(), Refusal> {
    match settings.features.updates {
        true => Ok(()),
        false => Err(Refusal::NotAllowed("UpdateWorkflowExecution operation is disabled on this namespace.")),
    }
}

/// The update that a request asks for, and of which run.
pub fn parse(
    namespace: &Namespace,
    settings: &Settings,
    request: UpdateWorkflowExecutionRequest,
) -> Result<(RunReference, UpdateWorkflow), Refusal> {
    let stage = request.wait_policy.map(|policy| policy.lifecycle_stage());
    let run = execution::run_of_chain(namespace, request.workflow_execution, &request.first_execution_run_id)?;
    let mut update = request.request.unwrap_or_default();
    let Some(meta) = &mut update.meta else { return Err(Refusal::invalid("Update meta is not set on request.")) };
    at_most(&meta.update_id, settings.limits.id_bytes_max, "UpdateId length exceeds limit.")?;
    if meta.update_id.is_empty() {
        meta.update_id = fresh::uuid().to_string();
    }
    let Some(input) = &update.input else { return Err(Refusal::invalid("Update input is not set on request.")) };
    if input.name.is_empty() {
        return Err(Refusal::invalid("Update name is not set on request."));
    }
    allowed(settings)?;
    let stage = match stage.unwrap_or_default() {
        Stage::Unspecified | Stage::Completed => UpdateStage::Completed,
        Stage::Accepted if settings.features.updates_async_accepted => UpdateStage::Accepted,
        Stage::Accepted => return Err(Refusal::NotAllowed(ASYNC_NOT_ALLOWED)),
        Stage::Admitted => {
            let text = "UpdateWorkflowExecution issued asynchronously and waiting on update admitted is not supported.";
            return Err(Refusal::NotAllowed(text));
        }
    };
    if !update.completion_callbacks.is_empty() {
        return Err(Refusal::NotSupported("completion callbacks of updates are not supported"));
    }
    link::check(&update.links)?;
    Ok((run, UpdateWorkflow { request: Box::new(update), stage, wait: settings.waits.history }))
}
