//! ResetWorkflowExecution.

use abide_api::temporal::api::{
    enums::v1::{ResetReapplyExcludeType, ResetReapplyType},
    workflow::v1::{PostResetOperation, post_reset_operation::Variant},
    workflowservice::v1::{ResetWorkflowExecutionRequest, ResetWorkflowExecutionResponse},
};
use abide_cluster::history::ResetRequest;
use abide_engine::run::{Reapply, UpdateOptions};

use crate::Frontend;
use crate::parse::{execution, options, request_id};
use crate::status::Refusal;

/// Makes a new run out of the history of one.
pub async fn reset(
    frontend: &Frontend,
    request: ResetWorkflowExecutionRequest,
) -> Result<ResetWorkflowExecutionResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    if request.request_id.is_empty() {
        return Err(Refusal::invalid("RequestId is not set on request."));
    }
    request_id(&request.request_id, frontend.limits())?;
    let reapply = reapply(&request);
    let run = execution::run(&namespace, request.workflow_execution)?;
    let options = request.post_reset_operations.into_iter().map(operation).collect::<Result<_, _>>()?;
    let reset = ResetRequest {
        new_run_id: frontend.new_run_id(),
        finish_event_id: request.workflow_task_finish_event_id,
        reason: request.reason,
        request_id: request.request_id,
        reapply,
        options,
    };
    let run_id = frontend.history.reset(run, reset).await?;
    Ok(ResetWorkflowExecutionResponse { run_id: run_id.to_string() })
}

/// What the deprecated choice leaves in, less what the request takes out.
fn reapply(request: &ResetWorkflowExecutionRequest) -> Reapply {
    let (signals, updates) = match request.reset_reapply_type() {
        ResetReapplyType::Unspecified | ResetReapplyType::AllEligible => (true, true),
        ResetReapplyType::Signal => (true, false),
        ResetReapplyType::None => (false, false),
    };
    let excluded = |kind: ResetReapplyExcludeType| request.reset_reapply_exclude_types.contains(&(kind as i32));
    Reapply {
        signals: signals && !excluded(ResetReapplyExcludeType::Signal),
        updates: updates && !excluded(ResetReapplyExcludeType::Update),
    }
}

/// What is to be done to the new run as it begins.
fn operation(operation: PostResetOperation) -> Result<UpdateOptions, Refusal> {
    match operation.variant {
        Some(Variant::UpdateWorkflowOptions(update)) => {
            let (options, mask) = (update.workflow_execution_options, update.update_mask);
            // Nobody is named in its event (observed).
            options::parse(options, mask, String::new(), "error applying update_options")
        }
        Some(Variant::SignalWorkflow(_)) => {
            Err(Refusal::invalid("unsupported post reset operation: *workflow.PostResetOperation_SignalWorkflow_"))
        }
        None => Err(Refusal::invalid("unsupported post reset operation: <nil>")),
    }
}
