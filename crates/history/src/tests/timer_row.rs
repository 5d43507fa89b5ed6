//! The one timer row of a run, and that none of an earlier deadline is forgotten.

use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::command::v1::{CancelTimerCommandAttributes, command::Attributes};
use abide_api::temporal::api::enums::v1::CommandType;
use abide_cluster::History;
use abide_model::{Clock, Partition, RunId, RunKey};
use abide_store::key::{Key, TimerKey, TimerRecord};
use abide_store::{MemoryStore, Space, Store};
use uuid::Uuid;

use super::world::*;

const HOUR: Duration = Duration::from_secs(3600);

fn cancel_timer(timer_id: &str) -> abide_api::temporal::api::command::v1::Command {
    let attributes = CancelTimerCommandAttributes { timer_id: timer_id.into() };
    worker_command(CommandType::CancelTimer, Attributes::CancelTimerCommandAttributes(attributes))
}

/// When the stored rows are due.
async fn due(world: &World) -> Vec<u64> {
    let rows = world.rows(Space::Timer).await;
    rows.iter().map(|row| TimerKey::decode(&row.key).unwrap().fire_at_millis).collect()
}

/// Waits until the stored rows are due then.
async fn until_due(world: &World, wanted: &[u64]) {
    soon(async {
        while due(world).await != wanted {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The run's newest workflow task, in the hands of a worker.
async fn signalled(world: &World, run: &RunKey) -> abide_cluster::history::WorkflowTask {
    world.signal(run, "s").await.unwrap();
    world.next_workflow_task().await
}

/// When the stored rows are due, in hours from the begin.
async fn hours(world: &World, begin: u64) -> Vec<u64> {
    due(world).await.into_iter().map(|millis| (millis - begin) / 3_600_000).collect()
}

#[tokio::test]
async fn a_row_of_an_earlier_deadline_does_not_outlive_its_run() {
    let world = World::new().await;
    let begin = u64::try_from(world.clock.now().millis_ceil()).unwrap();
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![start_timer("early", 10 * HOUR), start_timer("late", 20 * HOUR)]).await;
    assert_eq!(hours(&world, begin).await, [0], "the deadline of the workflow task is near, and may be left");
    let world = world.reopened().await;
    world.clock.advance(HOUR);
    world.signal(&run, "s").await.unwrap();
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![cancel_timer("early")]).await;
    // What is known of near rows is lost with the process, so they are read again.
    let world = world.reopened().await;
    world.clock.advance(HOUR);
    world.signal(&run, "s").await.unwrap();
    let task = world.next_workflow_task().await;
    assert!(!hours(&world, begin).await.contains(&10), "the row of the earlier deadline is gone");
    world.complete_with(&task, vec![complete_workflow()]).await;
    soon(world.history.delete(reference(&run))).await.unwrap();
    soon(async {
        while !world.rows(Space::Timer).await.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A failed commit can leave two rows, of which the memory of a shard knows one.
#[tokio::test]
async fn a_row_that_went_because_another_one_fired_is_not_thought_to_be_stored() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::open().unwrap());
    let world = World::over(store.clone()).await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, Vec::new()).await;
    let [first] = due(&world).await[..] else { panic!("the row of the task's deadline is left") };
    world.history.close().await;
    // The third is of no run: once it is gone, what is due soon is in memory.
    let third = TimerKey::at(world.clock.now(), RunId(Uuid::nil()));
    let second = TimerKey { fire_at_millis: first + 5, run_id: run.run_id };
    let rows = [second, third].map(|row| row.put(Partition::of(&run.workflow), &TimerRecord::of(&run.workflow)));
    put(&store, rows.into()).await;

    let world = World::with(store, world.clock, 0).await;
    until_due(&world, &[first, first + 5]).await;
    world.clock.advance(Duration::from_millis(9_000));
    let task = signalled(&world, &run).await;
    world.clock.advance(Duration::from_millis(1_000));
    until_due(&world, &[first + 5, first + 9_000]).await;
    world.complete_with(&task, Vec::new()).await;
    world.clock.advance(Duration::from_millis(5));
    until_due(&world, &[]).await;
    let _task = signalled(&world, &run).await;
    until_due(&world, &[first + 10_005]).await;
}
