//! Activities paused, let go, begun anew and given other options from outside.

use std::time::Duration;

use abide_api::temporal::api::{
    activity::v1::ActivityOptions,
    common::v1::{Priority, RetryPolicy},
    enums::v1::PendingActivityState,
    workflow::v1::PendingActivityInfo,
};

use super::golden::text;
use super::world::*;
use crate::convert::to_proto_duration;
use crate::run::*;

const ACTIVITY: Subject = Subject::Activity(5);

/// A run with one pending activity.
fn scheduled() -> World {
    let mut world = World::new();
    world
        .turn(vec![schedule_with("a", |command| {
            command.heartbeat_timeout = Some(to_proto_duration(Duration::from_secs(8)));
        })])
        .expect("valid");
    world
}

fn fail(world: &mut World, number: i32) {
    let failure = Some(application_failure("no", "No", false));
    world.resolve(attempt(5, number), Resolution::Failed { failure, last_heartbeat_details: None }).expect("started");
}

fn beat(world: &mut World, number: i32) -> HeartbeatReply {
    let heartbeat =
        RecordHeartbeat { activity: attempt(5, number), details: Some(payloads(3)), identity: "worker".into() };
    match world.ask(Command::RecordHeartbeat(Box::new(heartbeat))).expect("started") {
        Reply::Heartbeat(told) => told,
        reply => panic!("a heartbeat was answered by {reply:?}"),
    }
}

fn shown(world: &World) -> PendingActivityInfo {
    world.run.describe().pending_activities.remove(0)
}

#[test]
fn a_paused_activity_is_not_offered_until_it_is_let_go() {
    let mut world = scheduled();
    let stale = world.offers[&ACTIVITY].task;
    world.pause_activity("a").expect("pending");
    assert!(world.offers.is_empty());
    let poller = world.poller();
    let refused = world.ask(Command::StartActivity(StartActivity { task: stale, poller }));
    assert_eq!(refused.err(), Some(Rejection::StaleTask));
    assert_eq!((shown(&world).state(), shown(&world).paused), (PendingActivityState::Paused, true));
    world.unpause_activity("a").expect("paused");
    assert_eq!(shown(&world).state(), PendingActivityState::Scheduled);
    world.take_activity(5).expect("offered again");
}

#[test]
fn a_second_pause_is_refused_unless_it_is_the_same_request() {
    let mut world = scheduled();
    world.pause_activity("a").expect("pending");
    world.pause_activity("a").expect("the same request");
    let which = WhichActivities::Type("Charge".into());
    let other = PauseActivities { which, reason: pause_reason("other") };
    assert_eq!(world.ask(Command::PauseActivities(other)).err(), Some(Rejection::ActivityAlreadyPaused));
    let missing = PauseActivities { which: WhichActivities::Type("Other".into()), reason: pause_reason("other") };
    assert_eq!(world.ask(Command::PauseActivities(missing)).err(), Some(Rejection::PendingActivityNotFound));
}

#[test]
fn a_worker_learns_of_a_pause_by_its_heartbeat_and_its_failure_waits() {
    let mut world = scheduled();
    world.take_activity(5).expect("offered");
    world.pause_activity("a").expect("pending");
    assert_eq!(shown(&world).state(), PendingActivityState::PauseRequested);
    assert_eq!(beat(&mut world, 1), HeartbeatReply { paused: true, ..HeartbeatReply::default() });
    fail(&mut world, 1);
    world.pass(Duration::from_secs(60));
    assert!(world.offers.is_empty(), "a failed attempt of a paused activity is not followed by another");
    assert_eq!((shown(&world).attempt, shown(&world).state()), (2, PendingActivityState::Paused));
    world.unpause_activity("a").expect("paused");
    let second = world.take_activity(5).expect("offered");
    assert_eq!((second.attempt, second.heartbeat_details), (2, Some(payloads(3))));
    world.resolve(attempt(5, 2), Resolution::Completed(None)).expect("started");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_paused_activity_can_complete_and_can_run_out_of_time() {
    let mut world = scheduled();
    world.take_activity(5).expect("offered");
    world.pause_activity("a").expect("pending");
    world.resolve(attempt(5, 1), Resolution::Completed(None)).expect("a pause stops nobody");
    let mut world = World::new();
    let late = schedule_with("a", |command| {
        command.schedule_to_close_timeout = Some(to_proto_duration(Duration::from_secs(20)));
    });
    world.turn(vec![late]).expect("valid");
    world.pause_activity("a").expect("pending");
    world.pass(Duration::from_secs(20));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn an_activity_that_is_let_go_waits_for_its_jitter_and_may_count_anew() {
    let mut world = scheduled();
    world.take_activity(5).expect("offered");
    beat(&mut world, 1);
    fail(&mut world, 1);
    world.pause_activity("a").expect("pending");
    let jitter = Jitter { max: Duration::from_secs(10), draw: 3 };
    let unpause =
        UnpauseActivities { which: WhichActivities::All, resets_attempts: true, forgets_heartbeat: true, jitter };
    world.ask(Command::UnpauseActivities(unpause)).expect("paused");
    assert!(world.offers.is_empty(), "it waits");
    world.pass(jitter.of(5));
    let again = world.take_activity(5).expect("offered");
    assert_eq!((again.attempt, again.heartbeat_details), (1, None));
}

#[test]
fn a_reset_begins_anew_at_once_when_no_worker_has_the_activity() {
    let mut world = scheduled();
    world.take_activity(5).expect("offered");
    fail(&mut world, 1);
    assert!(world.offers.is_empty(), "it waits for its retry");
    world.reset_activity("a", |_| {}).expect("pending");
    assert_eq!(world.take_activity(5).expect("offered").attempt, 1);
    assert!(!beat(&mut world, 1).reset, "the attempt begun anew is no longer told");
}

#[test]
fn a_reset_of_a_running_first_attempt_is_told_and_leads_to_the_second() {
    let mut world = scheduled();
    world.take_activity(5).expect("offered");
    world.reset_activity("a", |reset| reset.forgets_heartbeat = true).expect("pending");
    assert!(beat(&mut world, 1).reset);
    fail(&mut world, 1);
    world.pass(Duration::from_secs(1));
    let second = world.take_activity(5).expect("offered");
    assert_eq!((second.attempt, second.heartbeat_details), (2, None), "what it said is forgotten");
}

#[test]
fn a_reset_makes_the_token_of_a_later_attempt_stale() {
    let mut world = scheduled();
    world.take_activity(5).expect("offered");
    fail(&mut world, 1);
    world.pass(Duration::from_secs(1));
    world.take_activity(5).expect("offered");
    world.reset_activity("a", |_| {}).expect("pending");
    let refused = world.resolve(attempt(5, 2), Resolution::Completed(None));
    assert_eq!(refused.err(), Some(Rejection::ActivityNotFound));
    world.pass(Duration::from_secs(8));
    world.pass(Duration::from_secs(2));
    assert_eq!(world.take_activity(5).expect("its heartbeats stopped").attempt, 2);
}

#[test]
fn a_reset_may_keep_an_activity_paused() {
    let mut world = scheduled();
    world.pause_activity("a").expect("pending");
    world.reset_activity("a", |reset| reset.keeps_paused = true).expect("pending");
    assert!(world.offers.is_empty() && shown(&world).paused);
    world.reset_activity("a", |_| {}).expect("pending");
    assert!(world.offers.contains_key(&ACTIVITY) && !shown(&world).paused);
}

#[test]
fn other_options_move_an_activity_and_can_be_taken_back() {
    let mut world = scheduled();
    let which = || WhichActivities::Id("a".into());
    let Reply::ActivityOptions(options) = world.change_options(which(), to_queue("elsewhere")).expect("pending") else {
        panic!("options were asked for");
    };
    assert_eq!(options.task_queue.expect("set").name, "elsewhere");
    assert_eq!(world.offers[&ACTIVITY].queue.name, "elsewhere");
    world.change_options(which(), OptionsChange::Restore).expect("pending");
    assert_eq!(world.offers[&ACTIVITY].queue.name, "orders");
}

#[test]
fn other_options_are_merged_by_path_and_checked() {
    let mut world = scheduled();
    let change = |options: ActivityOptions, paths: &[&str]| OptionsChange::Merge {
        options: Box::new(options),
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    };
    let policy = RetryPolicy { maximum_attempts: 9, ..RetryPolicy::default() };
    let priority = Priority { priority_key: 2, fairness_key: "f".into(), ..Priority::default() };
    let options = ActivityOptions {
        retry_policy: Some(policy.clone()),
        priority: Some(priority),
        start_to_close_timeout: Some(to_proto_duration(Duration::from_secs(3))),
        ..ActivityOptions::default()
    };
    let paths = ["retryPolicy.maximumAttempts", "priority.priorityKey", "startToCloseTimeout"];
    world.change_options(WhichActivities::All, change(options, &paths)).expect("pending");
    let shown = shown(&world).activity_options.expect("shown");
    let kept = shown.retry_policy.expect("kept");
    assert_eq!((kept.maximum_attempts, kept.backoff_coefficient), (9, 2.0));
    assert_eq!(shown.priority.expect("set"), Priority { priority_key: 2, ..Priority::default() });
    let three = Some(to_proto_duration(Duration::from_secs(3)));
    assert_eq!((shown.start_to_close_timeout, shown.heartbeat_timeout), (three, three), "bounded by the new timeout");
    let bad = ActivityOptions { retry_policy: Some(RetryPolicy::default()), ..ActivityOptions::default() };
    let refused = world.change_options(WhichActivities::All, change(bad, &["retryPolicy"]));
    let text = "BackoffCoefficient cannot be less than 1 on retry policy.";
    assert_eq!(refused.err(), Some(Rejection::InvalidOptions(text.into())));
    let refused = world.change_options(WhichActivities::All, change(ActivityOptions::default(), &["retryPolicy"]));
    assert_eq!(refused.err(), Some(Rejection::InvalidOptions("RetryPolicy is not provided".into())));
}

#[test]
fn an_activity_takes_from_its_workflow_what_its_priority_does_not_say() {
    let mut world = World::with(|start| {
        let priority = Priority { priority_key: 4, fairness_key: "tenant".into(), fairness_weight: 2.0 };
        start.attributes.priority = Some(priority);
    });
    let urgent = schedule_with("a", |command| {
        command.priority = Some(Priority { priority_key: 1, ..Priority::default() });
    });
    world.turn(vec![urgent]).expect("valid");
    let expected = Priority { priority_key: 1, fairness_key: "tenant".into(), fairness_weight: 2.0 };
    assert_eq!(world.offers[&ACTIVITY].priority, Some(expected.clone()));
    assert_eq!(world.take_activity(5).expect("offered").priority, Some(expected));
}
