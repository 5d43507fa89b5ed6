//! Child workflows, as the history of their parent shows them.

use abide_api::temporal::api::{
    common::v1::{Header, Memo, RetryPolicy, WorkflowType},
    enums::v1::{CommandType, EventType, ParentClosePolicy, RetryState, WorkflowIdReusePolicy},
    history::v1::{
        WorkflowExecutionCanceledEventAttributes, WorkflowExecutionCompletedEventAttributes,
        WorkflowExecutionFailedEventAttributes, WorkflowExecutionTerminatedEventAttributes,
        WorkflowExecutionTimedOutEventAttributes, history_event::Attributes as Event,
    },
    taskqueue::v1::TaskQueue,
};

use super::golden::{Golden, Refusals, Row, bare, long, negative};
use crate::run::tests::family::{CHILD, ended, parent};
use crate::run::tests::world::*;
use crate::run::*;

pub const EVENTS: &[Golden] = &[
    Golden { event: EventType::StartChildWorkflowExecutionInitiated, play: initiated },
    Golden { event: EventType::StartChildWorkflowExecutionFailed, play: not_started },
    Golden { event: EventType::ChildWorkflowExecutionStarted, play: started },
    Golden { event: EventType::ChildWorkflowExecutionCompleted, play: completed },
    Golden { event: EventType::ChildWorkflowExecutionFailed, play: failed },
    Golden { event: EventType::ChildWorkflowExecutionCanceled, play: canceled },
    Golden { event: EventType::ChildWorkflowExecutionTimedOut, play: timed_out },
    Golden { event: EventType::ChildWorkflowExecutionTerminated, play: terminated },
];

pub const COMMANDS: &[Row] =
    &[Row { command: CommandType::StartChildWorkflowExecution, accepted: Some(initiated), refused: starts_refused }];

/// One with many words, and one with as few as can be.
fn initiated() -> World {
    let many = start_child_with("child", |child| {
        child.task_queue = Some(TaskQueue { name: "parcels".into(), ..TaskQueue::default() });
        child.input = Some(payloads(3));
        child.workflow_execution_timeout = Some(prost_types::Duration { seconds: 60, nanos: 0 });
        child.workflow_run_timeout = Some(prost_types::Duration { seconds: 90, nanos: 0 });
        child.workflow_task_timeout = Some(prost_types::Duration { seconds: 300, nanos: 0 });
        child.parent_close_policy = ParentClosePolicy::Abandon as i32;
        child.workflow_id_reuse_policy = WorkflowIdReusePolicy::RejectDuplicate as i32;
        child.retry_policy = Some(RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() });
        child.header = Some(Header { fields: [("trace".to_owned(), payloads(1).payloads[0].clone())].into() });
        child.memo = Some(Memo { fields: [("note".to_owned(), payloads(2).payloads[0].clone())].into() });
    });
    parent(vec![many, start_child("other")])
}

fn not_started() -> World {
    let mut parent = parent(vec![start_child("child")]);
    parent.outcome(Outbound::Child(5), Outcome::Failed(Fault::AlreadyExists));
    parent
}

fn started() -> World {
    let mut parent = parent(vec![start_child_with("child", |child| {
        child.header = Some(Header { fields: [("trace".to_owned(), payloads(1).payloads[0].clone())].into() });
    })]);
    parent.outcome(Outbound::Child(5), Outcome::Started(CHILD));
    parent
}

fn ended_so(last: Event) -> World {
    let mut parent = started();
    parent.ask(ended(5, last)).expect("it waits for its child");
    parent
}

fn completed() -> World {
    let completed = WorkflowExecutionCompletedEventAttributes { result: Some(payloads(2)), ..Default::default() };
    ended_so(Event::WorkflowExecutionCompletedEventAttributes(completed))
}

fn failed() -> World {
    let failed = WorkflowExecutionFailedEventAttributes {
        failure: Some(application_failure("lost", "Lost", true)),
        retry_state: RetryState::NonRetryableFailure as i32,
        ..Default::default()
    };
    ended_so(Event::WorkflowExecutionFailedEventAttributes(failed))
}

fn canceled() -> World {
    let canceled = WorkflowExecutionCanceledEventAttributes { details: Some(payloads(2)), ..Default::default() };
    ended_so(Event::WorkflowExecutionCanceledEventAttributes(canceled))
}

fn timed_out() -> World {
    let timed_out = WorkflowExecutionTimedOutEventAttributes {
        retry_state: RetryState::RetryPolicyNotSet as i32,
        ..Default::default()
    };
    ended_so(Event::WorkflowExecutionTimedOutEventAttributes(timed_out))
}

fn terminated() -> World {
    let terminated = WorkflowExecutionTerminatedEventAttributes { reason: "stop".into(), ..Default::default() };
    ended_so(Event::WorkflowExecutionTerminatedEventAttributes(terminated))
}

fn starts_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::StartChildWorkflowExecution));
    type Change = fn(&mut abide_api::temporal::api::command::v1::StartChildWorkflowExecutionCommandAttributes);
    let changes: [(&str, Change); 13] = [
        ("without an id", |child| child.workflow_id.clear()),
        ("with an id that is too long", |child| child.workflow_id = long()),
        ("without a type", |child| child.workflow_type = None),
        ("of a type whose name is too long", |child| child.workflow_type = Some(WorkflowType { name: long() })),
        ("with an execution timeout backwards", |child| child.workflow_execution_timeout = negative()),
        ("with a run timeout backwards", |child| child.workflow_run_timeout = negative()),
        ("with a task timeout backwards", |child| child.workflow_task_timeout = negative()),
        ("with intervals that shrink", |child| {
            child.retry_policy = Some(RetryPolicy { backoff_coefficient: 0.5, ..RetryPolicy::default() });
        }),
        ("with a schedule that cannot be read", |child| child.cron_schedule = "every day".into()),
        ("on a queue whose name is too long", |child| {
            child.task_queue = Some(TaskQueue { name: long(), ..TaskQueue::default() });
        }),
        ("on a queue of the server's own", |child| {
            child.task_queue = Some(TaskQueue { name: "/_sys/parcels/1".into(), ..TaskQueue::default() });
        }),
        ("with an input that is too large", |child| child.input = Some(payloads(1001))),
        ("with a memo that is too large", |child| {
            let note = payloads(abide_model::limits::MEMO_BYTES_MAX).payloads[0].clone();
            child.memo = Some(Memo { fields: [("note".to_owned(), note)].into() });
        }),
    ];
    for (case, change) in changes {
        refusals.alone(case, start_child_with("child", change));
    }
    refusals.alone("in a namespace that it may not speak to", in_namespace(start_child("child"), "other"));
    refusals.list("one too many", (0..2001).map(|number| start_child(&number.to_string())).collect());
}
