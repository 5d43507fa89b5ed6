//! The calls about updates as their callers make them: how long they wait, where they go when the run is continued by
//! another, and the start of a workflow that an update may bring along.

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus;
use abide_cluster::Error;
use abide_cluster::error::UpdateError;
use abide_cluster::history::{
    PollUpdate, RunReference, StartRequest, Started, UpdateAnswer, UpdateStage, UpdateWorkflow, UpdatedWithStart,
    WithStartError,
};
use abide_engine::run::{UpdateStatus, update_id};
use tokio::time::{Instant, timeout, timeout_at};

use crate::shard::{Address, Ask, Handle};
use crate::update::{Caller, Told, stage_of};

/// Admits an update and waits for it. Without a run id it follows the chain of runs.
pub(crate) async fn update(shard: &Handle, run: RunReference, update: UpdateWorkflow) -> Result<UpdateAnswer, Error> {
    let until = Instant::now() + update.wait;
    loop {
        let (request, stage) = (update.request.clone(), update.stage);
        let asked = shard.ask(Address::Reference(run.clone()), |answer| Ask::Update(request, Caller { stage, answer }));
        return match timeout_at(until, asked).await {
            // The next run is in place by now.
            Ok(Err(Error::Update(UpdateError::RunContinued))) if run.run_id.is_none() => continue,
            Ok(told) => told.map(answer),
            Err(_) => now(shard, run, update_id(&update.request).to_owned()).await.map(answer),
        };
    }
}

/// Waits for an update that was admitted before.
pub(crate) async fn poll(shard: &Handle, run: RunReference, poll: PollUpdate) -> Result<UpdateAnswer, Error> {
    let PollUpdate { update_id, stage, wait } = poll;
    let asked = shard
        .ask(Address::Reference(run.clone()), |answer| Ask::PollUpdate(update_id.clone(), Caller { stage, answer }));
    match timeout(wait, asked).await {
        Ok(told) => told.map(answer),
        Err(_) => now(shard, run, update_id).await.map(answer),
    }
}

/// How far an update is now.
async fn now(shard: &Handle, run: RunReference, update_id: String) -> Result<Told, Error> {
    let stage = UpdateStage::Admitted;
    shard.ask(Address::Reference(run), |answer| Ask::PollUpdate(update_id, Caller { stage, answer })).await
}

/// Starts a workflow unless it runs already, and updates it. When the run that stood for the start closes under the
/// update, everything is tried once more.
pub(crate) async fn update_with_start(
    shard: &Handle,
    start: StartRequest,
    update: UpdateWorkflow,
) -> Result<UpdatedWithStart, WithStartError> {
    match try_update_with_start(shard, start.clone(), update.clone()).await {
        Err(WithStartError::Update { error, started: false }) if closed_under(&error) => {}
        outcome => return outcome,
    }
    match try_update_with_start(shard, start, update).await {
        Err(WithStartError::Update { error, started: false }) if closed_under(&error) => {
            Err(WithStartError::Update { error: Error::Update(UpdateError::RunClosedAgain), started: false })
        }
        outcome => outcome,
    }
}

fn closed_under(error: &Error) -> bool {
    *error == Error::Update(UpdateError::RunClosed)
}

async fn try_update_with_start(
    shard: &Handle,
    mut start: StartRequest,
    update: UpdateWorkflow,
) -> Result<UpdatedWithStart, WithStartError> {
    let workflow = start.start.key.workflow.clone();
    let newest = RunReference { workflow: workflow.clone(), run_id: None, first_run_id: None };
    let id = update_id(&update.request).to_owned();
    match now(shard, newest.clone(), id.clone()).await {
        Ok(told @ Told { status: UpdateStatus::Completed { .. }, .. }) => {
            return Ok(UpdatedWithStart { started: found(&told), update: answer(told) });
        }
        Ok(told) if told.run_status == WorkflowExecutionStatus::Running => {
            return only_update(shard, newest, found(&told), update).await;
        }
        Ok(_) | Err(Error::RunNotFound { .. } | Error::Update(UpdateError::NotFound(_))) => {}
        Err(error) => return Err(WithStartError::Start(error)),
    }
    let (new_run_id, stage, wait) = (start.start.key.run_id, update.stage, update.wait);
    start.start.update = Some(update.request.clone());
    let wanted = |answer| Ask::PollUpdate(id, Caller { stage, answer });
    let (started, told) = shard
        .start_then_ask(Box::new(start), Address::Reference(newest.clone()), wanted)
        .await
        .map_err(WithStartError::Start)?;
    if started.run_id == new_run_id {
        return with_new_run(shard, newest, started, timeout(wait, told).await.ok(), &update).await;
    }
    if started.status != WorkflowExecutionStatus::Running {
        let text = "Workflow was not started: the same start was asked before";
        return Err(WithStartError::Start(Error::Unavailable(text.into())));
    }
    only_update(shard, newest, Started { started: false, ..started }, update).await
}

/// The workflow was started with the update.
async fn with_new_run(
    shard: &Handle,
    newest: RunReference,
    started: Started,
    told: Option<Result<Told, Error>>,
    update: &UpdateWorkflow,
) -> Result<UpdatedWithStart, WithStartError> {
    let told = match told {
        Some(told) => told,
        None => {
            let run = RunReference { run_id: Some(started.run_id), ..newest };
            now(shard, run, update_id(&update.request).to_owned()).await
        }
    };
    match told {
        Ok(told) => Ok(UpdatedWithStart { started, update: answer(told) }),
        Err(error) => Err(WithStartError::Update { error, started: true }),
    }
}

/// A run stands for the start: it gets the update.
async fn only_update(
    shard: &Handle,
    newest: RunReference,
    started: Started,
    request: UpdateWorkflow,
) -> Result<UpdatedWithStart, WithStartError> {
    let run = RunReference { run_id: Some(started.run_id), ..newest };
    match update(shard, run, request).await {
        Ok(update) => Ok(UpdatedWithStart { started, update }),
        Err(error) => Err(WithStartError::Update { error, started: false }),
    }
}

/// The run that stands for a start, because it has the update.
fn found(told: &Told) -> Started {
    let Told { run_id, first_run_id, run_status, .. } = told;
    Started {
        run_id: *run_id,
        first_run_id: *first_run_id,
        started: false,
        attached: false,
        status: *run_status,
        first_task: None,
    }
}

fn answer(told: Told) -> UpdateAnswer {
    UpdateAnswer { run_id: told.run_id, stage: stage_of(told.status), outcome: told.outcome }
}
