//! Failures with more causes than anybody reads: what is kept of them can be read again, here (which [`World`] checks
//! after every step) and by workers.

use abide_api::temporal::api::{
    command::v1::{
        ContinueAsNewWorkflowExecutionCommandAttributes, FailWorkflowExecutionCommandAttributes,
        RecordMarkerCommandAttributes, command::Attributes,
    },
    common::v1::WorkflowType,
    enums::v1::{CommandType, WorkflowTaskFailedCause},
    failure::v1::Failure,
    history::v1::{History, HistoryEvent},
    update::v1::{Meta, Outcome, Rejection as Rejected, Response, outcome},
    workflowservice::v1::PollWorkflowTaskQueueResponse,
};
use prost::Message;

use super::update::{accept, message};
use super::world::*;
use crate::run::*;

/// As deep as a request can be that is read: what it stands in takes one level or a few.
fn deep() -> Option<Failure> {
    let mut failure = application_failure("root", "Root", false);
    for _ in 0..97 {
        failure = Failure { cause: Some(Box::new(failure)), ..application_failure("", "", false) };
    }
    Some(failure)
}

fn assert_readable(world: &World) {
    let events: Vec<HistoryEvent> = world.events().into_iter().cloned().collect();
    let answer = PollWorkflowTaskQueueResponse { history: Some(History::from(events)), ..Default::default() };
    assert_eq!(PollWorkflowTaskQueueResponse::decode(&*answer.encode_to_vec()).as_ref(), Ok(&answer));
    let described = world.run.describe();
    assert_eq!(Message::decode(&*described.encode_to_vec()).as_ref(), Ok(&described));
}

#[test]
fn a_failed_attempt_with_very_many_causes_can_be_read_again() {
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("a task");
    let scheduled = *world.run.state.activities.pending.keys().next().expect("an activity");
    world.take_activity(scheduled).expect("an offer");
    let failed = Resolution::Failed { failure: deep(), last_heartbeat_details: None };
    world.resolve(attempt(scheduled, 1), failed).expect("a started activity");
    assert_readable(&world);
}

#[test]
fn a_failed_workflow_task_with_very_many_causes_can_be_read_again() {
    let mut world = World::new();
    let task = world.take_task().expect("a task");
    let failed = FailWorkflowTask {
        token: task.token,
        cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
        failure: deep(),
        identity: "worker".into(),
        binary_checksum: String::new(),
    };
    world.ask(Command::FailWorkflowTask(Box::new(failed))).expect("a started task");
    assert_readable(&world);
}

#[test]
fn commands_with_very_many_causes_can_be_read_again() {
    let marker = RecordMarkerCommandAttributes { marker_name: "m".into(), failure: deep(), ..Default::default() };
    let fail = FailWorkflowExecutionCommandAttributes { failure: deep() };
    let next = ContinueAsNewWorkflowExecutionCommandAttributes {
        workflow_type: Some(WorkflowType { name: "order".into() }),
        failure: deep(),
        ..Default::default()
    };
    for (kind, attributes) in [
        (CommandType::RecordMarker, Attributes::RecordMarkerCommandAttributes(marker)),
        (CommandType::FailWorkflowExecution, Attributes::FailWorkflowExecutionCommandAttributes(fail)),
        (
            CommandType::ContinueAsNewWorkflowExecution,
            Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(next),
        ),
    ] {
        let mut world = World::new();
        world.turn(vec![command(kind, attributes)]).expect("a task");
        assert_readable(&world);
        if world.successor.is_some() {
            assert_readable(&world.next());
        }
    }
}

#[test]
fn a_start_with_very_many_causes_can_be_read_again() {
    assert_readable(&World::with(|start| start.attributes.continued_failure = deep()));
}

#[test]
fn an_update_that_fails_with_very_many_causes_can_be_read_again() {
    let mut world = World::new();
    world.update("u").expect("an open run");
    world.take_task().expect("a task");
    let outcome = Some(Outcome { value: Some(outcome::Value::Failure(deep().expect("some"))) });
    let response = Response { meta: Some(Meta { update_id: "u".into(), ..Meta::default() }), outcome };
    let answer = message("u/complete".into(), "u", "Response", &response);
    world.speak(vec![accept("u"), answer], Vec::new()).expect("a started task");
    assert_readable(&world);

    world.update("v").expect("an open run");
    world.take_task().expect("a task");
    let rejected = Rejected { failure: deep(), ..Rejected::default() };
    world.speak(vec![message("v/reject".into(), "v", "Rejection", &rejected)], Vec::new()).expect("a started task");
    assert_readable(&world);
}
