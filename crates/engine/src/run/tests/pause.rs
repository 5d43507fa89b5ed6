//! A paused run, and options changed while it runs.

use std::time::Duration;

use abide_api::temporal::api::common::v1::Priority;
use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus;

use super::golden::text;
use super::world::*;
use crate::run::*;

#[test]
fn a_paused_run_offers_nothing_and_takes_signals() {
    let mut world = World::new();
    world.turn(vec![schedule("a"), timer("t", 5)]).expect("valid");
    world.signal("before").expect("open");
    world.pause("p").expect("open");
    assert_eq!((world.run.status(), world.offers.len()), (WorkflowExecutionStatus::Paused, 0));
    world.signal("meanwhile").expect("open");
    world.pass(Duration::from_secs(5));
    assert!(world.offers.is_empty());
    world.unpause().expect("paused");
    assert_eq!(world.run.status(), WorkflowExecutionStatus::Running);
    assert_eq!(world.offers.keys().collect::<Vec<_>>(), [&Subject::WorkflowTask, &Subject::Activity(5)]);
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_task_that_a_worker_has_completes_in_a_paused_run_but_does_not_go_on() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.pause("p").expect("open");
    let refused = world.complete_with(vec![], |done| done.force_new_task = true);
    assert_eq!(refused.err(), Some(Rejection::PausedTaskCannotGoOn));
    world.complete(vec![schedule("a")]).expect("valid");
    assert!(world.offers.is_empty(), "neither the activity nor another task is offered");
    world.unpause().expect("paused");
    assert_eq!(world.offers.len(), 2);
    insta::assert_snapshot!(text(&world));
}

#[test]
fn an_activity_that_a_worker_has_goes_on_in_a_paused_run() {
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    world.take_activity(5).expect("offered");
    world.pause("p").expect("open");
    let failure = Some(application_failure("no", "No", false));
    world.resolve(attempt(5, 1), Resolution::Failed { failure, last_heartbeat_details: None }).expect("started");
    world.pass(Duration::from_secs(60));
    assert!(world.offers.is_empty());
    world.unpause().expect("paused");
    assert_eq!(world.take_activity(5).expect("offered").attempt, 2);
}

#[test]
fn pausing_twice_and_unpausing_twice_are_refused() {
    let mut world = World::new();
    assert_eq!(world.unpause().err(), Some(Rejection::NotPaused));
    world.pause("p").expect("open");
    world.pause("p").expect("the same request");
    assert_eq!(world.pause("q").err(), Some(Rejection::AlreadyPaused));
    let info = world.run.describe().workflow_extended_info.expect("shown").pause_info.expect("paused");
    assert_eq!((info.identity.as_str(), info.reason.as_str()), ("operator", "incident"));
    let shown = world.run.info().search_attributes.expect("shown").indexed_fields;
    assert_eq!(&shown["TemporalPauseInfo"].data[..], br#"["Workflow:order-1","Reason:incident"]"#);
    world.unpause().expect("paused");
    assert_eq!(world.unpause().err(), Some(Rejection::NotPaused));
    assert!(world.run.info().search_attributes.expect("shown").indexed_fields.is_empty());
}

#[test]
fn a_paused_run_can_be_terminated() {
    let mut world = World::new();
    world.pause("p").expect("open");
    world.terminate().expect("open");
    assert_eq!(world.run.status(), WorkflowExecutionStatus::Terminated);
}

#[test]
fn another_priority_is_an_event_and_moves_what_waits() {
    let mut world = World::new();
    world.change_priority(2).expect("open");
    world.change_priority(2).expect("open");
    let urgent = Priority { priority_key: 2, ..Priority::default() };
    assert_eq!(world.offers[&Subject::WorkflowTask].priority, Some(urgent.clone()));
    assert_eq!(world.run.info().priority, Some(urgent));
    world.take_task().expect("offered anew");
    world.change_priority(3).expect("open");
    world.complete(vec![]).expect("valid");
    insta::assert_snapshot!(text(&world));
}
