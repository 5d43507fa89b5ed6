//! Resets: what the new run has of the old one, and where a history can be cut.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::Priority,
    enums::v1::WorkflowTaskFailedCause,
    history::v1::{HistoryEvent, history_event::Attributes as Event},
};
use uuid::Uuid;

use super::golden::text;
use super::world::*;
use crate::convert::to_proto_duration;
use crate::run::*;

const NEW: RunId = RunId(Uuid::from_u128(9));
pub const ALL: Reapply = Reapply { signals: true, updates: true };

/// A new run made of this one's history before event `cut`.
pub fn reset(world: &World, cut: i64, reapply: Reapply) -> Result<World, Rejection> {
    let all: Vec<HistoryEvent> = world.events().into_iter().cloned().collect();
    let (events, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|event| event.event_id < cut);
    let reset = Reset {
        key: RunKey { run_id: NEW, ..world.run.key() },
        namespace_name: "default".into(),
        base_run_id: world.run.run_id(),
        create_request_id: world.run.create_request_id(),
        request_id: "reset-1".into(),
        reason: "a bug".into(),
        events,
        later: later.into_iter().filter(|event| is_reapplied(event, reapply)).collect(),
        options: Vec::new(),
    };
    World::reset(Box::new(reset), world.now)
}

#[test]
fn a_reset_run_begins_as_the_old_one_and_goes_on_from_the_cut() {
    let mut world = World::new();
    world.turn(vec![schedule("a"), timer("t", 60)]).expect("valid");
    world.take_activity(5).expect("offered");
    world.resolve(attempt(5, 1), Resolution::Completed(None)).expect("started");
    world.turn(vec![timer("later", 60)]).expect("valid");
    world.signal("one").expect("open");
    world.pass(Duration::from_secs(5));
    let mut new = reset(&world, 4, ALL).expect("a workflow task is open there");
    assert_eq!(new.run.first_run_id(), world.run.run_id());
    insta::assert_snapshot!(text(&new));
    new.turn(vec![complete()]).expect("valid");
    assert!(!new.run.is_open());
}

#[test]
fn what_was_pending_at_the_cut_is_pending_anew() {
    let mut world = World::new();
    world.turn(vec![schedule("a"), timer("t", 60)]).expect("valid");
    world.take_activity(5).expect("offered");
    world.signal("wakes").expect("open");
    world.take_task().expect("offered");
    world.complete(vec![schedule("b")]).expect("valid");
    world.pass(Duration::from_secs(5));
    let mut new = reset(&world, 9, ALL).expect("a workflow task is open there");
    insta::assert_snapshot!(text(&new));
    let started = new.take_activity(5).expect("offered again, as a first attempt");
    assert_eq!((started.attempt, started.scheduled_at), (1, world.now), "its clocks start again");
    assert!(new.take_activity(11).is_err(), "what was scheduled later is not there");
    new.pass(Duration::from_secs(55));
    assert!(text(&new).contains("timer_fired id=t"), "a timer keeps its time");
}

#[test]
fn a_reset_can_leave_out_the_signals() {
    let mut world = World::new();
    world.turn(vec![]).expect("valid");
    world.signal("one").expect("open");
    let new = reset(&world, 4, Reapply { signals: false, ..ALL }).expect("a workflow task is open there");
    assert!(!text(&new).contains("signaled"));
    let new = reset(&world, 4, ALL).expect("a workflow task is open there");
    assert!(text(&new).contains("signaled name=one"));
}

#[test]
fn a_signal_that_was_brought_along_is_still_known_by_its_request() {
    let mut world = World::new();
    world.turn(vec![]).expect("valid");
    world.signal("one").expect("open");
    let mut new = reset(&world, 4, ALL).expect("a workflow task is open there");
    new.signal("one").expect("open");
    assert_eq!(text(&new).matches("signaled").count(), 1);
}

#[test]
fn requests_to_cancel_are_not_brought_along() {
    let mut world = World::new();
    world.turn(vec![]).expect("valid");
    world.cancel().expect("open");
    let new = reset(&world, 4, ALL).expect("a workflow task is open there");
    assert!(!text(&new).contains("cancel_requested"));
}

#[test]
fn a_history_can_be_cut_from_behind_the_schedule_to_behind_the_start_of_a_workflow_task() {
    let mut world = World::new();
    world.signal("between").expect("open");
    world.turn(vec![timer("t", 1)]).expect("valid");
    world.pass(Duration::from_secs(1));
    // 1 started, 2 scheduled, 3 signaled, 4 task started, 5 completed, 6 timer started, 7 fired, 8 scheduled
    let possible: Vec<i64> = (2..=9).filter(|cut| reset(&world, *cut, ALL).is_ok()).collect();
    assert_eq!(possible, [3, 4, 5, 9]);
    assert_eq!(reset(&world, 7, ALL).err(), Some(Rejection::NoWorkflowTaskToReset(7)));
}

#[test]
fn the_start_that_was_there_keeps_its_time_and_one_that_was_not_is_made_up() {
    let started = |world: &World| {
        let event = world.events()[2].clone();
        let Some(Event::WorkflowTaskStartedEventAttributes(started)) = event.attributes else { panic!("{event:?}") };
        (started.identity, event.event_time)
    };
    let mut world = World::new();
    world.now = world.now.after(Duration::from_secs(1));
    world.turn(vec![]).expect("valid");
    world.now = world.now.after(Duration::from_secs(1));
    let (identity, at) = started(&reset(&world, 4, ALL).expect("cut behind the start"));
    assert_eq!((identity.as_str(), at), ("worker", world.events()[2].event_time));
    let (identity, at) = started(&reset(&world, 3, ALL).expect("cut before the start"));
    assert_eq!((identity.as_str(), at), ("history-service", Some(crate::convert::to_proto_time(world.now))));
}

#[test]
fn a_retried_workflow_task_can_be_cut_as_well() {
    let mut world = World::new();
    for _ in 0..2 {
        world.take_task().expect("offered");
        world.fail_task().expect("started");
    }
    world.turn(vec![]).expect("valid");
    // 1 started, 2 scheduled, 3 started, 4 failed, 5 scheduled (attempt 3), 6 started, 7 completed
    let new = reset(&world, 7, ALL).expect("a workflow task is open there");
    insta::assert_snapshot!(text(&new));
}

#[test]
fn the_clocks_of_the_run_and_of_the_chain_start_again() {
    let mut world = World::with(|start| {
        start.attributes.workflow_execution_timeout = Some(to_proto_duration(Duration::from_secs(30)));
        start.attributes.workflow_run_timeout = Some(to_proto_duration(Duration::from_secs(20)));
        start.attributes.first_workflow_task_backoff = Some(to_proto_duration(Duration::from_secs(5)));
    });
    world.pass(Duration::from_secs(5));
    world.turn(vec![]).expect("valid");
    world.pass(Duration::from_secs(25));
    assert!(!world.run.is_open(), "its time is over");
    let new = reset(&world, 4, ALL).expect("a closed run can be reset");
    assert_eq!(new.run.state.run_expires_at(), Some(world.now.after(Duration::from_secs(20))));
    assert_eq!(new.run.state.execution_expires_at(), Some(world.now.after(Duration::from_secs(30))));
    let extended = new.run.describe().workflow_extended_info.expect("it has one");
    assert_eq!(extended.original_start_time, world.events()[0].event_time);
    assert_eq!(extended.last_reset_time, Some(crate::convert::to_proto_time(world.now)));
}

#[test]
fn a_closed_run_remembers_what_was_made_of_it() {
    let mut world = World::new();
    world.turn(vec![complete()]).expect("valid");
    world.ask(Command::MarkReset(NEW)).expect("also when closed");
    assert_eq!(world.run.reset_run_id(), Some(NEW));
    assert_eq!(world.run.describe().workflow_extended_info.expect("it has one").reset_run_id, NEW.to_string());
    assert_eq!(world.signal("late").err(), Some(Rejection::Closed));
}

#[test]
fn the_failed_task_names_both_runs() {
    let mut world = World::new();
    world.turn(vec![]).expect("valid");
    let new = reset(&world, 4, ALL).expect("a workflow task is open there");
    let failed = new.events().into_iter().find_map(|event| match &event.attributes {
        Some(Event::WorkflowTaskFailedEventAttributes(failed)) => Some(failed.clone()),
        _ => None,
    });
    let failed = failed.expect("the task at the cut fails");
    assert_eq!(failed.cause(), WorkflowTaskFailedCause::ResetWorkflow);
    assert_eq!((failed.base_run_id, failed.new_run_id), (world.run.run_id().to_string(), NEW.to_string()));
    assert_eq!(failed.failure.expect("it says why").message, "a bug");
}

#[test]
fn the_options_of_a_reset_run_change_as_it_begins() {
    let mut world = World::new();
    world.turn(vec![timer("t", 60)]).expect("valid");
    world.signal("later").expect("open");
    let all: Vec<HistoryEvent> = world.events().into_iter().cloned().collect();
    let (events, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|event| event.event_id < 4);
    let change = |key: i32| UpdateOptions {
        priority: Some(Priority { priority_key: key, ..Priority::default() }),
        paths: ["priority".to_owned()].into(),
        identity: String::new(),
    };
    let reset = Reset {
        key: RunKey { run_id: NEW, ..world.run.key() },
        namespace_name: "default".into(),
        base_run_id: world.run.run_id(),
        create_request_id: world.run.create_request_id(),
        request_id: "reset-1".into(),
        reason: "a bug".into(),
        events,
        later: later.into_iter().filter(|event| is_reapplied(event, ALL)).collect(),
        options: vec![change(2), change(2), change(3)],
    };
    let new = World::reset(Box::new(reset), world.now).expect("a workflow task is open there");
    let offered = new.offers[&Subject::WorkflowTask].priority.clone().expect("it has one");
    assert_eq!(offered.priority_key, 3);
    insta::assert_snapshot!(text(&new));
}
