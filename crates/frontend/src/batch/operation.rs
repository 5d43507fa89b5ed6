//! What a batch does to one run. Doing it again, after a crash or a lost answer, has no second effect where a request id
//! can see to it.

use abide_api::temporal::api::{
    batch::v1::{
        BatchOperationReset, BatchOperationResetActivities, BatchOperationUnpauseActivities,
        BatchOperationUpdateActivityOptions, BatchOperationUpdateWorkflowExecutionOptions,
        batch_operation_reset_activities as reset_activities, batch_operation_unpause_activities as unpause_activities,
        batch_operation_update_activity_options as activity_options,
    },
    common::v1::{WorkflowExecution, reset_options::Target},
    enums::v1::{EventType, ResetType},
    workflowservice::v1::{
        DeleteWorkflowExecutionRequest, RequestCancelWorkflowExecutionRequest, ResetActivityRequest,
        ResetWorkflowExecutionRequest, SignalWorkflowExecutionRequest, StartBatchOperationRequest,
        TerminateWorkflowExecutionRequest, UnpauseActivityRequest, UpdateActivityOptionsRequest,
        UpdateWorkflowExecutionOptionsRequest, reset_activity_request, start_batch_operation_request::Operation,
        unpause_activity_request, update_activity_options_request,
    },
};
use abide_cluster::history::{ReadHistory, RunReference};
use abide_model::limits;

use crate::Frontend;
use crate::parse::execution as parse;
use crate::status::Refusal;
use crate::workflow::{activity, cancel, delete, reset, signal, terminate, update_options};

/// How much of a job id is in the ids of its requests; the rest of the room is the run's.
const JOB_ID_BYTES: usize = 200;

/// Does to one run what the batch asks for.
pub async fn perform(
    frontend: &Frontend,
    batch: &StartBatchOperationRequest,
    execution: WorkflowExecution,
) -> Result<(), Refusal> {
    let (namespace, request_id) = (batch.namespace.clone(), request_id(batch, &execution));
    let workflow_execution = Some(execution.clone());
    match batch.operation.clone() {
        Some(Operation::TerminationOperation(asked)) => {
            let request = TerminateWorkflowExecutionRequest {
                namespace,
                workflow_execution,
                reason: batch.reason.clone(),
                details: asked.details,
                identity: asked.identity,
                ..TerminateWorkflowExecutionRequest::default()
            };
            terminate::terminate(frontend, request).await.map(drop)
        }
        Some(Operation::CancellationOperation(asked)) => {
            let request = RequestCancelWorkflowExecutionRequest {
                namespace,
                workflow_execution,
                identity: asked.identity,
                request_id,
                ..RequestCancelWorkflowExecutionRequest::default()
            };
            cancel::cancel(frontend, request).await.map(drop)
        }
        Some(Operation::SignalOperation(asked)) => {
            let request = SignalWorkflowExecutionRequest {
                namespace,
                workflow_execution,
                signal_name: asked.signal,
                input: asked.input,
                header: asked.header,
                identity: asked.identity,
                request_id,
                ..SignalWorkflowExecutionRequest::default()
            };
            signal::signal(frontend, request).await.map(drop)
        }
        Some(Operation::DeletionOperation(_)) => {
            let request = DeleteWorkflowExecutionRequest { namespace, workflow_execution };
            delete::delete(frontend, request).await.map(drop)
        }
        Some(Operation::ResetOperation(asked)) => reset_run(frontend, batch, execution, asked).await,
        Some(Operation::UpdateWorkflowOptionsOperation(asked)) => {
            update_options::update(frontend, update_workflow(namespace, execution, asked)).await.map(drop)
        }
        Some(Operation::UnpauseActivitiesOperation(asked)) => {
            activity::unpause::unpause(frontend, unpause(namespace, execution, asked)).await.map(drop)
        }
        Some(Operation::ResetActivitiesOperation(asked)) => {
            activity::reset::reset(frontend, reset_activity(namespace, execution, asked)).await.map(drop)
        }
        Some(Operation::UpdateActivityOptionsOperation(asked)) => {
            activity::update_options::update(frontend, update_activity(namespace, execution, asked)).await.map(drop)
        }
        Some(
            Operation::CancelActivitiesOperation(_)
            | Operation::TerminateActivitiesOperation(_)
            | Operation::DeleteActivitiesOperation(_),
        )
        | None => Err(Refusal::NotSupported("activities outside of workflows are not supported yet")),
    }
}

fn request_id(batch: &StartBatchOperationRequest, execution: &WorkflowExecution) -> String {
    let job = &batch.job_id[..batch.job_id.floor_char_boundary(JOB_ID_BYTES)];
    let WorkflowExecution { workflow_id, run_id } = execution;
    // Of a run that is not named, its workflow id says as much; as far as there is room.
    let of = if run_id.is_empty() { &workflow_id[..workflow_id.floor_char_boundary(JOB_ID_BYTES)] } else { run_id };
    format!("batch:{job}:{of}")
}

#[expect(deprecated, reason = "clients still send the old fields")]
async fn reset_run(
    frontend: &Frontend,
    batch: &StartBatchOperationRequest,
    execution: WorkflowExecution,
    asked: BatchOperationReset,
) -> Result<(), Refusal> {
    let (mut base, options) = (execution.clone(), asked.options.clone().unwrap_or_default());
    let target = options.target.clone().or(match ResetType::try_from(asked.reset_type) {
        Ok(ResetType::FirstWorkflowTask) => Some(Target::FirstWorkflowTask(())),
        Ok(ResetType::LastWorkflowTask) => Some(Target::LastWorkflowTask(())),
        Ok(ResetType::Unspecified) | Err(_) => None,
    });
    let finish_event_id = match target {
        Some(Target::WorkflowTaskId(event_id)) => event_id,
        Some(Target::BuildId(build_id)) => {
            let (run_id, event_id) = point(frontend, batch, &execution, &build_id, options.current_run_only).await?;
            base.run_id = run_id;
            event_id
        }
        Some(Target::FirstWorkflowTask(())) => workflow_task(frontend, batch, &execution, Which::First).await?,
        Some(Target::LastWorkflowTask(())) => workflow_task(frontend, batch, &execution, Which::Last).await?,
        None => return Err(Refusal::invalid("batch reset missing target")),
    };
    let reapply = if asked.options.is_some() { options.reset_reapply_type } else { asked.reset_reapply_type };
    let request = ResetWorkflowExecutionRequest {
        namespace: batch.namespace.clone(),
        workflow_execution: Some(base),
        reason: batch.reason.clone(),
        workflow_task_finish_event_id: finish_event_id,
        request_id: request_id(batch, &execution),
        reset_reapply_type: reapply,
        reset_reapply_exclude_types: options.reset_reapply_exclude_types,
        post_reset_operations: asked.post_reset_operations,
        identity: asked.identity,
    };
    reset::reset(frontend, request).await.map(drop)
}

/// Where a build of the worker first completed a workflow task.
async fn point(
    frontend: &Frontend,
    batch: &StartBatchOperationRequest,
    execution: &WorkflowExecution,
    build_id: &str,
    current_run_only: bool,
) -> Result<(String, i64), Refusal> {
    let run = parse::run(&*frontend.namespace(&batch.namespace)?, Some(execution.clone()))?;
    let info = frontend.history.describe(run).await?.workflow_execution_info.unwrap_or_default();
    let points = info.auto_reset_points.unwrap_or_default().points;
    let Some(point) = points.into_iter().find(|point| point.build_id == build_id) else {
        return Err(Refusal::Invalid(format!("Can't find reset point for {build_id}").into()));
    };
    if !point.resettable {
        return Err(Refusal::Invalid(format!("Reset point for {build_id} is not resettable").into()));
    }
    if current_run_only && point.run_id != execution.run_id {
        let text = format!("Reset point for {build_id} points to previous run and CurrentRunOnly is set");
        return Err(Refusal::Invalid(text.into()));
    }
    Ok((point.run_id, point.first_workflow_task_completed_id))
}

#[derive(Clone, Copy)]
enum Which {
    First,
    Last,
}

/// The event that completed a workflow task; of a run that never completed one, the event behind a schedule.
async fn workflow_task(
    frontend: &Frontend,
    batch: &StartBatchOperationRequest,
    execution: &WorkflowExecution,
    which: Which,
) -> Result<i64, Refusal> {
    let mut run = parse::run(&*frontend.namespace(&batch.namespace)?, Some(execution.clone()))?;
    let (mut completed, mut scheduled) = (None, None);
    let mut next = Some(1);
    while let Some(first_event_id) = next {
        let page = frontend.history.read(run.clone(), whole(first_event_id)).await?;
        run = RunReference { run_id: Some(page.run_id), ..run };
        let events = page.history.into_events();
        for event in events.map_err(|error| Refusal::bug(&error.to_string()))? {
            match event.event_type() {
                EventType::WorkflowTaskCompleted => completed = Some(event.event_id),
                EventType::WorkflowTaskScheduled => scheduled = scheduled.or(Some(event.event_id)),
                _ => {}
            }
            if let (Which::First, Some(completed)) = (which, completed) {
                return Ok(completed);
            }
        }
        next = page.next_event_id;
    }
    let event_id = completed.or(scheduled.map(|scheduled| scheduled + 1));
    event_id.ok_or_else(|| Refusal::invalid("unable to find any scheduled or completed task"))
}

fn whole(first_event_id: i64) -> ReadHistory {
    let limit = limits::HISTORY_PAGE_EVENTS_MAX;
    ReadHistory { first_event_id, last_event_id: None, limit, wait: None, only_close: false, unwritten_task: false }
}

fn update_workflow(
    namespace: String,
    execution: WorkflowExecution,
    asked: BatchOperationUpdateWorkflowExecutionOptions,
) -> UpdateWorkflowExecutionOptionsRequest {
    UpdateWorkflowExecutionOptionsRequest {
        namespace,
        workflow_execution: Some(execution),
        workflow_execution_options: asked.workflow_execution_options,
        update_mask: asked.update_mask,
        identity: asked.identity,
    }
}

fn unpause(
    namespace: String,
    execution: WorkflowExecution,
    asked: BatchOperationUnpauseActivities,
) -> UnpauseActivityRequest {
    let activity = asked.activity.map(|activity| match activity {
        unpause_activities::Activity::Type(kind) => unpause_activity_request::Activity::Type(kind),
        unpause_activities::Activity::MatchAll(all) => unpause_activity_request::Activity::UnpauseAll(all),
    });
    UnpauseActivityRequest {
        namespace,
        execution: Some(execution),
        identity: asked.identity,
        reset_attempts: asked.reset_attempts,
        reset_heartbeat: asked.reset_heartbeat,
        jitter: asked.jitter,
        activity,
    }
}

fn reset_activity(
    namespace: String,
    execution: WorkflowExecution,
    asked: BatchOperationResetActivities,
) -> ResetActivityRequest {
    let activity = asked.activity.map(|activity| match activity {
        reset_activities::Activity::Type(kind) => reset_activity_request::Activity::Type(kind),
        reset_activities::Activity::MatchAll(all) => reset_activity_request::Activity::MatchAll(all),
    });
    ResetActivityRequest {
        namespace,
        execution: Some(execution),
        identity: asked.identity,
        reset_heartbeat: asked.reset_heartbeat,
        keep_paused: asked.keep_paused,
        jitter: asked.jitter,
        restore_original_options: asked.restore_original_options,
        activity,
    }
}

fn update_activity(
    namespace: String,
    execution: WorkflowExecution,
    asked: BatchOperationUpdateActivityOptions,
) -> UpdateActivityOptionsRequest {
    let activity = asked.activity.map(|activity| match activity {
        activity_options::Activity::Type(kind) => update_activity_options_request::Activity::Type(kind),
        activity_options::Activity::MatchAll(all) => update_activity_options_request::Activity::MatchAll(all),
    });
    UpdateActivityOptionsRequest {
        namespace,
        execution: Some(execution),
        identity: asked.identity,
        activity_options: asked.activity_options,
        update_mask: asked.update_mask,
        restore_original: asked.restore_original,
        activity,
    }
}
