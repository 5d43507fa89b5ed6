//! Golden histories: what is asked, and the events that come of it, as text. Numbers in the text are event ids.

use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{RetryState, TimeoutType, WorkflowTaskFailedCause},
    history::v1::{HistoryEvent, history_event::Attributes as Event},
};

use super::world::*;
use crate::run::*;

/// One line for each event: its number, its name, and what distinguishes it.
pub fn text(world: &World) -> String {
    world.events().iter().map(|event| line(event) + "\n").collect()
}

pub fn line(event: &HistoryEvent) -> String {
    let name = event.event_type().as_str_name().trim_start_matches("EVENT_TYPE_").to_lowercase();
    let rest = match event.attributes.as_ref().expect("every event has attributes") {
        Event::WorkflowTaskScheduledEventAttributes(e) => {
            let queue = e.task_queue.as_ref().map(|queue| queue.name.as_str()).unwrap_or_default();
            format!("attempt={} queue={queue}", e.attempt)
        }
        Event::WorkflowTaskStartedEventAttributes(e) => format!("scheduled={}", e.scheduled_event_id),
        Event::WorkflowTaskCompletedEventAttributes(e) => {
            format!("scheduled={} started={}", e.scheduled_event_id, e.started_event_id)
        }
        Event::WorkflowTaskFailedEventAttributes(e) => format!("cause={}", e.cause().as_str_name()),
        Event::WorkflowTaskTimedOutEventAttributes(e) => format!("timeout={}", e.timeout_type().as_str_name()),
        Event::ActivityTaskScheduledEventAttributes(e) => {
            format!("id={} completed={}", e.activity_id, e.workflow_task_completed_event_id)
        }
        Event::ActivityTaskStartedEventAttributes(e) => {
            let failure = e.last_failure.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
            format!("scheduled={} attempt={} last_failure={failure:?}", e.scheduled_event_id, e.attempt)
        }
        Event::ActivityTaskCompletedEventAttributes(e) => {
            format!("scheduled={} started={}", e.scheduled_event_id, e.started_event_id)
        }
        Event::ActivityTaskFailedEventAttributes(e) => {
            format!(
                "scheduled={} started={} {}",
                e.scheduled_event_id,
                e.started_event_id,
                e.retry_state().as_str_name()
            )
        }
        Event::ActivityTaskTimedOutEventAttributes(e) => {
            let message = e.failure.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
            format!("scheduled={} started={} {message:?}", e.scheduled_event_id, e.started_event_id)
        }
        Event::ActivityTaskCanceledEventAttributes(e) => format!(
            "scheduled={} started={} requested={}",
            e.scheduled_event_id, e.started_event_id, e.latest_cancel_requested_event_id
        ),
        Event::ActivityTaskCancelRequestedEventAttributes(e) => format!("scheduled={}", e.scheduled_event_id),
        Event::TimerStartedEventAttributes(e) => format!("id={}", e.timer_id),
        Event::TimerFiredEventAttributes(e) => format!("id={} started={}", e.timer_id, e.started_event_id),
        Event::TimerCanceledEventAttributes(e) => format!("id={} started={}", e.timer_id, e.started_event_id),
        Event::WorkflowExecutionSignaledEventAttributes(e) => format!("name={}", e.signal_name),
        Event::WorkflowExecutionTerminatedEventAttributes(e) => format!("reason={:?}", e.reason),
        Event::WorkflowExecutionContinuedAsNewEventAttributes(e) => format!("new={}", e.new_execution_run_id),
        _ => String::new(),
    };
    format!("{:>2} {name} {rest}", event.event_id).trim_end().to_owned()
}

#[test]
fn an_activity_is_written_when_it_ends() {
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    world.take_activity(5).expect("offered");
    world.resolve(attempt(5, 1), Resolution::Completed(None)).expect("started");
    world.turn(vec![complete()]).expect("valid");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn retries_of_an_activity_leave_no_events() {
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    for number in 1..=3 {
        world.take_activity(5).expect("offered");
        let failure = Some(application_failure(&format!("failure {number}"), "No", false));
        let failed = Resolution::Failed { failure, last_heartbeat_details: None };
        world.resolve(attempt(5, number), failed).expect("started");
        world.pass(Duration::from_secs(5));
    }
    assert_eq!(world.events().last().expect("events").event_type().as_str_name(), "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_non_retryable_failure_ends_the_activity_at_once() {
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    world.take_activity(5).expect("offered");
    let failure = Some(application_failure("never", "No", true));
    world.resolve(attempt(5, 1), Resolution::Failed { failure, last_heartbeat_details: None }).expect("started");
    let failed = world.events().into_iter().find_map(|event| match &event.attributes {
        Some(Event::ActivityTaskFailedEventAttributes(failed)) => Some(failed.retry_state()),
        _ => None,
    });
    assert_eq!(failed, Some(RetryState::NonRetryableFailure));
}

#[test]
fn a_timeout_near_the_end_says_that_no_retry_fits() {
    let mut world = World::new();
    let late = schedule_with("a", |command| {
        command.start_to_close_timeout = Some(crate::convert::to_proto_duration(Duration::from_secs(4)));
        command.schedule_to_close_timeout = Some(crate::convert::to_proto_duration(Duration::from_millis(4500)));
    });
    world.turn(vec![late]).expect("valid");
    world.take_activity(5).expect("offered");
    world.pass(Duration::from_secs(4));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_schedule_to_start_timeout_is_not_retried() {
    let mut world = World::new();
    let waits = schedule_with("a", |command| {
        command.schedule_to_start_timeout = Some(crate::convert::to_proto_duration(Duration::from_secs(1)));
    });
    world.turn(vec![waits]).expect("valid");
    world.pass(Duration::from_secs(1));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn events_that_arrive_during_a_task_follow_its_commands() {
    let mut world = World::new();
    world.turn(vec![schedule("a"), timer("t", 60)]).expect("valid");
    world.signal("first").expect("open");
    world.take_activity(5).expect("offered");
    world.take_task().expect("offered");
    world.resolve(attempt(5, 1), Resolution::Completed(None)).expect("started");
    world.signal("second").expect("open");
    world.cancel().expect("open");
    world.complete(vec![marker("m")]).expect("valid");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_timer_cancelled_before_the_workflow_knew_never_fired() {
    let mut world = World::new();
    world.turn(vec![timer("t", 1)]).expect("valid");
    world.signal("wake").expect("open");
    world.take_task().expect("offered");
    world.pass(Duration::from_secs(2));
    world.complete(vec![cancel_timer("t")]).expect("valid");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_run_is_not_closed_over_events_that_it_has_not_seen() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.signal("news").expect("open");
    let reply = world.complete(vec![complete()]).expect("recorded as a failed task");
    let Reply::WorkflowTaskCompleted(completed) = reply else { panic!("not a completion") };
    assert_eq!(completed.refused.expect("refused").cause, WorkflowTaskFailedCause::UnhandledCommand);
    insta::assert_snapshot!(text(&world));
}

#[test]
fn only_the_first_failure_of_a_workflow_task_is_shown() {
    let mut world = World::new();
    for _ in 0..3 {
        world.take_task().expect("offered");
        world.fail_task().expect("started");
    }
    let started = world.take_task().expect("offered");
    assert_eq!((started.token.attempt, started.virtual_events.len()), (4, 2));
    world.complete(vec![complete()]).expect("valid");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn news_turn_a_retried_task_into_an_ordinary_one() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.fail_task().expect("started");
    world.signal("news").expect("open");
    world.take_task().expect("offered");
    world.complete(vec![]).expect("valid");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_task_that_its_own_worker_does_not_take_goes_to_any_worker() {
    let mut world = World::new();
    world.take_task().expect("offered");
    let sticky = QueueName { name: "worker-1".into(), normal_name: "orders".into() };
    world.complete_with(vec![], |done| done.sticky = Some((sticky, Duration::from_secs(5)))).expect("valid");
    world.signal("wake").expect("open");
    world.pass(Duration::from_secs(5));
    let started = world.take_task().expect("offered");
    assert_eq!((started.sticky, started.first_event_id), (false, 1));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_silent_worker_loses_its_task() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.pass(Duration::from_secs(10));
    let timed_out = world.events().iter().any(|event| match &event.attributes {
        Some(Event::WorkflowTaskTimedOutEventAttributes(e)) => e.timeout_type() == TimeoutType::StartToClose,
        _ => false,
    });
    assert!(timed_out);
    assert_eq!(world.complete(vec![complete()]).err(), Some(Rejection::WorkflowTaskNotFound));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_cancelled_activity_that_nobody_started_ends_behind_the_commands() {
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    world.cancel().expect("open");
    world.turn(vec![cancel_activity(5), marker("m")]).expect("valid");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_started_activity_ends_cancelled_only_when_it_was_asked() {
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    world.take_activity(5).expect("offered");
    let refused = world.resolve(attempt(5, 1), Resolution::Canceled(None));
    assert_eq!(refused.err(), Some(Rejection::CancellationNotRequested));
    world.cancel().expect("open");
    world.turn(vec![cancel_activity(5)]).expect("valid");
    world.resolve(attempt(5, 1), Resolution::Canceled(None)).expect("asked");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn an_activity_completed_by_its_id_need_not_have_been_started() {
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    world.resolve(ActivityReference::Id("a".into()), Resolution::Completed(None)).expect("pending");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_run_continues_as_one_successor() {
    let mut world = World::new();
    world.turn(vec![continue_as_new()]).expect("valid");
    let successor = world.successor.take().expect("there is one");
    assert_eq!(successor.attributes.continued_execution_run_id, world.run.run_id().to_string());
    assert_eq!(successor.attributes.first_execution_run_id, world.run.run_id().to_string());
    assert_eq!(successor.attributes.input, Some(payloads(3)));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn termination_fails_the_task_that_a_worker_has() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.signal("unseen").expect("open");
    world.terminate().expect("open");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_run_times_out_with_everything_in_it() {
    let mut world = World::with(|start| {
        let timeout = crate::convert::to_proto_duration(Duration::from_secs(30));
        start.attributes.workflow_execution_timeout = Some(timeout);
    });
    world.turn(vec![schedule("a"), timer("t", 100)]).expect("valid");
    world.pass(Duration::from_secs(30));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_payload_that_cannot_be_stored_ends_the_run() {
    let mut world = World::new();
    world.turn(vec![complete_with(Some(payloads(1001)))]).expect("recorded");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_bad_command_fails_the_first_attempt_and_then_waits() {
    let mut world = World::new();
    let reply = world.turn(vec![marker("m"), timer("", 1)]).expect("recorded as a failed task");
    let Reply::WorkflowTaskCompleted(completed) = reply else { panic!("not a completion") };
    let message = completed.refused.expect("refused").message;
    assert_eq!(message, "BadStartTimerAttributes: TimerId is not set on StartTimerCommand.");
    let again = world.turn(vec![timer("", 1)]);
    assert!(matches!(again, Err(Rejection::Refused(_))), "a retry is left to time out");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_close_that_is_not_last_is_refused_without_a_trace() {
    let mut world = World::new();
    world.take_task().expect("offered");
    let refused = world.complete(vec![complete(), marker("m")]);
    let text = "invalid command sequence: [CompleteWorkflowExecution, RecordMarker], \
                command CompleteWorkflowExecution must be the last command.";
    assert_eq!(refused.err(), Some(Rejection::InvalidCommandSequence(text.into())));
}

#[test]
fn a_signal_with_the_same_request_id_counts_once() {
    let mut world = World::new();
    world.signal("a").expect("open");
    world.signal("a").expect("a repetition is acknowledged");
    let signals = world.events().iter().filter(|event| line(event).contains("signaled")).count();
    assert_eq!(signals, 1);
}

#[test]
fn a_delayed_start_waits_through_signals() {
    let mut world = World::with(|start| {
        let delay = crate::convert::to_proto_duration(Duration::from_secs(60));
        start.attributes.first_workflow_task_backoff = Some(delay);
    });
    world.signal("early").expect("open");
    assert!(world.offers.is_empty());
    world.pass(Duration::from_secs(60));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn too_many_buffered_events_end_the_task_that_they_wait_for() {
    let mut world = World::new();
    world.take_task().expect("offered");
    for number in 0..=abide_model::limits::BUFFERED_EVENTS_MAX {
        world.signal(&format!("signal-{number}")).expect("open");
    }
    let failed = world.events().iter().any(|event| line(event).contains("FORCE_CLOSE_COMMAND"));
    assert!(failed && world.run.state.buffer.events.is_empty());
}

#[test]
fn a_cancelled_workflow_says_so() {
    let mut world = World::new();
    world.cancel().expect("open");
    world.cancel().expect("asking again is acknowledged");
    world.turn(vec![cancel_workflow()]).expect("valid");
    insta::assert_snapshot!(text(&world));
}

#[test]
fn heartbeat_details_reach_the_next_attempt() {
    let mut world = World::new();
    let beats = schedule_with("a", |command| {
        command.heartbeat_timeout = Some(crate::convert::to_proto_duration(Duration::from_secs(2)));
    });
    world.turn(vec![beats]).expect("valid");
    world.take_activity(5).expect("offered");
    world.pass(Duration::from_secs(1));
    let heartbeat = RecordHeartbeat { activity: attempt(5, 1), details: Some(payloads(9)), identity: "worker".into() };
    world.ask(Command::RecordHeartbeat(Box::new(heartbeat))).expect("started");
    world.pass(Duration::from_secs(2));
    world.pass(Duration::from_secs(1));
    let second = world.take_activity(5).expect("offered again");
    assert_eq!((second.attempt, second.heartbeat_details), (2, Some(payloads(9))));
}
