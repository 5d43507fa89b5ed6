//! How a run begins and how it ends by what its workflow decides, or because it is out of time.

use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{
        CancelWorkflowExecutionCommandAttributes, Command as WorkerCommand,
        ContinueAsNewWorkflowExecutionCommandAttributes, FailWorkflowExecutionCommandAttributes, command::Attributes,
    },
    common::v1::{Header, Memo, Priority, RetryPolicy, SearchAttributes, WorkflowType},
    enums::v1::{CommandType, EventType},
    sdk::v1::UserMetadata,
    taskqueue::v1::TaskQueue,
};

use super::golden::{Golden, Refusals, Row, bare, long, negative};
use crate::convert::to_proto_duration;
use crate::run::tests::chain::fail_again;
use crate::run::tests::world::*;

pub const EVENTS: &[Golden] = &[
    Golden { event: EventType::WorkflowExecutionStarted, play: started },
    Golden { event: EventType::WorkflowExecutionCompleted, play: completed },
    Golden { event: EventType::WorkflowExecutionFailed, play: failed },
    Golden { event: EventType::WorkflowExecutionTimedOut, play: timed_out },
    Golden { event: EventType::WorkflowExecutionCanceled, play: canceled },
    Golden { event: EventType::WorkflowExecutionContinuedAsNew, play: continued },
];

pub const COMMANDS: &[Row] = &[
    Row { command: CommandType::CompleteWorkflowExecution, accepted: Some(completed), refused: completions_refused },
    Row { command: CommandType::FailWorkflowExecution, accepted: Some(failed), refused: failures_refused },
    Row { command: CommandType::CancelWorkflowExecution, accepted: Some(canceled), refused: cancels_refused },
    Row {
        command: CommandType::ContinueAsNewWorkflowExecution,
        accepted: Some(continued),
        refused: continuations_refused,
    },
];

fn seconds(seconds: u64) -> Option<prost_types::Duration> {
    Some(to_proto_duration(Duration::from_secs(seconds)))
}

fn one(bytes: usize) -> abide_api::temporal::api::common::v1::Payload {
    payloads(bytes).payloads[0].clone()
}

/// A run that was told everything that a run can be told.
fn started() -> World {
    World::with(|start| {
        let attributes = &mut start.attributes;
        attributes.input = Some(payloads(3));
        attributes.workflow_execution_timeout = seconds(300);
        attributes.workflow_run_timeout = seconds(100);
        attributes.workflow_task_timeout = seconds(7);
        attributes.retry_policy = Some(RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() });
        attributes.memo = Some(Memo { fields: [("note".to_owned(), one(1))].into() });
        attributes.search_attributes =
            Some(SearchAttributes { indexed_fields: [("CustomKeywordField".to_owned(), one(2))].into() });
        attributes.header = Some(Header { fields: [("trace".to_owned(), one(4))].into() });
        attributes.priority = Some(Priority { priority_key: 2, ..Priority::default() });
        start.user_metadata = Some(UserMetadata { summary: Some(one(5)), details: None });
    })
}

fn completed() -> World {
    let mut world = World::new();
    world.turn(vec![complete_with(Some(payloads(3)))]).expect("valid");
    world
}

/// It is tried again.
fn failed() -> World {
    let mut world = started();
    world.turn(vec![fail_again()]).expect("valid");
    world
}

/// Its time is up, and no other run follows.
fn timed_out() -> World {
    let mut world = World::with(|start| start.attributes.workflow_run_timeout = seconds(30));
    world.turn(vec![timer("t", 60)]).expect("valid");
    world.pass(Duration::from_secs(30));
    world
}

fn canceled() -> World {
    let mut world = World::new();
    world.cancel().expect("open");
    let attributes = CancelWorkflowExecutionCommandAttributes { details: Some(payloads(2)) };
    let attributes = Attributes::CancelWorkflowExecutionCommandAttributes(attributes);
    world.turn(vec![command(CommandType::CancelWorkflowExecution, attributes)]).expect("valid");
    world
}

fn continued() -> World {
    let mut world = started();
    world.turn(vec![continue_with(|it| it.input = Some(payloads(6)))]).expect("valid");
    world
}

fn continue_with(change: impl FnOnce(&mut ContinueAsNewWorkflowExecutionCommandAttributes)) -> WorkerCommand {
    let mut attributes = ContinueAsNewWorkflowExecutionCommandAttributes::default();
    change(&mut attributes);
    let attributes = Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(attributes);
    command(CommandType::ContinueAsNewWorkflowExecution, attributes)
}

/// What every command that ends a run is refused for.
fn closes_refused(refusals: &mut Refusals, closes: WorkerCommand) {
    refusals.alone("without attributes", bare(closes.command_type()));
    refusals.list("before another command", vec![closes.clone(), marker("m")]);
    let mut world = World::new();
    world.take_task().expect("offered");
    world.signal("news").expect("open");
    refusals.after("over events that it has not seen", world, vec![closes]);
}

fn completions_refused(refusals: &mut Refusals) {
    closes_refused(refusals, complete());
    refusals.alone("with a result that is too large", complete_with(Some(payloads(1001))));
    let mut world = World::new();
    world.take_task().expect("offered");
    world.fail_task().expect("started");
    refusals.after("with such a result in a retried task", world, vec![complete_with(Some(payloads(1001)))]);
}

fn failures_refused(refusals: &mut Refusals) {
    closes_refused(refusals, fail());
    let fail_with = |failure| {
        let attributes = FailWorkflowExecutionCommandAttributes { failure };
        let attributes = Attributes::FailWorkflowExecutionCommandAttributes(attributes);
        command(CommandType::FailWorkflowExecution, attributes)
    };
    refusals.alone("without a failure", fail_with(None));
    let large = application_failure(&"x".repeat(1001), "Large", false);
    refusals.alone("with a failure that is too large", fail_with(Some(large)));
}

fn cancels_refused(refusals: &mut Refusals) {
    closes_refused(refusals, cancel_workflow());
}

fn continuations_refused(refusals: &mut Refusals) {
    closes_refused(refusals, continue_as_new());
    type Change = fn(&mut ContinueAsNewWorkflowExecutionCommandAttributes);
    let changes: [(&str, Change); 7] = [
        ("as a type whose name is too long", |it| it.workflow_type = Some(WorkflowType { name: long() })),
        ("on a queue whose name is too long", |it| {
            it.task_queue = Some(TaskQueue { name: long(), ..TaskQueue::default() });
        }),
        ("with a run timeout backwards", |it| it.workflow_run_timeout = negative()),
        ("with a task timeout backwards", |it| it.workflow_task_timeout = negative()),
        ("with a wait backwards", |it| it.backoff_start_interval = negative()),
        ("with intervals that shrink", |it| {
            it.retry_policy = Some(RetryPolicy { backoff_coefficient: 0.5, ..RetryPolicy::default() });
        }),
        ("with an input that is too large", |it| it.input = Some(payloads(1001))),
    ];
    for (case, change) in changes {
        refusals.alone(case, continue_with(change));
    }
}
