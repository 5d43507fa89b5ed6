//! How soon, and with what, a workflow continues as new; and how much it may decide at once.

use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{ContinueAsNewWorkflowExecutionCommandAttributes, command::Attributes},
    common::v1::{Memo, SearchAttributes},
    enums::v1::{CommandType, EventType, WorkflowTaskFailedCause},
    history::v1::history_event::Attributes as Event,
};

use super::world::*;
use crate::convert::{from_proto_duration, to_proto_duration};
use crate::run::*;

fn continuation(change: impl FnOnce(&mut ContinueAsNewWorkflowExecutionCommandAttributes)) -> Attributes {
    let mut attributes = ContinueAsNewWorkflowExecutionCommandAttributes::default();
    change(&mut attributes);
    Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(attributes)
}

/// How long the run waits that follows one which lived for so long.
fn wait_after(lived: Duration, asked: Option<Duration>) -> Duration {
    let mut world = World::new();
    world.now = world.now.after(lived);
    let attributes = continuation(|command| command.backoff_start_interval = asked.map(to_proto_duration));
    world.turn(vec![command(CommandType::ContinueAsNewWorkflowExecution, attributes)]).expect("valid");
    match &world.next().events()[0].attributes {
        Some(Event::WorkflowExecutionStartedEventAttributes(started)) => {
            from_proto_duration(started.first_workflow_task_backoff.as_ref())
        }
        other => panic!("a run begins with its start, not with {other:?}"),
    }
}

#[test]
fn a_workflow_continues_as_new_at_most_once_a_second() {
    let millis = Duration::from_millis;
    for (lived, asked, expected) in [
        (0, None, 1000),
        (400, None, 600),
        (1000, None, 0),
        (5000, None, 0),
        (100, Some(200), 900),
        (100, Some(900), 900),
        (100, Some(5000), 5000),
        (5000, Some(200), 200),
    ] {
        assert_eq!(wait_after(millis(lived), asked.map(millis)), millis(expected), "{lived} {asked:?}");
    }
}

#[test]
fn memo_and_search_attributes_of_a_continuation_are_the_commands_alone() {
    let named = |name: &str| [(name.to_owned(), payloads(1).payloads.remove(0))].into();
    let mut world = World::with(|start| {
        start.attributes.memo = Some(Memo { fields: named("a") });
        start.attributes.search_attributes = Some(SearchAttributes { indexed_fields: named("b") });
    });
    let attributes = continuation(|command| command.memo = Some(Memo { fields: named("c") }));
    world.turn(vec![command(CommandType::ContinueAsNewWorkflowExecution, attributes)]).expect("valid");
    let info = world.next().run.info();
    assert_eq!(info.memo.expect("shown").fields.into_keys().collect::<Vec<_>>(), ["c"]);
    assert!(info.search_attributes.expect("shown").indexed_fields.is_empty());
}

#[test]
fn a_worker_that_decides_more_than_can_be_stored_together_ends_the_run() {
    let mut world = World::new();
    world.limits.transaction_bytes_max = 1500;
    let result = world.turn(vec![complete_with(Some(payloads(800))), marker("m")]);
    assert!(matches!(result, Err(Rejection::InvalidCommandSequence(_))), "{result:?}");
    let large = |id: &str| schedule_with(id, |activity| activity.input = Some(payloads(800)));
    let Ok(Reply::WorkflowTaskCompleted(reply)) = world.complete(vec![large("a"), large("b")]) else { panic!() };
    let message = reply.refused.expect("refused").message;
    assert!(message.starts_with("transaction size of ") && message.ends_with(" exceeds limit of 1500 bytes"));
    let kinds: Vec<EventType> = world.events().iter().map(|event| event.event_type()).collect();
    let expected = [
        EventType::WorkflowExecutionStarted,
        EventType::WorkflowTaskScheduled,
        EventType::WorkflowTaskStarted,
        EventType::WorkflowTaskFailed,
        EventType::WorkflowExecutionTerminated,
    ];
    assert_eq!(kinds, expected);
    let Some(Event::WorkflowTaskFailedEventAttributes(failed)) = &world.events()[3].attributes else { panic!() };
    assert_eq!(failed.cause(), WorkflowTaskFailedCause::ForceCloseCommand);
    let Some(Event::WorkflowExecutionTerminatedEventAttributes(ended)) = &world.events()[4].attributes else {
        panic!()
    };
    assert_eq!(ended.reason, "Transaction size exceeds limit.");
}
