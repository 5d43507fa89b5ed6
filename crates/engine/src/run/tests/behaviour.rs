//! Behaviours that are easy to get wrong, and that no other file here is about. docs/behaviours.md lists them all.

use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::ScheduleActivityTaskCommandAttributes,
    common::v1::RetryPolicy,
    enums::v1::{EventType, RetryState, WorkflowExecutionStatus, WorkflowTaskFailedCause as Cause},
    history::v1::history_event::Attributes as Event,
};
use abide_model::RunId;
use uuid::Uuid;

use super::family::{CHILD, ended};
use super::golden::text;
use super::world::*;
use crate::convert::{from_proto_duration, to_proto_duration};
use crate::machine::{Emit, Machine};
use crate::run::*;

fn seconds(seconds: u64) -> Option<prost_types::Duration> {
    Some(to_proto_duration(Duration::from_secs(seconds)))
}

/// A run that waits, and whose worker has it cached.
fn cached() -> World {
    let mut world = World::new();
    world.take_task().expect("offered");
    let own = QueueName { name: "worker-1".into(), normal_name: "orders".into() };
    world.complete_with(vec![], |done| done.sticky = Some((own, Duration::from_secs(5)))).expect("valid");
    world
}

fn count(world: &World, event_type: EventType) -> usize {
    world.events().iter().filter(|event| event.event_type() == event_type).count()
}

/// What the last event of an activity says of it.
fn activity_end(world: &World) -> (RetryState, String) {
    let end = world.events().into_iter().rev().find_map(|event| match &event.attributes {
        Some(Event::ActivityTaskFailedEventAttributes(e)) => Some((e.retry_state(), e.failure.clone())),
        Some(Event::ActivityTaskTimedOutEventAttributes(e)) => Some((e.retry_state(), e.failure.clone())),
        _ => None,
    });
    let (state, failure) = end.expect("it has ended");
    (state, failure.map(|failure| failure.message).unwrap_or_default())
}

#[test]
fn a_task_that_failed_on_its_workers_own_queue_begins_anew_on_the_queue_of_all() {
    let mut world = cached();
    world.signal("wake").expect("open");
    assert!(world.take_task().expect("offered").sticky);
    world.fail_task().expect("started");
    let again = world.take_task().expect("offered");
    assert_eq!((again.token.attempt, again.sticky, again.first_event_id), (1, false, 1));
    world.fail_task().expect("started");
    assert_eq!(world.take_task().expect("offered").token.attempt, 2);
    assert_eq!(count(&world, EventType::WorkflowTaskFailed), 2, "two failures are shown before the first retry");
}

#[test]
fn all_that_comes_from_outside_waits_for_the_end_of_a_started_task() {
    let mut world = World::new();
    let asked = vec![
        schedule("a"),
        timer("t", 1),
        start_child("child"),
        start_child("other child"),
        signal_external("other", false),
        cancel_external("other", false),
    ];
    world.turn(asked).expect("valid");
    world.signal("before").expect("open");
    world.take_activity(5).expect("offered");
    world.take_task().expect("offered");
    let before = world.run.next_event_id();
    world.outcome(Outbound::Child(7), Outcome::Started(CHILD));
    let completed = Event::WorkflowExecutionCompletedEventAttributes(Default::default());
    world.ask(ended(7, completed)).expect("it waits for its child");
    world.outcome(Outbound::Child(8), Outcome::Failed(Fault::AlreadyExists));
    world.outcome(Outbound::Signal(9), Outcome::Done);
    world.outcome(Outbound::Cancel(10), Outcome::Failed(Fault::NotFound));
    world.resolve(attempt(5, 1), Resolution::Completed(None)).expect("started");
    world.pass(Duration::from_secs(1));
    world.signal("meanwhile").expect("open");
    world.cancel().expect("open");
    world.change_priority(1).expect("open");
    world.pause("p").expect("open");
    world.unpause().expect("paused");
    assert_eq!(world.run.next_event_id(), before, "nothing is numbered while a worker has the task");
    world.complete(vec![marker("m")]).expect("valid");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_retried_task_closes_no_run_over_news_either() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.fail_task().expect("started");
    world.take_task().expect("offered");
    world.signal("news").expect("open");
    let Ok(Reply::WorkflowTaskCompleted(done)) = world.complete(vec![complete()]) else { panic!("recorded") };
    assert_eq!(done.refused.expect("refused").cause, Cause::UnhandledCommand);
    let again = world.take_task().expect("offered");
    assert_eq!(again.token.attempt, 1, "an ordinary task shows the news");
    world.complete(vec![complete()]).expect("valid");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn an_update_that_no_worker_has_seen_keeps_no_run_open() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.update("u").expect("open");
    world.complete(vec![complete()]).expect("valid");
    assert_eq!(world.run.status(), WorkflowExecutionStatus::Completed);
}

#[test]
fn a_workflow_that_is_about_to_close_takes_no_news_meanwhile() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.signal("news").expect("open");
    world.complete(vec![complete()]).expect("recorded as a failed task");
    world.signal("before the next task").expect("no worker has it");
    world.take_task().expect("offered");
    assert_eq!(world.signal("storm").err(), Some(Rejection::Closing));
    assert_eq!(world.update("u").err(), Some(Rejection::Closing));
    world.signal("news").expect("a repetition is acknowledged");
    world.complete(vec![timer("t", 60)]).expect("it does not close after all");
    world.signal("storm").expect("open");
    world.take_task().expect("offered");
    world.signal("still").expect("open");
}

#[test]
fn a_worker_whose_answer_is_too_large_for_the_wire_ends_the_run() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.signal("unseen").expect("open");
    let token = world.run.started_task_view().map(|started| started.token).unwrap_or_default();
    let failed = FailWorkflowTask {
        token,
        cause: Cause::GrpcMessageTooLarge,
        failure: None,
        identity: "worker".into(),
        binary_checksum: String::new(),
    };
    world.ask(Command::FailWorkflowTask(Box::new(failed))).expect("started");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn the_token_of_a_start_that_a_crash_took_back_is_worth_nothing_to_the_worker_of_the_next() {
    let world = World::new();
    let task = world.offers[&Subject::WorkflowTask].task;
    let start = |identity: &str| {
        let mut run = world.run.clone();
        let poller = Poller { identity: identity.into(), request_id: identity.into(), ..Poller::default() };
        let command = Command::StartWorkflowTask(StartWorkflowTask { task, poller });
        match run.handle(command, world.now, &mut Emit::default()) {
            Ok(Reply::WorkflowTask(started)) => (run, started.token),
            other => panic!("a started task, not {other:?}"),
        }
    };
    let (_, lost) = start("first");
    let (mut run, kept) = start("second");
    let mut complete = |token| {
        let completion = CompleteWorkflowTask { token, new_run_id: Some(SUCCESSOR), ..CompleteWorkflowTask::default() };
        run.handle(Command::CompleteWorkflowTask(Box::new(completion)), world.now, &mut Emit::default())
    };
    // Its decisions were made at a time, and by a worker, that the history need not show.
    assert_eq!(complete(lost).err(), Some(Rejection::WorkflowTaskNotFound));
    assert!(complete(kept).is_ok());
}

#[test]
fn the_token_of_an_attempt_is_worth_nothing_in_the_next() {
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    world.take_activity(5).expect("offered");
    let failure = Some(application_failure("no", "No", false));
    world.resolve(attempt(5, 1), Resolution::Failed { failure, last_heartbeat_details: None }).expect("started");
    let late = world.resolve(attempt(5, 1), Resolution::Completed(None));
    assert_eq!(late.err(), Some(Rejection::ActivityNotFound), "while it waits");
    world.pass(Duration::from_secs(1));
    world.take_activity(5).expect("offered again");
    let late = world.resolve(attempt(5, 1), Resolution::Completed(None));
    assert_eq!(late.err(), Some(Rejection::ActivityNotFound), "while another worker has it");
    world.resolve(attempt(5, 2), Resolution::Completed(None)).expect("its own token");
}

/// The timeouts that an activity gets, in seconds: schedule to close, schedule to start, start to close, heartbeat.
fn timeouts(run_timeout: u64, change: fn(&mut ScheduleActivityTaskCommandAttributes)) -> [u64; 4] {
    let mut world = World::with(|start| start.attributes.workflow_run_timeout = seconds(run_timeout));
    let named = schedule_with("a", |command| {
        command.start_to_close_timeout = None;
        change(command);
    });
    world.turn(vec![named]).expect("valid");
    let Some(Event::ActivityTaskScheduledEventAttributes(scheduled)) = &world.events()[4].attributes else {
        panic!("an activity is scheduled");
    };
    [
        &scheduled.schedule_to_close_timeout,
        &scheduled.schedule_to_start_timeout,
        &scheduled.start_to_close_timeout,
        &scheduled.heartbeat_timeout,
    ]
    .map(|timeout| from_proto_duration(timeout.as_ref()).as_secs())
}

#[test]
fn timeouts_that_an_activity_does_not_name_follow_from_those_that_it_names() {
    assert_eq!(timeouts(0, |it| it.start_to_close_timeout = seconds(10)), [0, 0, 10, 0]);
    assert_eq!(timeouts(60, |it| it.start_to_close_timeout = seconds(10)), [60, 60, 10, 0]);
    assert_eq!(timeouts(0, |it| it.schedule_to_close_timeout = seconds(30)), [30, 30, 30, 0]);
    assert_eq!(timeouts(20, |it| it.schedule_to_close_timeout = seconds(30)), [20, 20, 20, 0]);
    let beats = |it: &mut ScheduleActivityTaskCommandAttributes| {
        it.start_to_close_timeout = seconds(10);
        it.heartbeat_timeout = seconds(50);
    };
    assert_eq!(timeouts(0, beats), [0, 0, 10, 10], "no heartbeat is waited for longer than the end");
}

#[test]
fn all_attempts_of_an_activity_together_end_with_schedule_to_close() {
    let mut world = World::new();
    let bounded = schedule_with("a", |command| {
        command.schedule_to_close_timeout = seconds(12);
        command.retry_policy = Some(RetryPolicy::default());
    });
    world.turn(vec![bounded]).expect("valid");
    world.take_activity(5).expect("offered");
    world.pass(Duration::from_secs(10));
    world.pass(Duration::from_secs(1));
    world.take_activity(5).expect("offered again");
    world.pass(Duration::from_secs(1));
    assert_eq!(activity_end(&world).0, RetryState::Timeout);
    assert_eq!(count(&world, EventType::ActivityTaskTimedOut), 1);
}

#[test]
fn a_timeout_of_an_activity_can_be_made_final_by_its_name() {
    let mut world = World::new();
    let fatal = schedule_with("a", |command| {
        let non_retryable_error_types = vec!["TemporalTimeout:StartToClose".into()];
        command.retry_policy = Some(RetryPolicy { non_retryable_error_types, ..RetryPolicy::default() });
    });
    world.turn(vec![fatal]).expect("valid");
    world.take_activity(5).expect("offered");
    world.pass(Duration::from_secs(10));
    assert_eq!(activity_end(&world), (RetryState::NonRetryableFailure, "activity StartToClose timeout".into()));
}

#[test]
fn a_poll_that_is_repeated_gets_the_task_that_it_had() {
    let mut world = World::new();
    let task = world.offers[&Subject::WorkflowTask].task;
    let poller = world.poller();
    let start = |poller: &Poller| Command::StartWorkflowTask(StartWorkflowTask { task, poller: poller.clone() });
    let Ok(Reply::WorkflowTask(first)) = world.ask(start(&poller)) else { panic!("offered") };
    let Ok(Reply::WorkflowTask(second)) = world.ask(start(&poller)) else { panic!("the same poll") };
    assert_eq!(first.token, second.token);
    let other = world.poller();
    assert_eq!(world.ask(start(&other)).err(), Some(Rejection::StaleTask), "another poll");
}

#[test]
fn a_run_that_its_worker_forgot_is_offered_to_all_again() {
    let mut world = cached();
    world.ask(Command::ResetStickiness).expect("open");
    world.signal("wake").expect("open");
    assert_eq!(world.offers[&Subject::WorkflowTask].queue, QueueName::normal("orders"));
    assert_eq!(world.take_task().expect("offered").first_event_id, 1, "with its whole history");
}

#[test]
fn a_signal_with_start_ends_the_delay_of_the_start() {
    let mut world = World::with(|start| start.attributes.first_workflow_task_backoff = seconds(60));
    let signal = Signal {
        name: "hello".into(),
        input: None,
        header: None,
        requester: Requester::default(),
        ends_start_delay: true,
    };
    world.ask(Command::Signal(Box::new(signal))).expect("open");
    world.take_task().expect("the wait is over");
}

#[test]
fn a_run_is_cancelled_and_terminated_at_most_once() {
    let mut world = World::new();
    world.cancel().expect("open");
    world.cancel().expect("asking again is acknowledged");
    assert_eq!(count(&world, EventType::WorkflowExecutionCancelRequested), 1);
    world.terminate().expect("open");
    assert_eq!(world.terminate().err(), Some(Rejection::Closed));
    assert_eq!(count(&world, EventType::WorkflowExecutionTerminated), 1);
}

#[test]
fn a_chain_hands_on_its_first_run_and_its_end_in_time() {
    let mut world = World::with(|start| start.attributes.workflow_execution_timeout = seconds(100));
    world.pass(Duration::from_secs(40));
    world.turn(vec![continue_as_new()]).expect("valid");
    let first = world.run.run_id();
    let mut next = world.next();
    assert_eq!((next.run.first_run_id(), next.run.run_id()), (first, SUCCESSOR));
    next.pass(Duration::from_secs(60));
    assert_eq!(next.run.status(), WorkflowExecutionStatus::TimedOut, "the chain began a hundred seconds ago");
    assert_ne!(first, RunId(Uuid::nil()));
}

#[test]
fn a_run_whose_task_fails_again_and_again_answers_no_query() {
    let mut world = World::new();
    world.turn(vec![]).expect("valid");
    world.signal("wake").expect("open");
    for attempt in 1..=2 {
        assert_eq!(world.run.query_route(), QueryRoute::WithNextTask, "attempt {attempt}");
        world.take_task().expect("offered");
        world.fail_task().expect("started");
    }
    let text = "Unable to query workflow due to Workflow Task in failed state.";
    assert_eq!(world.run.query_route(), QueryRoute::NotReady(text.into()));
}
