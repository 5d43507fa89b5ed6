//! For tests: a run and events of it, with fixed times.

use abide_api::temporal::api::common::v1::{ActivityType, Payload, Payloads, WorkflowExecution, WorkflowType};
use abide_api::temporal::api::enums::v1::{EventType, RetryState, WorkflowExecutionStatus as Status};
use abide_api::temporal::api::failure::v1::failure::FailureInfo;
use abide_api::temporal::api::failure::v1::{ApplicationFailureInfo, Failure};
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::history::v1::{
    ActivityTaskFailedEventAttributes, ActivityTaskScheduledEventAttributes, HistoryEvent, TimerStartedEventAttributes,
    WorkflowExecutionFailedEventAttributes, WorkflowExecutionStartedEventAttributes,
};
use abide_api::temporal::api::taskqueue::v1::TaskQueue;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;
use prost_types::{Duration, Timestamp};

use super::{Described, Run};

/// What no page may take for HTML.
pub(crate) const HOSTILE: &str = "<script>alert('x')</script>\"&";
/// When everything begins.
pub(crate) const BEGAN: i64 = 1_800_000_000;

/// So many seconds behind the beginning.
pub(crate) fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: BEGAN + seconds, nanos: 0 })
}

pub(crate) fn run() -> Run {
    Run { namespace: "default".into(), workflow_id: format!("order {HOSTILE}"), run_id: "run-1".into() }
}

/// An open run of the queue `work`.
pub(crate) fn open() -> DescribeWorkflowExecutionResponse {
    let run = run();
    let info = WorkflowExecutionInfo {
        execution: Some(run.execution()),
        root_execution: Some(run.execution()),
        r#type: Some(WorkflowType { name: "Order".into() }),
        start_time: at(0),
        execution_time: at(0),
        status: Status::Running.into(),
        history_length: 7,
        history_size_bytes: 1234,
        task_queue: "work".into(),
        first_run_id: run.run_id.clone(),
        ..WorkflowExecutionInfo::default()
    };
    DescribeWorkflowExecutionResponse { workflow_execution_info: Some(info), ..Default::default() }
}

pub(crate) fn described(found: DescribeWorkflowExecutionResponse) -> Described {
    Described::of(run(), found)
}

/// An event, one second behind the one before it.
pub(crate) fn event(id: i64, kind: EventType, attributes: Attributes) -> HistoryEvent {
    HistoryEvent {
        event_id: id,
        event_time: at(id - 1),
        event_type: kind.into(),
        attributes: Some(attributes),
        ..HistoryEvent::default()
    }
}

pub(crate) fn json(text: &str) -> Payload {
    Payload {
        metadata: [("encoding".to_owned(), "json/plain".into())].into(),
        data: text.to_owned().into(),
        ..Payload::default()
    }
}

pub(crate) fn failure(message: &str) -> Failure {
    let info = ApplicationFailureInfo { r#type: "DiskFull".into(), ..ApplicationFailureInfo::default() };
    Failure {
        message: message.into(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
        ..Failure::default()
    }
}

pub(crate) fn started() -> HistoryEvent {
    let attributes = WorkflowExecutionStartedEventAttributes {
        workflow_type: Some(WorkflowType { name: "Order".into() }),
        task_queue: Some(TaskQueue { name: "work".into(), ..TaskQueue::default() }),
        input: Some(Payloads { payloads: vec![json(&format!("{HOSTILE:?}"))] }),
        original_execution_run_id: "run-1".into(),
        first_execution_run_id: "run-1".into(),
        identity: "starter".into(),
        attempt: 1,
        parent_workflow_execution: Some(WorkflowExecution { workflow_id: "parent".into(), run_id: "run-0".into() }),
        parent_initiated_event_id: 4,
        workflow_run_timeout: Some(Duration { seconds: 3600, nanos: 0 }),
        ..WorkflowExecutionStartedEventAttributes::default()
    };
    event(
        1,
        EventType::WorkflowExecutionStarted,
        Attributes::WorkflowExecutionStartedEventAttributes(Box::new(attributes)),
    )
}

pub(crate) fn activity_scheduled(id: i64) -> HistoryEvent {
    let attributes = ActivityTaskScheduledEventAttributes {
        activity_id: HOSTILE.into(),
        activity_type: Some(ActivityType { name: "Pay".into() }),
        input: Some(Payloads { payloads: vec![json("{\"amount\":1}")] }),
        workflow_task_completed_event_id: id - 1,
        ..ActivityTaskScheduledEventAttributes::default()
    };
    event(id, EventType::ActivityTaskScheduled, Attributes::ActivityTaskScheduledEventAttributes(attributes))
}

pub(crate) fn activity_failed(id: i64, message: &str) -> HistoryEvent {
    let attributes = ActivityTaskFailedEventAttributes {
        failure: Some(failure(message)),
        scheduled_event_id: id - 2,
        started_event_id: id - 1,
        identity: "worker".into(),
        retry_state: RetryState::MaximumAttemptsReached.into(),
        ..ActivityTaskFailedEventAttributes::default()
    };
    event(id, EventType::ActivityTaskFailed, Attributes::ActivityTaskFailedEventAttributes(attributes))
}

pub(crate) fn timer_started(id: i64, timer: &str, seconds: i64) -> HistoryEvent {
    let attributes = TimerStartedEventAttributes {
        timer_id: timer.into(),
        start_to_fire_timeout: Some(Duration { seconds, nanos: 0 }),
        workflow_task_completed_event_id: id - 1,
    };
    event(id, EventType::TimerStarted, Attributes::TimerStartedEventAttributes(attributes))
}

pub(crate) fn workflow_failed(id: i64, message: &str) -> HistoryEvent {
    let cause = failure(message);
    let attributes = WorkflowExecutionFailedEventAttributes {
        failure: Some(Failure {
            message: "the order failed".into(),
            cause: Some(Box::new(cause)),
            ..Failure::default()
        }),
        retry_state: RetryState::RetryPolicyNotSet.into(),
        new_execution_run_id: "run-2".into(),
        ..WorkflowExecutionFailedEventAttributes::default()
    };
    event(id, EventType::WorkflowExecutionFailed, Attributes::WorkflowExecutionFailedEventAttributes(attributes))
}
