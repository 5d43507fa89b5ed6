//! The build of a worker, shown with everything that it does.
#![expect(deprecated, reason = "the stamp of a worker without a deployment")]

use abide_api::temporal::api::{
    common::v1::WorkerVersionStamp,
    history::v1::{HistoryEvent, history_event::Attributes as Event},
};

use super::world::*;
use crate::run::*;

fn stamp(build_id: &str) -> WorkerVersionStamp {
    WorkerVersionStamp { build_id: build_id.into(), ..WorkerVersionStamp::default() }
}

/// The builds that the history shows, each with the number of its event.
fn builds(world: &World) -> Vec<(i64, String)> {
    let build = |event: &&HistoryEvent| {
        let stamp = match event.attributes.as_ref()? {
            Event::WorkflowTaskStartedEventAttributes(e) => e.worker_version.as_ref(),
            Event::WorkflowTaskCompletedEventAttributes(e) => e.worker_version.as_ref(),
            Event::ActivityTaskStartedEventAttributes(e) => e.worker_version.as_ref(),
            _ => None,
        };
        Some((event.event_id, stamp?.build_id.clone()))
    };
    world.events().iter().filter_map(build).collect()
}

fn poller(world: &mut World, build_id: &str) -> Poller {
    Poller { build_id: build_id.into(), ..world.poller() }
}

#[test]
fn a_history_shows_the_build_of_each_worker_that_has_one() {
    let mut world = World::new();
    let task = world.offers[&Subject::WorkflowTask].task;
    let poller_1 = poller(&mut world, "1.0");
    world.ask(Command::StartWorkflowTask(StartWorkflowTask { task, poller: poller_1 })).expect("offered");
    let stamped = |done: &mut CompleteWorkflowTask| {
        done.worker_version = Some(stamp("1.0"));
        done.deployment_name = "orders".into();
    };
    world.complete_with(vec![schedule("a")], stamped).expect("valid");
    let completed = world.events()[3].attributes.clone();
    let Some(Event::WorkflowTaskCompletedEventAttributes(completed)) = completed else { panic!("{completed:?}") };
    assert_eq!(completed.worker_deployment_name, "orders");
    assert_eq!(world.run.info().most_recent_worker_version_stamp, Some(stamp("1.0")));
    let task = world.offers[&Subject::Activity(5)].task;
    let poller_2 = poller(&mut world, "2.0");
    world.ask(Command::StartActivity(StartActivity { task, poller: poller_2 })).expect("offered");
    world.resolve(attempt(5, 1), Resolution::Completed(None)).expect("started");
    world.turn(vec![complete()]).expect("valid");
    let shown = [(3, "1.0"), (4, "1.0"), (6, "2.0")].map(|(id, build)| (id, build.to_owned()));
    assert_eq!(builds(&world), shown, "the last worker has no build");
}
