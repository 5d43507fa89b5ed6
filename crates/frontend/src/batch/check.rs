//! What a batch must say, in the reference server's words.

use abide_api::temporal::api::{
    batch::v1::{
        BatchOperationReset, BatchOperationUpdateActivityOptions, batch_operation_reset_activities as reset_activities,
        batch_operation_unpause_activities as unpause_activities,
        batch_operation_update_activity_options as activity_options,
    },
    enums::v1::{ExecutionType, ResetType},
    workflowservice::v1::{StartBatchOperationRequest, start_batch_operation_request::Operation},
};

use crate::Frontend;
use crate::status::Refusal;

const NEITHER: &str = "Either activity type must be set, or match all should be set to true";

/// Refuses a batch that cannot be; gives back who asks for it.
#[expect(deprecated, reason = "clients still send lists of executions in the old field")]
pub fn check(frontend: &Frontend, request: &StartBatchOperationRequest) -> Result<String, Refusal> {
    let by_query = !request.visibility_query.is_empty();
    let (by_list, by_targets) = (!request.executions.is_empty(), !request.target_executions.is_empty());
    let selectors = [by_query, by_list, by_targets].into_iter().filter(|is_there| *is_there).count();
    let operation = request.operation.as_ref().filter(|_| !request.reason.is_empty() && selectors > 0);
    let Some(operation) = operation else {
        return Err(Refusal::invalid(
            "must provide required parameters: BatchType,Reason,Namespace, AND one of (Query OR Executions OR \
             TargetExecutions)",
        ));
    };
    super::job_id(&request.job_id)?;
    if selectors > 1 {
        return Err(Refusal::invalid("visibility query, executions, and target executions are mutually exclusive"));
    }
    let workflow = ExecutionType::Workflow;
    if let Some(at) = request.target_executions.iter().position(|target| target.r#type() != workflow) {
        let (kind, name) = (request.target_executions[at].r#type(), go_name(operation));
        let kind = crate::batch::query::camel(kind.as_str_name().trim_start_matches("EXECUTION_TYPE_"));
        let text = format!("target_executions[{at}] has type {kind}, but operation {name} requires Workflow");
        return Err(Refusal::Invalid(text.into()));
    }
    let (count, max) = (request.executions.len() + request.target_executions.len(), frontend.settings.batches);
    if count > max.executions_max {
        let text = format!("batch of {count} executions exceeds limit of {}", max.executions_max);
        return Err(Refusal::Invalid(text.into()));
    }
    check_operation(operation)
}

fn check_operation(operation: &Operation) -> Result<String, Refusal> {
    match operation {
        Operation::TerminationOperation(terminate) => Ok(terminate.identity.clone()),
        Operation::CancellationOperation(cancel) => Ok(cancel.identity.clone()),
        Operation::DeletionOperation(delete) => Ok(delete.identity.clone()),
        Operation::SignalOperation(signal) if signal.signal.is_empty() => {
            Err(Refusal::invalid("must provide signal name"))
        }
        Operation::SignalOperation(signal) => Ok(signal.identity.clone()),
        Operation::ResetOperation(reset) => check_reset(reset),
        Operation::UpdateWorkflowOptionsOperation(update) if update.workflow_execution_options.is_none() => {
            Err(Refusal::invalid("must provide UpdateOptions"))
        }
        Operation::UpdateWorkflowOptionsOperation(update) if update.update_mask.is_none() => {
            Err(Refusal::invalid("must provide UpdateMask"))
        }
        Operation::UpdateWorkflowOptionsOperation(update) => Ok(update.identity.clone()),
        Operation::UnpauseActivitiesOperation(unpause) => match &unpause.activity {
            None => Err(Refusal::invalid("activity filter must be set")),
            Some(unpause_activities::Activity::Type(kind)) => which(!kind.is_empty(), &unpause.identity),
            Some(unpause_activities::Activity::MatchAll(all)) => which(*all, &unpause.identity),
        },
        Operation::ResetActivitiesOperation(reset) => match &reset.activity {
            None => Err(Refusal::invalid("must provide ActivityType or MatchAll")),
            Some(reset_activities::Activity::Type(kind)) => which(!kind.is_empty(), &reset.identity),
            Some(reset_activities::Activity::MatchAll(all)) => which(*all, &reset.identity),
        },
        Operation::UpdateActivityOptionsOperation(update) => check_activity_options(update),
        Operation::CancelActivitiesOperation(_)
        | Operation::TerminateActivitiesOperation(_)
        | Operation::DeleteActivitiesOperation(_) => {
            let text = format!("The operation type {} is not supported for this namespace", go_name(operation));
            Err(Refusal::Invalid(text.into()))
        }
    }
}

#[expect(deprecated, reason = "clients still send the old fields")]
fn check_reset(reset: &BatchOperationReset) -> Result<String, Refusal> {
    match &reset.options {
        Some(options) if options.target.is_none() => return Err(Refusal::invalid("batch reset missing target")),
        Some(_) => {}
        None => {
            if matches!(ResetType::try_from(reset.reset_type), Err(_) | Ok(ResetType::Unspecified)) {
                let shown = if reset.reset_type == 0 { "Unspecified".to_owned() } else { reset.reset_type.to_string() };
                return Err(Refusal::Invalid(format!("unknown batch reset type {shown}").into()));
            }
        }
    }
    Ok(reset.identity.clone())
}

fn check_activity_options(update: &BatchOperationUpdateActivityOptions) -> Result<String, Refusal> {
    match (update.activity_options.is_some(), update.restore_original) {
        (true, true) => return Err(Refusal::invalid("cannot set both activity options and restore original")),
        (false, false) => {
            return Err(Refusal::invalid(
                "Either activity type must be set, or restore original should be set to true",
            ));
        }
        (true, false) | (false, true) => {}
    }
    match &update.activity {
        // The reference finds out for each run that nothing is named; here the batch is refused.
        None => Err(Refusal::invalid(NEITHER)),
        Some(activity_options::Activity::Type(kind)) => which(!kind.is_empty(), &update.identity),
        Some(activity_options::Activity::MatchAll(all)) => which(*all, &update.identity),
    }
}

fn which(is_named: bool, identity: &str) -> Result<String, Refusal> {
    if is_named { Ok(identity.to_owned()) } else { Err(Refusal::invalid(NEITHER)) }
}

/// The operation as the reference server's language names it.
fn go_name(operation: &Operation) -> String {
    let name = match operation {
        Operation::TerminationOperation(_) => "TerminationOperation",
        Operation::SignalOperation(_) => "SignalOperation",
        Operation::CancellationOperation(_) => "CancellationOperation",
        Operation::DeletionOperation(_) => "DeletionOperation",
        Operation::ResetOperation(_) => "ResetOperation",
        Operation::UpdateWorkflowOptionsOperation(_) => "UpdateWorkflowOptionsOperation",
        Operation::UnpauseActivitiesOperation(_) => "UnpauseActivitiesOperation",
        Operation::ResetActivitiesOperation(_) => "ResetActivitiesOperation",
        Operation::UpdateActivityOptionsOperation(_) => "UpdateActivityOptionsOperation",
        Operation::CancelActivitiesOperation(_) => "CancelActivitiesOperation",
        Operation::TerminateActivitiesOperation(_) => "TerminateActivitiesOperation",
        Operation::DeleteActivitiesOperation(_) => "DeleteActivitiesOperation",
    };
    format!("*workflowservice.StartBatchOperationRequest_{name}")
}
