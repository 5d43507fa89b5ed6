//! One line that says what an event tells, beyond its type.

use abide_api::temporal::api::common::v1::{WorkflowExecution, WorkflowType};
use abide_api::temporal::api::enums::v1::{ParentClosePolicy, RetryState, TimeoutType};
use abide_api::temporal::api::failure::v1::Failure;
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::update::v1::{Request, outcome};

use super::{messages, retry_state, spoken, task_failed_cause};
use crate::widgets::span_text;

/// The line; empty if the type says it all.
pub(crate) fn summary(event: &HistoryEvent) -> String {
    let Some(attributes) = &event.attributes else { return String::new() };
    about_workflow(attributes)
        .or_else(|| about_tasks(attributes))
        .or_else(|| about_others(attributes))
        .or_else(|| about_messages(attributes))
        .unwrap_or_default()
}

fn about_workflow(attributes: &Attributes) -> Option<String> {
    Some(match attributes {
        Attributes::WorkflowExecutionStartedEventAttributes(it) => {
            let queue = it.task_queue.as_ref().map(|queue| queue.name.as_str()).unwrap_or_default();
            joined([name(&it.workflow_type, |kind| &kind.name), format!("on {queue}"), attempt(it.attempt)])
        }
        Attributes::WorkflowExecutionFailedEventAttributes(it) => ended(it.failure.as_ref(), it.retry_state()),
        Attributes::WorkflowExecutionTimedOutEventAttributes(it) => ended(None, it.retry_state()),
        Attributes::WorkflowExecutionContinuedAsNewEventAttributes(it) => {
            format!("{} goes on as {}", name(&it.workflow_type, |kind| &kind.name), it.new_execution_run_id)
        }
        Attributes::WorkflowExecutionTerminatedEventAttributes(it) => joined([it.reason.clone(), by(&it.identity)]),
        Attributes::WorkflowExecutionCancelRequestedEventAttributes(it) => {
            joined([it.cause.clone(), by(&it.identity), from(&it.external_workflow_execution)])
        }
        Attributes::WorkflowExecutionPausedEventAttributes(it) => joined([it.reason.clone(), by(&it.identity)]),
        Attributes::WorkflowExecutionUnpausedEventAttributes(it) => joined([it.reason.clone(), by(&it.identity)]),
        Attributes::UpsertWorkflowSearchAttributesEventAttributes(it) => {
            let fields = it.search_attributes.as_ref().map(|set| set.indexed_fields.keys());
            fields.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
        }
        Attributes::WorkflowPropertiesModifiedEventAttributes(it) => {
            let fields = it.upserted_memo.as_ref().map(|memo| memo.fields.keys());
            fields.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
        }
        _ => return None,
    })
}

fn about_tasks(attributes: &Attributes) -> Option<String> {
    Some(match attributes {
        Attributes::WorkflowTaskScheduledEventAttributes(it) => attempt(it.attempt),
        Attributes::WorkflowTaskStartedEventAttributes(it) => by(&it.identity),
        Attributes::WorkflowTaskCompletedEventAttributes(it) => by(&it.identity),
        Attributes::WorkflowTaskTimedOutEventAttributes(it) => timeout(it.timeout_type()),
        Attributes::WorkflowTaskFailedEventAttributes(it) => {
            let said = it.failure.as_ref().map(messages).unwrap_or_default();
            joined([task_failed_cause(it.cause()), said])
        }
        Attributes::ActivityTaskScheduledEventAttributes(it) => {
            joined([name(&it.activity_type, |kind| &kind.name), format!("id {}", it.activity_id)])
        }
        Attributes::ActivityTaskStartedEventAttributes(it) => joined([attempt(it.attempt), by(&it.identity)]),
        Attributes::ActivityTaskCompletedEventAttributes(it) => by(&it.identity),
        Attributes::ActivityTaskFailedEventAttributes(it) => ended(it.failure.as_ref(), it.retry_state()),
        Attributes::ActivityTaskTimedOutEventAttributes(it) => ended(it.failure.as_ref(), it.retry_state()),
        Attributes::ActivityTaskCanceledEventAttributes(it) => by(&it.identity),
        Attributes::TimerStartedEventAttributes(it) => {
            let span = it.start_to_fire_timeout.as_ref().map(|span| span_text(span.seconds, span.nanos));
            joined([format!("id {}", it.timer_id), span.unwrap_or_default()])
        }
        Attributes::TimerFiredEventAttributes(it) => format!("id {}", it.timer_id),
        Attributes::TimerCanceledEventAttributes(it) => format!("id {}", it.timer_id),
        Attributes::MarkerRecordedEventAttributes(it) => {
            joined([it.marker_name.clone(), it.failure.as_ref().map(messages).unwrap_or_default()])
        }
        _ => return None,
    })
}

fn about_others(attributes: &Attributes) -> Option<String> {
    let kind = |kind: &Option<WorkflowType>| name(kind, |kind| &kind.name);
    Some(match attributes {
        Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(it) => {
            let policy = match it.parent_close_policy() {
                ParentClosePolicy::Unspecified | ParentClosePolicy::Terminate => String::new(),
                other => format!("to {} when this one ends", spoken(other.as_str_name(), "PARENT_CLOSE_POLICY_")),
            };
            joined([kind(&it.workflow_type), format!("id {}", it.workflow_id), policy])
        }
        Attributes::StartChildWorkflowExecutionFailedEventAttributes(it) => {
            let cause = spoken(it.cause().as_str_name(), "START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_");
            joined([kind(&it.workflow_type), format!("id {}", it.workflow_id), cause])
        }
        Attributes::ChildWorkflowExecutionStartedEventAttributes(it) => {
            child(&it.workflow_type, &it.workflow_execution)
        }
        Attributes::ChildWorkflowExecutionCompletedEventAttributes(it) => {
            child(&it.workflow_type, &it.workflow_execution)
        }
        Attributes::ChildWorkflowExecutionFailedEventAttributes(it) => {
            joined([child(&it.workflow_type, &it.workflow_execution), ended(it.failure.as_ref(), it.retry_state())])
        }
        Attributes::ChildWorkflowExecutionCanceledEventAttributes(it) => {
            child(&it.workflow_type, &it.workflow_execution)
        }
        Attributes::ChildWorkflowExecutionTimedOutEventAttributes(it) => {
            child(&it.workflow_type, &it.workflow_execution)
        }
        Attributes::ChildWorkflowExecutionTerminatedEventAttributes(it) => {
            child(&it.workflow_type, &it.workflow_execution)
        }
        Attributes::NexusOperationScheduledEventAttributes(it) => {
            joined([format!("{}/{}", it.service, it.operation), format!("at {}", it.endpoint)])
        }
        Attributes::NexusOperationFailedEventAttributes(it) => ended(it.failure.as_ref(), RetryState::Unspecified),
        Attributes::NexusOperationTimedOutEventAttributes(it) => ended(it.failure.as_ref(), RetryState::Unspecified),
        _ => return None,
    })
}

fn about_messages(attributes: &Attributes) -> Option<String> {
    let update = |request: &Option<Request>| {
        let input = request.as_ref().and_then(|request| request.input.as_ref());
        let id =
            request.as_ref().and_then(|request| request.meta.as_ref()).map(|meta| format!("id {}", meta.update_id));
        joined([input.map(|input| input.name.clone()).unwrap_or_default(), id.unwrap_or_default()])
    };
    Some(match attributes {
        Attributes::WorkflowExecutionSignaledEventAttributes(it) => {
            joined([it.signal_name.clone(), by(&it.identity), from(&it.external_workflow_execution)])
        }
        Attributes::SignalExternalWorkflowExecutionInitiatedEventAttributes(it) => {
            joined([it.signal_name.clone(), to(&it.workflow_execution)])
        }
        Attributes::SignalExternalWorkflowExecutionFailedEventAttributes(it) => {
            let cause = spoken(it.cause().as_str_name(), "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_");
            joined([to(&it.workflow_execution), cause])
        }
        Attributes::ExternalWorkflowExecutionSignaledEventAttributes(it) => to(&it.workflow_execution),
        Attributes::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(it) => {
            joined([to(&it.workflow_execution), it.reason.clone()])
        }
        Attributes::RequestCancelExternalWorkflowExecutionFailedEventAttributes(it) => {
            let cause = spoken(it.cause().as_str_name(), "CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_");
            joined([to(&it.workflow_execution), cause])
        }
        Attributes::ExternalWorkflowExecutionCancelRequestedEventAttributes(it) => to(&it.workflow_execution),
        Attributes::WorkflowExecutionUpdateAdmittedEventAttributes(it) => update(&it.request),
        Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(it) => update(&it.accepted_request),
        Attributes::WorkflowExecutionUpdateRejectedEventAttributes(it) => {
            joined([update(&it.rejected_request), it.failure.as_ref().map(messages).unwrap_or_default()])
        }
        Attributes::WorkflowExecutionUpdateCompletedEventAttributes(it) => {
            let id = it.meta.as_ref().map(|meta| format!("id {}", meta.update_id)).unwrap_or_default();
            let failure = match it.outcome.as_ref().and_then(|outcome| outcome.value.as_ref()) {
                Some(outcome::Value::Failure(failure)) => messages(failure),
                Some(outcome::Value::Success(_)) | None => String::new(),
            };
            joined([id, failure])
        }
        _ => return None,
    })
}

fn ended(failure: Option<&Failure>, state: RetryState) -> String {
    joined([failure.map(messages).unwrap_or_default(), retry_state(state).unwrap_or_default()])
}

fn child(kind: &Option<WorkflowType>, run: &Option<WorkflowExecution>) -> String {
    let id = run.as_ref().map(|run| format!("id {}", run.workflow_id)).unwrap_or_default();
    joined([name(kind, |kind| &kind.name), id])
}

fn name<T>(of: &Option<T>, name: impl Fn(&T) -> &String) -> String {
    of.as_ref().map(name).cloned().unwrap_or_default()
}

fn by(identity: &str) -> String {
    if identity.is_empty() { String::new() } else { format!("by {identity}") }
}

fn to(run: &Option<WorkflowExecution>) -> String {
    run.as_ref().map(|run| format!("to {}", run.workflow_id)).unwrap_or_default()
}

fn from(run: &Option<WorkflowExecution>) -> String {
    run.as_ref().map(|run| format!("from {}", run.workflow_id)).unwrap_or_default()
}

fn attempt(attempt: i32) -> String {
    if attempt > 1 { format!("attempt {attempt}") } else { String::new() }
}

fn timeout(kind: TimeoutType) -> String {
    spoken(kind.as_str_name(), "TIMEOUT_TYPE_")
}

fn joined<const N: usize>(parts: [String; N]) -> String {
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(", ")
}
