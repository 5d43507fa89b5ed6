//! The one timer row of a run, and that none of an earlier deadline is forgotten.

use std::time::Duration;

use abide_api::temporal::api::command::v1::{CancelTimerCommandAttributes, command::Attributes};
use abide_api::temporal::api::enums::v1::CommandType;
use abide_cluster::History;
use abide_store::Space;
use abide_store::key::{Key, TimerKey};

use super::world::*;

const HOUR: Duration = Duration::from_secs(3600);

fn cancel_timer(timer_id: &str) -> abide_api::temporal::api::command::v1::Command {
    let attributes = CancelTimerCommandAttributes { timer_id: timer_id.into() };
    worker_command(CommandType::CancelTimer, Attributes::CancelTimerCommandAttributes(attributes))
}

/// When the stored rows are due, in hours from the begin.
async fn hours(world: &World, begin: u64) -> Vec<u64> {
    let rows = world.rows(Space::Timer).await;
    let due = rows.iter().map(|row| TimerKey::decode(&row.key).unwrap().fire_at_millis);
    due.map(|millis| (millis - begin) / 3_600_000).collect()
}

#[tokio::test]
async fn a_row_of_an_earlier_deadline_does_not_outlive_its_run() {
    let world = World::new().await;
    let begin = u64::try_from(abide_model::Clock::now(&*world.clock).millis_ceil()).unwrap();
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
