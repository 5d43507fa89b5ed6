//! What a server finds when it starts on a store that another one has left.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::enums::v1::EventType;
use abide_cluster::History;
use abide_store::{Space, SqliteStore, Store, sqlite};

use super::world::*;

#[tokio::test]
async fn exactly_the_open_tasks_are_offered_again() {
    let world = World::new().await;
    for workflow_id in ["a", "b", "c"] {
        world.start(workflow_id).await;
    }
    let (a, b) = (world.next_workflow_task().await, world.next_workflow_task().await);
    world.complete_with(&a, vec![schedule_activity("x", 0), schedule_activity("y", 0)]).await;
    world.complete_with(&b, vec![complete_workflow()]).await;
    let world = world.reopened().await;
    let mut offered = Vec::new();
    for _ in 0..3 {
        let offer = world.matching.offered().await;
        delivered_or_not(&world, &offer).await;
        offered.push((offer.run.workflow.workflow_id, offer.task.subject));
    }
    offered.sort();
    use abide_engine::run::Subject::{Activity, WorkflowTask};
    assert_eq!(offered, [("a".to_owned(), Activity(5)), ("a".to_owned(), Activity(6)), ("c".to_owned(), WorkflowTask)]);
    let world = world.reopened().await;
    assert!(world.rows(Space::Dispatch).await.is_empty());
}

async fn delivered_or_not(world: &World, offer: &abide_cluster::matching::QueuedTask) {
    match soon(world.history.start_task(offer.run.clone(), offer.task, poller("w"))).await.unwrap() {
        abide_cluster::history::StartedTask::Workflow(mut task) => task.lost.delivered(),
        abide_cluster::history::StartedTask::Activity(mut task) => task.lost.delivered(),
    }
}

#[tokio::test]
async fn timers_fire_after_a_restart_and_never_before_their_time() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![start_timer("t", Duration::from_secs(3600))]).await;
    let world = world.reopened().await;
    world.clock.advance(Duration::from_secs(3599));
    assert_eq!(world.events(&run).await.len(), 5, "it is not time yet");
    world.clock.advance(Duration::from_secs(1));
    // Any message makes the shard look at the clock, which stands still for real sleepers.
    let _ = soon(world.history.describe(reference(&run))).await;
    let task = world.next_workflow_task().await;
    assert!(decoded(&task.history).iter().any(|event| event.event_type() == EventType::TimerFired));
    world.complete_with(&task, vec![complete_workflow()]).await;
    assert!(world.rows(Space::Timer).await.is_empty(), "a closed run has no timer row");
}

#[tokio::test]
async fn a_run_has_one_timer_row_never_later_than_its_next_deadline() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    let timers = [60, 3600].map(|seconds| start_timer(&format!("t{seconds}"), Duration::from_secs(seconds)));
    world.complete_with(&task, timers.into()).await;
    assert_eq!(world.rows(Space::Timer).await.len(), 1);
    for (seconds, fired) in [(60, 1), (3540, 2)] {
        world.clock.advance(Duration::from_secs(seconds));
        let _ = soon(world.history.describe(reference(&run))).await;
        let task = world.next_workflow_task().await;
        assert!(world.rows(Space::Timer).await.len() <= 1);
        let events = world.events(&run).await;
        assert_eq!(events.iter().filter(|event| **event == EventType::TimerFired).count(), fired);
        world.complete_with(&task, Vec::new()).await;
    }
}

#[tokio::test]
async fn a_workflow_task_that_is_never_answered_times_out_and_comes_again() {
    let world = World::new().await;
    let run = world.start("a").await;
    world.next_workflow_task().await;
    world.clock.advance(Duration::from_secs(11));
    let _ = soon(world.history.describe(reference(&run))).await;
    let task = world.next_workflow_task().await;
    assert_eq!(task.started.token.attempt, 2);
}

#[tokio::test]
async fn a_long_run_is_loaded_from_its_snapshot() {
    let world = World::new().await;
    let run = world.start("a").await;
    for n in 0..500 {
        world.signal(&run, &format!("s{n}")).await.unwrap();
    }
    assert_eq!(world.rows(Space::Snapshot).await.len(), 1);
    let world = world.reopened().await;
    world.signal(&run, "after").await.unwrap();
    let first = world.page(&run, |_| {}).await.unwrap();
    assert_eq!((first.history.len(), first.next_event_id, first.end_event_id), (256, Some(257), 504));
    let second = world.page(&run, |read| read.first_event_id = 257).await.unwrap();
    assert_eq!((second.history.len(), second.next_event_id), (503 - 256, None));
    assert_eq!(decoded(&second.history).last().unwrap().event_id, 503);
}

#[tokio::test]
async fn a_file_holds_all_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let world = World::over(opened(&path).await).await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![start_timer("t", Duration::from_secs(60))]).await;
    world.signal(&run, "s").await.unwrap();
    let clock = world.clock.clone();
    // Dropped without being closed, as after a crash.
    drop(world);
    let world = World::with(opened(&path).await, clock, 1 << 20).await;
    assert_eq!(world.events(&run).await.len(), 7);
    world.clock.advance(Duration::from_secs(60));
    let fired = world.page(&run, |read| {
        read.first_event_id = 8;
        read.wait = Some(Duration::from_secs(60));
    });
    assert_eq!(decoded(&soon(fired).await.unwrap().history)[0].event_type(), EventType::TimerFired);
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![complete_workflow()]).await;
    assert_eq!(world.events(&run).await.len(), 11);
}

/// Waits until whoever had the file before has let go of it.
async fn opened(path: &Path) -> Arc<dyn Store> {
    soon(async {
        loop {
            match SqliteStore::open(path, &sqlite::Options::default()) {
                Ok(store) => return Arc::new(store) as Arc<dyn Store>,
                Err(abide_store::Error::Locked(_)) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_server_that_is_closing_refuses_work() {
    let world = World::new().await;
    let run = world.start("a").await;
    world.history.close().await;
    assert!(matches!(world.signal(&run, "s").await, Err(abide_cluster::Error::Unavailable(_))));
}
