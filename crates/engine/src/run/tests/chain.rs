//! Chains of runs: what follows a run that ended, and what it begins with.

use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{
        Command as WorkerCommand, ContinueAsNewWorkflowExecutionCommandAttributes,
        FailWorkflowExecutionCommandAttributes, command::Attributes,
    },
    common::v1::{Header, Link, Memo, Payload, RetryPolicy, SearchAttributes, WorkflowType},
    enums::v1::{CommandType, ContinueAsNewInitiator, RetryState},
    failure::v1::{Failure, failure::FailureInfo},
    history::v1::{WorkflowExecutionStartedEventAttributes, history_event::Attributes as Event},
    taskqueue::v1::TaskQueue,
};
use abide_model::Timestamp;
use proptest::prelude::*;

use super::property::{do_step, step};
use super::world::*;
use crate::convert::{from_proto_duration, to_proto_duration};
use crate::run::*;

fn seconds(seconds: u64) -> Option<prost_types::Duration> {
    Some(to_proto_duration(Duration::from_secs(seconds)))
}

fn named(name: &str) -> Payload {
    Payload { data: name.as_bytes().to_vec().into(), ..Payload::default() }
}

fn fail_with(failure: Failure) -> WorkerCommand {
    let attributes = FailWorkflowExecutionCommandAttributes { failure: Some(failure) };
    WorkerCommand {
        command_type: CommandType::FailWorkflowExecution as i32,
        attributes: Some(Attributes::FailWorkflowExecutionCommandAttributes(attributes)),
        ..WorkerCommand::default()
    }
}

pub fn fail_again() -> WorkerCommand {
    fail_with(application_failure("try again", "Flaky", false))
}

fn retried(policy: RetryPolicy) -> World {
    World::with(|start| start.attributes.retry_policy = Some(policy))
}

fn scheduled(schedule: &str) -> World {
    World::with(|start| {
        start.attributes.cron_schedule = schedule.into();
        start.attributes.input = Some(payloads(5));
    })
}

fn started(world: &World) -> WorkflowExecutionStartedEventAttributes {
    match world.events()[0].attributes.clone() {
        Some(Event::WorkflowExecutionStartedEventAttributes(started)) => *started,
        other => panic!("a run begins with its start, not with {other:?}"),
    }
}

fn backoff(world: &World) -> f64 {
    from_proto_duration(started(world).first_workflow_task_backoff.as_ref()).as_secs_f64()
}

/// How a run ended: the retry state, and the run that follows.
fn ending(world: &World) -> (Option<RetryState>, String) {
    match world.events().last().expect("events").attributes.clone() {
        Some(Event::WorkflowExecutionFailedEventAttributes(e)) => (Some(e.retry_state()), e.new_execution_run_id),
        Some(Event::WorkflowExecutionTimedOutEventAttributes(e)) => (Some(e.retry_state()), e.new_execution_run_id),
        Some(Event::WorkflowExecutionCompletedEventAttributes(e)) => (None, e.new_execution_run_id),
        Some(Event::WorkflowExecutionContinuedAsNewEventAttributes(e)) => (None, e.new_execution_run_id),
        other => panic!("the run has not ended: {other:?}"),
    }
}

fn follows() -> String {
    SUCCESSOR.to_string()
}

/// One line for a run: how it began.
fn beginning(world: &World) -> String {
    let e = started(world);
    let failure = e.continued_failure.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
    let result = e.last_completion_result.as_ref().map_or(0, |result| result.payloads[0].data.len());
    format!(
        "{} attempt={} backoff={} failure={failure:?} result={result} input={}\n",
        e.initiator().as_str_name().trim_start_matches("CONTINUE_AS_NEW_INITIATOR_"),
        e.attempt,
        backoff(world),
        e.input.as_ref().map_or(0, |input| input.payloads[0].data.len()),
    )
}

#[test]
fn a_failed_workflow_is_tried_again_with_longer_and_longer_waits() {
    let mut world = World::with(|start| {
        start.attributes.retry_policy = Some(RetryPolicy { maximum_attempts: 4, ..RetryPolicy::default() });
        start.attributes.input = Some(payloads(5));
        start.attributes.last_completion_result = Some(payloads(7));
    });
    let mut text = beginning(&world);
    for _ in 0..3 {
        world.turn(vec![fail_again()]).expect("valid");
        assert_eq!(ending(&world), (Some(RetryState::InProgress), follows()));
        world = world.next();
        text += &beginning(&world);
        assert!(world.take_task().is_err(), "the first task waits");
        let delay = Duration::from_secs_f64(backoff(&world));
        world.pass(delay);
    }
    world.turn(vec![fail_again()]).expect("valid");
    assert_eq!(ending(&world), (Some(RetryState::MaximumAttemptsReached), String::new()));
    insta::assert_snapshot!(text);
}

#[test]
fn what_an_attempt_began_with_the_next_one_begins_with() {
    let link = Link::default();
    let world = World::with(|start| {
        let attributes = &mut start.attributes;
        attributes.retry_policy = Some(RetryPolicy::default());
        attributes.header = Some(Header { fields: [("trace".to_owned(), named("1"))].into() });
        attributes.memo = Some(Memo { fields: [("note".to_owned(), named("n"))].into() });
        attributes.search_attributes =
            Some(SearchAttributes { indexed_fields: [("Key".to_owned(), named("k"))].into() });
        attributes.workflow_run_timeout = seconds(50);
        attributes.workflow_execution_timeout = seconds(500);
        start.requester.links = vec![link.clone()];
    });
    let before = started(&world);
    let mut world = world;
    world.turn(vec![fail_again()]).expect("valid");
    let next = world.next();
    let after = started(&next);
    assert_eq!(next.events()[0].links, vec![link]);
    let expected = WorkflowExecutionStartedEventAttributes {
        continued_execution_run_id: before.original_execution_run_id.clone(),
        original_execution_run_id: follows(),
        initiator: ContinueAsNewInitiator::Retry as i32,
        attempt: 2,
        first_workflow_task_backoff: seconds(1),
        continued_failure: Some(application_failure("try again", "Flaky", false)),
        ..before.clone()
    };
    assert_eq!(after, expected);
    assert_eq!(after.first_execution_run_id, before.original_execution_run_id);
}

#[test]
fn the_retry_policy_is_filled_in_and_shown() {
    let world = retried(RetryPolicy::default());
    let policy = started(&world).retry_policy.expect("it has one");
    assert_eq!(policy.initial_interval, seconds(1));
    assert_eq!(policy.maximum_interval, seconds(100));
    assert!((policy.backoff_coefficient - 2.0).abs() < f64::EPSILON);
}

#[test]
fn failures_that_must_not_be_retried_are_not() {
    let policy = RetryPolicy { non_retryable_error_types: vec!["Flaky".into()], ..RetryPolicy::default() };
    let mut world = retried(policy);
    world.turn(vec![fail_again()]).expect("valid");
    assert_eq!(ending(&world), (Some(RetryState::NonRetryableFailure), String::new()));
    let mut world = retried(RetryPolicy::default());
    world.turn(vec![fail()]).expect("valid");
    assert_eq!(ending(&world), (Some(RetryState::NonRetryableFailure), String::new()));
    let mut world = World::new();
    world.turn(vec![fail_again()]).expect("valid");
    assert_eq!(ending(&world), (Some(RetryState::RetryPolicyNotSet), String::new()));
}

#[test]
fn a_failure_may_say_when_to_try_again() {
    let mut world = retried(RetryPolicy::default());
    let mut failure = application_failure("later", "Flaky", false);
    if let Some(FailureInfo::ApplicationFailureInfo(info)) = &mut failure.failure_info {
        info.next_retry_delay = seconds(42);
    }
    world.turn(vec![fail_with(failure)]).expect("valid");
    assert!((backoff(&world.next()) - 42.0).abs() < f64::EPSILON);
}

#[test]
fn no_attempt_begins_after_the_chain_is_out_of_time() {
    let mut world = World::with(|start| {
        start.attributes.retry_policy = Some(RetryPolicy { initial_interval: seconds(8), ..RetryPolicy::default() });
        start.attributes.workflow_execution_timeout = seconds(30);
    });
    world.turn(vec![fail_again()]).expect("valid");
    let mut world = world.next();
    assert_eq!(world.run.state.execution_expires_at(), Some(START.after(Duration::from_secs(30))));
    world.pass(Duration::from_secs(8));
    world.turn(vec![fail_again()]).expect("valid");
    let mut world = world.next();
    world.pass(Duration::from_secs(16));
    world.turn(vec![fail_again()]).expect("valid");
    assert_eq!(ending(&world), (Some(RetryState::Timeout), String::new()));
}

#[test]
fn a_run_out_of_time_is_tried_again_and_a_chain_out_of_time_is_not() {
    let mut world = World::with(|start| {
        start.attributes.retry_policy = Some(RetryPolicy::default());
        start.attributes.workflow_run_timeout = seconds(10);
        start.attributes.workflow_execution_timeout = seconds(15);
    });
    world.pass(Duration::from_secs(10));
    assert_eq!(ending(&world), (Some(RetryState::InProgress), follows()));
    let mut world = world.next();
    assert_eq!(started(&world).continued_failure.expect("it has one").message, "workflow timeout");
    world.pass(Duration::from_secs(5));
    assert_eq!(ending(&world), (Some(RetryState::Timeout), String::new()));
}

#[test]
fn a_timeout_can_be_declared_final() {
    let final_timeout = vec!["TemporalTimeout:StartToClose".into()];
    let mut world = World::with(|start| {
        start.attributes.retry_policy =
            Some(RetryPolicy { non_retryable_error_types: final_timeout, ..RetryPolicy::default() });
        start.attributes.workflow_run_timeout = seconds(10);
    });
    world.pass(Duration::from_secs(10));
    assert_eq!(ending(&world), (Some(RetryState::NonRetryableFailure), String::new()));
}

#[test]
fn cancelling_and_terminating_are_never_followed() {
    let start = |start: &mut Start| {
        start.attributes.retry_policy = Some(RetryPolicy::default());
        start.attributes.cron_schedule = "@every 10s".into();
    };
    let mut world = World::with(start);
    world.terminate().expect("open");
    assert!(world.successor.is_none());
    let mut world = World::with(start);
    world.pass(Duration::from_secs(10));
    world.turn(vec![cancel_workflow()]).expect("valid");
    assert!(world.successor.is_none());
}

#[test]
fn a_request_to_cancel_ends_the_wait_for_the_first_task() {
    let mut world = scheduled("*/5 * * * *");
    world.cancel().expect("open");
    world.turn(vec![cancel_workflow()]).expect("offered at once");
    assert!(world.successor.is_none());
}

// 2023-11-14T22:13:20Z.
const BEFORE_THE_SLOT: Timestamp = START;

#[test]
fn a_cron_run_waits_for_its_time_and_hands_on_its_result() {
    let mut world = scheduled("*/5 * * * *");
    assert_eq!(world.now, BEFORE_THE_SLOT);
    let mut text = beginning(&world);
    world.pass(Duration::from_secs(100));
    world.turn(vec![complete_with(Some(payloads(9)))]).expect("valid");
    assert_eq!(ending(&world), (None, follows()));
    let mut world = world.next();
    text += &beginning(&world);
    world.pass(Duration::from_secs(300));
    world.turn(vec![fail_again()]).expect("valid");
    assert_eq!(ending(&world), (Some(RetryState::RetryPolicyNotSet), follows()));
    let mut world = world.next();
    text += &beginning(&world);
    // It takes longer than to the next time, which is missed.
    world.pass(Duration::from_secs(300));
    world.take_task().expect("offered");
    world.pass(Duration::from_secs(5));
    world.pass(Duration::from_secs(5));
    world.turn(vec![timer("long", 310)]).expect("valid");
    world.pass(Duration::from_secs(310));
    world.turn(vec![complete_with(Some(payloads(11)))]).expect("valid");
    let world = world.next();
    text += &beginning(&world);
    insta::assert_snapshot!(text);
}

#[test]
fn a_cron_run_is_retried_before_its_next_time_comes() {
    let mut world = World::with(|start| {
        start.attributes.cron_schedule = "0 * * * *".into();
        start.attributes.retry_policy = Some(RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() });
    });
    let mut text = beginning(&world);
    world.pass(Duration::from_secs(3600));
    world.turn(vec![fail_again()]).expect("valid");
    let mut world = world.next();
    text += &beginning(&world);
    world.pass(Duration::from_secs(1));
    world.turn(vec![fail_again()]).expect("valid");
    assert_eq!(ending(&world), (Some(RetryState::MaximumAttemptsReached), follows()));
    let world = world.next();
    text += &beginning(&world);
    assert_eq!(started(&world).attempt, 1);
    insta::assert_snapshot!(text);
}

#[test]
fn a_cron_run_that_was_started_early_is_followed_at_its_own_time() {
    let mut world = scheduled("*/5 * * * *");
    let mut signal = Signal {
        name: "now".into(),
        input: None,
        header: None,
        requester: Requester::default(),
        ends_start_delay: false,
    };
    world.ask(Command::Signal(Box::new(signal.clone()))).expect("open");
    assert!(world.take_task().is_err(), "a plain signal waits with the run");
    signal.ends_start_delay = true;
    world.ask(Command::Signal(Box::new(signal))).expect("open");
    world.turn(vec![complete()]).expect("valid");
    assert!((backoff(&world.next()) - 100.0).abs() < f64::EPSILON);
}

#[test]
fn a_cron_run_out_of_time_is_followed() {
    let mut world = World::with(|start| {
        start.attributes.cron_schedule = "@every 60s".into();
        start.attributes.workflow_run_timeout = seconds(20);
    });
    world.pass(Duration::from_secs(80));
    assert_eq!(ending(&world), (Some(RetryState::RetryPolicyNotSet), follows()));
    assert!((backoff(&world.next()) - 40.0).abs() < f64::EPSILON);
}

#[test]
fn a_workflow_says_what_it_continues_as() {
    let mut world = World::with(|start| {
        start.attributes.workflow_execution_timeout = seconds(100);
        start.attributes.workflow_run_timeout = seconds(50);
        start.attributes.memo = Some(Memo { fields: [("kept".to_owned(), named("k"))].into() });
    });
    world.now = world.now.after(Duration::from_secs(10));
    let attributes = ContinueAsNewWorkflowExecutionCommandAttributes {
        workflow_type: Some(WorkflowType { name: "Shipping".into() }),
        task_queue: Some(TaskQueue { name: "ships".into(), ..TaskQueue::default() }),
        input: Some(payloads(3)),
        workflow_run_timeout: seconds(70),
        workflow_task_timeout: seconds(7),
        backoff_start_interval: seconds(4),
        retry_policy: Some(RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() }),
        cron_schedule: "@hourly".into(),
        header: Some(Header { fields: [("trace".to_owned(), named("2"))].into() }),
        search_attributes: Some(SearchAttributes { indexed_fields: [("Key".to_owned(), named("k"))].into() }),
        last_completion_result: Some(payloads(2)),
        ..ContinueAsNewWorkflowExecutionCommandAttributes::default()
    };
    let command = WorkerCommand {
        command_type: CommandType::ContinueAsNewWorkflowExecution as i32,
        attributes: Some(Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(attributes)),
        ..WorkerCommand::default()
    };
    world.turn(vec![command]).expect("valid");
    let first = world.run.run_id().to_string();
    let world = world.next();
    let e = started(&world);
    assert_eq!(beginning(&world), "WORKFLOW attempt=1 backoff=4 failure=\"\" result=2 input=3\n");
    assert_eq!((e.workflow_type.unwrap().name, e.task_queue.unwrap().name), ("Shipping".into(), "ships".into()));
    assert_eq!((e.workflow_run_timeout, e.workflow_task_timeout), (seconds(70), seconds(7)));
    assert_eq!((e.first_execution_run_id, e.original_execution_run_id), (first.clone(), follows()));
    assert_eq!((e.continued_execution_run_id, e.cron_schedule), (first, "@hourly".into()));
    assert_eq!(e.retry_policy.map(|policy| policy.maximum_attempts), Some(3));
    assert_eq!(e.memo, None, "what the command leaves out is left out");
    assert_eq!(e.header.expect("given").fields["trace"], named("2"));
    assert_eq!(e.search_attributes.expect("given").indexed_fields["Key"], named("k"));
    let expires_at = Some(START.after(Duration::from_secs(100)));
    assert_eq!(world.run.state.execution_expires_at(), expires_at, "the chain has one clock");
    assert_eq!(world.run.state.run_expires_at(), Some(START.after(Duration::from_secs(84))));
}

#[test]
fn a_continuation_that_cannot_be_fails_the_workflow_task() {
    let refuse = |change: fn(&mut ContinueAsNewWorkflowExecutionCommandAttributes)| {
        let mut world = World::new();
        let mut attributes = ContinueAsNewWorkflowExecutionCommandAttributes::default();
        change(&mut attributes);
        let command = WorkerCommand {
            command_type: CommandType::ContinueAsNewWorkflowExecution as i32,
            attributes: Some(Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(attributes)),
            ..WorkerCommand::default()
        };
        match world.turn(vec![command]) {
            Ok(Reply::WorkflowTaskCompleted(completed)) => completed.refused.expect("refused").message + "\n",
            other => panic!("{other:?}"),
        }
    };
    let mut text = refuse(|command| {
        command.backoff_start_interval = Some(prost_types::Duration { seconds: -1, nanos: 0 });
    });
    text += &refuse(|command| command.workflow_run_timeout = Some(prost_types::Duration { seconds: -1, nanos: 0 }));
    text += &refuse(|command| command.workflow_type = Some(WorkflowType { name: "x".repeat(1001) }))[..80];
    text += "\n";
    text += &refuse(|command| {
        command.retry_policy = Some(RetryPolicy { backoff_coefficient: 0.5, ..RetryPolicy::default() });
    });
    insta::assert_snapshot!(text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_run_that_ends_names_the_one_run_that_follows_it(
        steps in prop::collection::vec(step(), 0..80),
        (attempts, cron) in (0_i32..4, any::<bool>()),
    ) {
        let mut world = World::with(|start| {
            start.attributes.workflow_run_timeout = seconds(40);
            start.attributes.workflow_execution_timeout = seconds(600);
            start.attributes.retry_policy = Some(RetryPolicy { maximum_attempts: attempts, ..RetryPolicy::default() });
            start.attributes.cron_schedule = if cron { "@every 7s".into() } else { String::new() };
        });
        let (first, expires_at) = (world.run.first_run_id(), world.run.state.execution_expires_at());
        for step in &steps {
            do_step(&mut world, step);
            let named = match &world.events().last().expect("events").attributes {
                Some(Event::WorkflowExecutionFailedEventAttributes(e)) => e.new_execution_run_id.clone(),
                Some(Event::WorkflowExecutionTimedOutEventAttributes(e)) => e.new_execution_run_id.clone(),
                Some(Event::WorkflowExecutionCompletedEventAttributes(e)) => e.new_execution_run_id.clone(),
                Some(Event::WorkflowExecutionContinuedAsNewEventAttributes(e)) => e.new_execution_run_id.clone(),
                _ => String::new(),
            };
            prop_assert_eq!(!named.is_empty(), world.successor.is_some());
            if let Some(successor) = &world.successor {
                prop_assert_eq!(named, successor.key.run_id.to_string());
                world = world.next();
                prop_assert_eq!(world.run.first_run_id(), first);
                prop_assert_eq!(world.run.state.execution_expires_at(), expires_at);
            }
        }
    }
}
