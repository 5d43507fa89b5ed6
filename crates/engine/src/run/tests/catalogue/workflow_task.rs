//! Workflow tasks.

use std::time::Duration;

use abide_api::temporal::api::enums::v1::EventType;

use super::golden::Golden;
use crate::run::tests::world::*;

pub const EVENTS: &[Golden] = &[
    Golden { event: EventType::WorkflowTaskScheduled, play: taken_by_nobody_of_its_own },
    Golden { event: EventType::WorkflowTaskStarted, play: completed },
    Golden { event: EventType::WorkflowTaskCompleted, play: completed },
    Golden { event: EventType::WorkflowTaskTimedOut, play: timed_out },
    Golden { event: EventType::WorkflowTaskFailed, play: failed },
];

/// A task on a worker's own queue comes back to the queue of all workers.
fn taken_by_nobody_of_its_own() -> World {
    let mut world = World::new();
    world.take_task().expect("offered");
    let own = crate::run::QueueName { name: "worker-1".into(), normal_name: "orders".into() };
    world.complete_with(vec![], |done| done.sticky = Some((own, Duration::from_secs(5)))).expect("valid");
    world.signal("wake").expect("open");
    world.pass(Duration::from_secs(5));
    world
}

fn completed() -> World {
    let mut world = World::new();
    world.take_task().expect("offered");
    let described = |done: &mut crate::run::CompleteWorkflowTask| {
        done.binary_checksum = "checksum".into();
        done.sdk_metadata = Some(abide_api::temporal::api::sdk::v1::WorkflowTaskCompletedMetadata {
            lang_used_flags: vec![1, 2],
            sdk_name: "temporal-rust".into(),
            sdk_version: "1.0.0".into(),
            ..Default::default()
        });
    };
    world.complete_with(vec![], described).expect("valid");
    world
}

/// The worker of the first attempt is silent, and so is that of the second, which leaves no event.
fn timed_out() -> World {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.pass(Duration::from_secs(10));
    world.take_task().expect("offered again");
    world.pass(Duration::from_secs(10));
    world
}

/// The first attempt fails, and so does the second, which leaves no event; the third completes.
fn failed() -> World {
    let mut world = World::new();
    for _ in 0..2 {
        world.take_task().expect("offered");
        world.fail_task().expect("started");
    }
    world.turn(vec![complete()]).expect("valid");
    world
}
