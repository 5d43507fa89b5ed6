//! Completion callbacks: who has them, when they are told, and what is told.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{Callback, RetryPolicy, callback, link::workflow_event::Reference},
    enums::v1::CallbackState,
    failure::v1::failure::FailureInfo,
    history::v1::{HistoryEvent, history_event::Attributes as Event},
};

use super::chain::fail_again;
use super::reset::{ALL, reset};
use super::world::*;
use crate::run::*;

/// A callback to this address.
pub fn callback(url: &str) -> Callback {
    let header = [("token".to_owned(), "t".to_owned())].into();
    let nexus = callback::Nexus { url: url.into(), header };
    Callback { variant: Some(callback::Variant::Nexus(nexus)), links: Vec::new() }
}

fn with_callback() -> World {
    World::with(|start| start.attributes.completion_callbacks = vec![callback("http://a")])
}

fn attach(world: &mut World, request_id: &str, url: &str) -> Result<Reply, Rejection> {
    let completion_callbacks = vec![callback(url)];
    let attach = Attach { request_id: request_id.into(), completion_callbacks, links: Vec::new() };
    world.ask(Command::Attach(Box::new(attach)))
}

/// Address, state and attempts of each.
fn shown(world: &World) -> Vec<(String, CallbackState, i32)> {
    let url = |callback: Option<Callback>| match callback.and_then(|callback| callback.variant) {
        Some(callback::Variant::Nexus(nexus)) => nexus.url,
        other => panic!("there are no others: {other:?}"),
    };
    let all = world.run.describe().callbacks;
    all.into_iter().map(|info| (url(info.callback.clone()), info.state(), info.attempt)).collect()
}

fn delivery(world: &World, number: i64) -> Delivery {
    match world.run.effect(Outbound::Callback(number)).expect("it is owed").action {
        Action::Tell(delivery) => *delivery,
        other => panic!("an address is to be told, not {other:?}"),
    }
}

fn undelivered(again: bool) -> Outcome {
    Outcome::Undelivered(Undelivered { reason: "no".into(), again })
}

fn started_callbacks(world: &World) -> usize {
    match &world.events()[0].attributes {
        Some(Event::WorkflowExecutionStartedEventAttributes(started)) => started.completion_callbacks.len(),
        other => panic!("a run begins with its start, not with {other:?}"),
    }
}

#[test]
fn a_callback_stands_by_until_the_run_closes_and_is_told_what_came_of_it() {
    let mut world = with_callback();
    assert_eq!(shown(&world), [("http://a".into(), CallbackState::Standby, 0)]);
    assert!(world.owed.is_empty());
    world.turn(vec![complete_with(Some(payloads(3)))]).expect("valid");
    assert_eq!(shown(&world), [("http://a".into(), CallbackState::Scheduled, 0)]);
    let told = delivery(&world, 0);
    assert_eq!((told.url.as_str(), told.header["token"].as_str()), ("http://a", "t"));
    assert_eq!(told.completion, Completion::Succeeded(Some(payloads(3).payloads.remove(0))));
    assert_eq!((told.started_at, told.closed_at), (START, world.now));
    assert!(matches!(told.link.reference, Some(Reference::EventRef(event)) if event.event_id == 1));
    world.outcome(Outbound::Callback(0), Outcome::Done);
    assert_eq!(shown(&world), [("http://a".into(), CallbackState::Succeeded, 1)]);
    assert_eq!(world.run.deadline(), None);
    assert_eq!(world.run.state.callbacks.end, None, "nobody needs to know any more");
}

#[test]
fn an_address_that_cannot_be_told_now_is_told_later_and_ever_less_often() {
    let mut world = with_callback();
    world.terminate().expect("open");
    let mut pauses = Vec::new();
    for attempt in 1..=14 {
        world.outcome(Outbound::Callback(0), undelivered(true));
        assert_eq!(shown(&world), [("http://a".into(), CallbackState::BackingOff, attempt)]);
        assert!(world.owed.is_empty(), "its time is known, and a stored deadline");
        let pause = world.run.deadline().expect("it is tried again").since(world.now);
        pauses.push(pause.as_secs_f64());
        world.pass(pause - Duration::from_nanos(1));
        assert!(world.owed.is_empty(), "never before its time");
        world.pass(Duration::from_nanos(1));
        assert_eq!(shown(&world), [("http://a".into(), CallbackState::Scheduled, attempt)]);
    }
    for (doublings, pause) in (0..).zip(&pauses) {
        let longest = f64::from(1 << doublings).min(3600.0);
        assert!((longest * 0.8..=longest).contains(pause), "{pauses:?}");
    }
    let failure = world.run.describe().callbacks[0].last_attempt_failure.clone().expect("it failed");
    assert_eq!(failure.message, "no");
    assert!(matches!(failure.failure_info, Some(FailureInfo::ApplicationFailureInfo(info)) if !info.non_retryable));
    world.outcome(Outbound::Callback(0), Outcome::Done);
    assert_eq!(world.run.describe().callbacks[0].last_attempt_failure, None);
}

#[test]
fn an_address_that_refuses_for_good_is_left_alone() {
    let mut world = with_callback();
    world.terminate().expect("open");
    world.outcome(Outbound::Callback(0), undelivered(false));
    assert_eq!(shown(&world), [("http://a".into(), CallbackState::Failed, 1)]);
    assert_eq!(world.run.deadline(), None);
    let late = Command::RecordOutcome(Outbound::Callback(0), Step::CallBack, Outcome::Done);
    world.ask(late).expect("it decides nothing");
    assert_eq!(shown(&world), [("http://a".into(), CallbackState::Failed, 1)]);
}

#[test]
fn strangers_are_told_how_it_ended_but_no_reasons_of_people() {
    let mut failed = with_callback();
    failed.turn(vec![fail_again()]).expect("valid");
    let Completion::Failed(failure) = delivery(&failed, 0).completion else { panic!("it failed") };
    assert_eq!(failure.message, "try again");
    let mut terminated = with_callback();
    terminated.terminate().expect("open");
    let Completion::Failed(failure) = delivery(&terminated, 0).completion else { panic!("it failed") };
    assert_eq!(failure.message, "operation terminated");
    let mut canceled = with_callback();
    canceled.turn(vec![cancel_workflow()]).expect("valid");
    assert!(matches!(delivery(&canceled, 0).completion, Completion::Canceled(_)));
    let mut timed_out = World::with(|start| {
        start.attributes.completion_callbacks = vec![callback("http://a")];
        start.attributes.workflow_run_timeout = Some(crate::convert::to_proto_duration(Duration::from_secs(5)));
    });
    timed_out.pass(Duration::from_secs(5));
    let Completion::Failed(failure) = delivery(&timed_out, 0).completion else { panic!("it failed") };
    assert_eq!(failure.message, "operation exceeded internal timeout");
}

#[test]
fn a_callback_that_is_attached_later_is_told_as_well_and_names_its_request() {
    let mut world = with_callback();
    attach(&mut world, "join", "http://b").expect("open");
    attach(&mut world, "join", "http://c").expect("known");
    // Buffered behind a started task it counts at once.
    world.take_task().expect("offered");
    attach(&mut world, "late", "http://d").expect("open");
    let urls: Vec<String> = shown(&world).into_iter().map(|(url, ..)| url).collect();
    assert_eq!(urls, ["http://a", "http://b", "http://d"]);
    world.complete(Vec::new()).expect("valid");
    world.terminate().expect("open");
    for (number, request) in [(1, "join"), (2, "late")] {
        let reference = delivery(&world, number).link.reference;
        assert!(matches!(reference, Some(Reference::RequestIdRef(link)) if link.request_id == request));
    }
}

#[test]
fn a_run_has_no_more_callbacks_than_it_may_have() {
    let mut world = with_callback();
    world.limits.callbacks.per_run_max = 2;
    attach(&mut world, "one", "http://b").expect("room");
    let refused = attach(&mut world, "two", "http://c");
    assert_eq!(refused.err(), Some(Rejection::TooManyCallbacks { max: 2, attached: 2 }));
}

#[test]
fn the_run_that_goes_on_has_the_callbacks_and_the_last_one_tells() {
    let mut world = with_callback();
    attach(&mut world, "join", "http://b").expect("open");
    world.turn(vec![continue_as_new()]).expect("valid");
    assert!(world.owed.is_empty(), "nothing is told yet");
    assert_eq!(shown(&world)[0].1, CallbackState::Standby);
    let mut next = world.next();
    assert_eq!(started_callbacks(&next), 2);
    next.pass(Duration::from_secs(1));
    next.turn(vec![complete()]).expect("valid");
    assert_eq!(next.owed.len(), 2);
    let mut retried = World::with(|start| {
        start.attributes.completion_callbacks = vec![callback("http://a")];
        start.attributes.retry_policy = Some(RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() });
    });
    retried.turn(vec![fail_again()]).expect("valid");
    assert!(retried.owed.is_empty());
    let mut last = retried.next();
    last.pass(Duration::from_secs(2));
    last.turn(vec![fail_again()]).expect("valid");
    assert_eq!(last.owed.len(), 1);
}

#[test]
fn of_a_cron_schedule_the_first_run_that_ends_tells() {
    let mut world = World::with(|start| {
        start.attributes.completion_callbacks = vec![callback("http://a")];
        start.attributes.cron_schedule = "@every 1s".into();
    });
    world.pass(Duration::from_secs(1));
    world.turn(vec![complete()]).expect("valid");
    assert_eq!(world.owed.len(), 1);
    assert_eq!(started_callbacks(&world.next()), 0);
}

#[test]
fn a_reset_run_has_the_callbacks_and_the_one_that_it_replaces_tells_nobody() {
    let mut world = with_callback();
    world.turn(vec![timer("t", 60)]).expect("valid");
    attach(&mut world, "join", "http://b").expect("open");
    let new = reset(&world, 4, ALL).expect("a workflow task is open there");
    assert_eq!(shown(&new).len(), 2, "the one of the start, and the one that came later");
    let requester = Requester { identity: RESETTER_IDENTITY.into(), ..Requester::default() };
    let terminate = Terminate { reason: "reset".into(), details: None, requester };
    world.ask(Command::Terminate(terminate)).expect("open");
    assert!(world.owed.is_empty());
    assert_eq!(shown(&world)[0].1, CallbackState::Standby);
}

#[test]
fn a_request_whose_callback_came_before_the_cut_brings_it_once() {
    let mut world = with_callback();
    attach(&mut world, "join", "http://b").expect("open");
    world.turn(vec![timer("t", 60)]).expect("valid");
    let again: Vec<HistoryEvent> = world.events().into_iter().cloned().collect();
    let options = again
        .into_iter()
        .find(|event| matches!(event.attributes, Some(Event::WorkflowExecutionOptionsUpdatedEventAttributes(_))));
    let events: Vec<HistoryEvent> = world.events().into_iter().filter(|event| event.event_id < 5).cloned().collect();
    let reset = Reset {
        key: world.run.key(),
        namespace_name: "default".into(),
        base_run_id: world.run.run_id(),
        create_request_id: world.run.create_request_id(),
        request_id: "reset-1".into(),
        reason: "a bug".into(),
        events,
        later: options.into_iter().collect(),
        options: Vec::new(),
    };
    let new = World::reset(Box::new(reset), world.now).expect("a workflow task is open there");
    assert_eq!(shown(&new).len(), 2);
}
