//! Tasks that a worker gets without asking its queue: the first workflow task with a start, activities with a completion.

use std::time::Duration;

use super::golden::text;
use super::world::*;
use crate::convert::to_proto_duration;
use crate::run::*;

fn eagerly(id: &str) -> abide_api::temporal::api::command::v1::Command {
    schedule_with(id, |command| command.request_eager_execution = true)
}

fn completed(reply: Result<Reply, Rejection>) -> WorkflowTaskCompleted {
    match reply.expect("valid") {
        Reply::WorkflowTaskCompleted(completed) => *completed,
        reply => panic!("a task was completed, and came {reply:?}"),
    }
}

fn eager_start(start: &mut Start) {
    start.eager = Some(Poller { identity: "client".into(), request_id: "start-1".into(), build_id: String::new() });
}

#[test]
fn a_worker_that_starts_a_run_may_have_its_first_task_at_once() {
    let mut world = World::with(eager_start);
    assert!(world.offers.is_empty(), "nobody else is offered it");
    let task = world.run.eager_task().expect("started");
    assert_eq!((task.token.scheduled_event_id, task.token.started_event_id, task.token.attempt), (2, 3, 1));
    assert_eq!((task.first_event_id, task.last_event_id), (1, 2));
    world.complete(vec![complete()]).expect("valid");
    assert_eq!(world.run.eager_task().map(|task| task.task), None);
    insta::assert_snapshot!(text(&world));
}

#[test]
fn an_eager_task_whose_worker_is_silent_goes_through_the_queue() {
    let mut world = World::with(eager_start);
    world.pass(Duration::from_secs(10));
    assert!(world.run.eager_task().is_none() && world.offers.contains_key(&Subject::WorkflowTask));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_start_that_waits_is_not_eager() {
    let world = World::with(|start| {
        eager_start(start);
        start.attributes.first_workflow_task_backoff = Some(to_proto_duration(Duration::from_secs(60)));
    });
    assert!(world.run.eager_task().is_none() && world.offers.is_empty());
}

#[test]
fn an_eager_activity_comes_with_the_completion_that_scheduled_it() {
    let mut world = World::new();
    world.take_task().expect("offered");
    let activities = completed(world.complete(vec![eagerly("a"), schedule("b")])).activities;
    let ids: Vec<&str> = activities.iter().map(|activity| activity.scheduled.activity_id.as_str()).collect();
    assert_eq!(ids, ["a"]);
    assert_eq!(world.offers.keys().collect::<Vec<_>>(), [&Subject::Activity(6)]);
    world.resolve(attempt(5, 1), Resolution::Completed(None)).expect("started");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_run_that_closes_or_is_paused_hands_out_no_eager_activity() {
    let mut world = World::new();
    world.take_task().expect("offered");
    assert!(completed(world.complete(vec![eagerly("a"), complete()])).activities.is_empty());
    let mut world = World::new();
    world.take_task().expect("offered");
    world.pause("p").expect("open");
    assert!(completed(world.complete(vec![eagerly("a")])).activities.is_empty());
}
