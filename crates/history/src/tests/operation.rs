//! What operators hold back stays held back, and what a worker takes at once costs one commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use abide_api::temporal::api::command::v1::{Command as WorkerCommand, command::Attributes};
use abide_api::temporal::api::enums::v1::{EventType, WorkflowExecutionStatus};
use abide_cluster::History;
use abide_cluster::history::is_stale;
use abide_engine::run::{Command, Jitter, PauseActivities, PauseReason, UnpauseActivities, WhichActivities};
use abide_model::RunKey;
use abide_store::{MemoryStore, Space};

use super::world::*;

async fn operate(world: &World, run: &RunKey, command: Command) {
    soon(world.history.execute(reference(run), command)).await.unwrap();
}

fn why(request_id: &str) -> PauseReason {
    PauseReason { identity: "me".into(), reason: "a bug".into(), request_id: request_id.into() }
}

fn pause_activity(activity_id: &str) -> Command {
    Command::PauseActivities(PauseActivities { which: WhichActivities::Id(activity_id.into()), reason: why("once") })
}

fn unpause_activity(activity_id: &str) -> Command {
    Command::UnpauseActivities(UnpauseActivities {
        which: WhichActivities::Id(activity_id.into()),
        resets_attempts: false,
        forgets_heartbeat: false,
        jitter: Jitter::default(),
    })
}

/// Another server on the same store, after this one went away without a word.
async fn after_a_crash(world: World) -> World {
    let (store, clock) = (world.store.clone(), world.clock.clone());
    drop(world);
    World::with(store, clock, abide_model::limits::CACHE_BYTES_DEFAULT).await
}

async fn status(world: &World, run: &RunKey) -> WorkflowExecutionStatus {
    let described = soon(world.history.describe(reference(run))).await.unwrap();
    described.workflow_execution_info.unwrap().status()
}

async fn nothing_is_offered(world: &World, run: &RunKey, offers: usize) {
    // The shard has seen what came before when it answers this.
    let _ = status(world, run).await;
    assert!(world.rows(Space::Dispatch).await.is_empty());
    assert_eq!(world.matching.offers_made.load(Ordering::SeqCst), offers);
}

#[tokio::test]
async fn a_pause_survives_a_crash_and_its_end_brings_what_came_meanwhile() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, Vec::new()).await;
    operate(&world, &run, Command::Pause(why("once"))).await;
    world.signal(&run, "before").await.unwrap();
    nothing_is_offered(&world, &run, 1).await;
    let world = after_a_crash(world).await;
    assert_eq!(status(&world, &run).await, WorkflowExecutionStatus::Paused);
    world.signal(&run, "after").await.unwrap();
    nothing_is_offered(&world, &run, 0).await;
    operate(&world, &run, Command::Unpause(why("twice"))).await;
    let task = world.next_workflow_task().await;
    let signals =
        decoded(&task.history).into_iter().filter(|event| event.event_type() == EventType::WorkflowExecutionSignaled);
    assert_eq!(signals.count(), 2);
    world.complete_with(&task, vec![complete_workflow()]).await;
    assert!(world.rows(Space::Timer).await.is_empty(), "a closed run has no timer row");
}

#[tokio::test]
async fn a_paused_activity_is_offered_to_nobody_and_again_after_the_pause() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![schedule_activity("x", 0)]).await;
    let offer = world.matching.offered().await;
    operate(&world, &run, pause_activity("x")).await;
    let taken = soon(world.history.start_task(offer.run, offer.task, poller("late"))).await;
    assert!(is_stale(&taken.unwrap_err()), "who has the old offer comes too late");
    nothing_is_offered(&world, &run, 2).await;
    let world = after_a_crash(world).await;
    nothing_is_offered(&world, &run, 0).await;
    operate(&world, &run, unpause_activity("x")).await;
    let activity = delivered_activity(world.start_next().await);
    assert_eq!(activity.run, run);
}

#[tokio::test]
async fn a_pause_of_one_activity_leaves_the_others_alone() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![schedule_activity("x", 0), schedule_activity("y", 0)]).await;
    let (_, y) = (world.matching.offered().await, world.matching.offered().await);
    operate(&world, &run, pause_activity("x")).await;
    delivered_activity(soon(world.history.start_task(y.run, y.task, poller("w"))).await.unwrap());
    nothing_is_offered(&world, &run, 3).await;
}

#[tokio::test]
async fn an_eager_start_and_its_task_are_one_commit() {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    let before = store.batches();
    let mut request = start_request("a", "");
    request.start.eager = Some(poller("starter"));
    let started = soon(world.history.start(request)).await.unwrap();
    let mut task = started.first_task.expect("the worker that asked gets it");
    task.lost.delivered();
    assert_eq!(task.run.run_id, started.run_id);
    assert_eq!(store.batches(), before + 1);
    nothing_is_offered(&world, &task.run, 0).await;
    world.complete_with(&task, vec![complete_workflow()]).await;
}

#[tokio::test]
async fn a_completion_and_its_eager_activity_are_one_commit() {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    // The start of the task may still be on its way; this waits for it.
    world.signal(&run, "s").await.unwrap();
    let before = store.batches();
    let completed = world.complete(&task, |completion| completion.completion.commands = vec![eager_activity("x")]);
    let mut completed = completed.await.unwrap();
    assert_eq!((store.batches(), completed.activities.len()), (before + 1, 1));
    let mut activity = completed.activities.remove(0);
    activity.lost.delivered();
    assert_eq!(activity.run, run);
    let next = world.matching.offered().await;
    assert_eq!(next.task.subject, abide_engine::run::Subject::WorkflowTask, "only the signal waits");
    assert_eq!(world.rows(Space::Dispatch).await.len(), 1);
}

fn eager_activity(activity_id: &str) -> WorkerCommand {
    let mut command = schedule_activity(activity_id, 0);
    if let Some(Attributes::ScheduleActivityTaskCommandAttributes(attributes)) = &mut command.attributes {
        attributes.request_eager_execution = true;
    }
    command
}
