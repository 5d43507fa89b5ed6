//! What one event means to groups: it begins one, or it is what came of one. Knows the attributes of all events; knows
//! no other event.

use abide_api::temporal::api::enums::v1::{
    CancelExternalWorkflowExecutionFailedCause, SignalExternalWorkflowExecutionFailedCause,
    StartChildWorkflowExecutionFailedCause, WorkflowTaskFailedCause,
};
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::update::v1::{Request, outcome};

use super::group::{Category, Status};
use super::marker;
use super::words::{first_line, reason, timeout, words};

/// What an event means.
pub(super) enum Meaning {
    /// Something begins; maybe it ends at once.
    Begins(Beginning),
    /// Something goes on or ends.
    Continues(Reference, Step),
}

/// What begins.
pub(super) struct Beginning {
    pub(super) category: Category,
    pub(super) name: String,
    pub(super) key: String,
    pub(super) status: Status,
    pub(super) attempt: u32,
    /// How long it is to take, in milliseconds, if that is known.
    pub(super) takes: Option<i64>,
    pub(super) reason: String,
    /// When it began and ended, in milliseconds since the epoch, if the event says something else than its own time.
    pub(super) span: Option<(i64, i64)>,
}

/// Which group goes on.
pub(super) enum Reference {
    /// The one of this event.
    Event(i64),
    /// The run.
    Run,
    /// The update with this id.
    Update(String),
    /// The pause that is not over.
    Pause,
}

/// What came of a group.
#[derive(Default)]
pub(super) struct Step {
    /// How it stands now; unchanged if there is none.
    pub(super) status: Option<Status>,
    pub(super) attempt: Option<u32>,
    /// What it is called, if only this event knows.
    pub(super) name: String,
    pub(super) reason: String,
}

/// What the event means. An event of a kind that is younger than this code is a note.
pub(super) fn of(event: &HistoryEvent) -> Meaning {
    let Some(attributes) = &event.attributes else { return unknown(event) };
    let found = run(attributes)
        .or_else(|| workflow_task(attributes))
        .or_else(|| activity(attributes))
        .or_else(|| timer_or_marker(attributes))
        .or_else(|| child(attributes))
        .or_else(|| external(attributes))
        .or_else(|| update(attributes))
        .or_else(|| nexus(attributes))
        .or_else(|| property(attributes));
    found.unwrap_or_else(|| unknown(event))
}

fn run(attributes: &Attributes) -> Option<Meaning> {
    use Attributes as A;
    Some(match attributes {
        A::WorkflowExecutionStartedEventAttributes(it) => {
            let name = it.workflow_type.as_ref().map(|kind| kind.name.clone()).unwrap_or_default();
            let begins = Beginning::new(Category::Run, name, Status::Running).key(&it.workflow_id);
            Meaning::Begins(begins.attempt(it.attempt))
        }
        A::WorkflowExecutionCompletedEventAttributes(_) => ends_run(Status::Completed, String::new()),
        A::WorkflowExecutionFailedEventAttributes(it) => ends_run(Status::Failed, reason(it.failure.as_ref())),
        A::WorkflowExecutionTimedOutEventAttributes(_) => ends_run(Status::TimedOut, String::new()),
        A::WorkflowExecutionCanceledEventAttributes(_) => ends_run(Status::Canceled, String::new()),
        A::WorkflowExecutionTerminatedEventAttributes(it) => ends_run(Status::Terminated, first_line(&it.reason)),
        A::WorkflowExecutionContinuedAsNewEventAttributes(_) => ends_run(Status::ContinuedAsNew, String::new()),
        A::WorkflowExecutionCancelRequestedEventAttributes(it) => {
            let begins = Beginning::new(Category::Run, "Cancel request".to_owned(), Status::CancelRequested);
            Meaning::Begins(begins.reason(first_line(&it.cause)))
        }
        A::WorkflowExecutionPausedEventAttributes(it) => {
            let begins = Beginning::new(Category::Run, "Pause".to_owned(), Status::Paused);
            Meaning::Begins(begins.reason(first_line(&it.reason)))
        }
        A::WorkflowExecutionUnpausedEventAttributes(_) => {
            Meaning::Continues(Reference::Pause, Step::to(Status::Resumed))
        }
        _ => return None,
    })
}

fn workflow_task(attributes: &Attributes) -> Option<Meaning> {
    use Attributes as A;
    Some(match attributes {
        A::WorkflowTaskScheduledEventAttributes(it) => {
            let begins = Beginning::new(Category::WorkflowTask, "Workflow task".to_owned(), Status::Scheduled);
            Meaning::Begins(begins.attempt(it.attempt))
        }
        A::WorkflowTaskStartedEventAttributes(it) => step(it.scheduled_event_id, Step::to(Status::Started)),
        A::WorkflowTaskCompletedEventAttributes(it) => step(it.scheduled_event_id, Step::to(Status::Completed)),
        A::WorkflowTaskTimedOutEventAttributes(it) => {
            step(it.scheduled_event_id, Step::to(Status::TimedOut).because(timeout(it.timeout_type)))
        }
        A::WorkflowTaskFailedEventAttributes(it) => {
            let cause = words(WorkflowTaskFailedCause::try_from(it.cause).ok().map(|cause| cause.as_str_name()));
            let cause = cause.trim_start_matches("workflow task failed cause ").to_owned();
            let reasons = [cause, reason(it.failure.as_ref())];
            let reasons: Vec<_> = reasons.into_iter().filter(|reason| !reason.is_empty()).collect();
            step(it.scheduled_event_id, Step::to(Status::Failed).because(reasons.join(": ")))
        }
        _ => return None,
    })
}

fn activity(attributes: &Attributes) -> Option<Meaning> {
    use Attributes as A;
    Some(match attributes {
        A::ActivityTaskScheduledEventAttributes(it) => {
            let name = it.activity_type.as_ref().map(|kind| kind.name.clone()).unwrap_or_default();
            Meaning::Begins(Beginning::new(Category::Activity, name, Status::Scheduled).key(&it.activity_id))
        }
        A::ActivityTaskStartedEventAttributes(it) => {
            let attempt = u32::try_from(it.attempt).ok();
            step(it.scheduled_event_id, Step { attempt, ..Step::to(Status::Started) })
        }
        A::ActivityTaskCompletedEventAttributes(it) => step(it.scheduled_event_id, Step::to(Status::Completed)),
        A::ActivityTaskFailedEventAttributes(it) => {
            step(it.scheduled_event_id, Step::to(Status::Failed).because(reason(it.failure.as_ref())))
        }
        A::ActivityTaskTimedOutEventAttributes(it) => {
            step(it.scheduled_event_id, Step::to(Status::TimedOut).because(reason(it.failure.as_ref())))
        }
        A::ActivityTaskCancelRequestedEventAttributes(it) => step(it.scheduled_event_id, Step::default()),
        A::ActivityTaskCanceledEventAttributes(it) => step(it.scheduled_event_id, Step::to(Status::Canceled)),
        A::ActivityPropertiesModifiedExternallyEventAttributes(it) => step(it.scheduled_event_id, Step::default()),
        _ => return None,
    })
}

fn timer_or_marker(attributes: &Attributes) -> Option<Meaning> {
    use Attributes as A;
    Some(match attributes {
        A::TimerStartedEventAttributes(it) => {
            let takes = it.start_to_fire_timeout.map(|takes| takes.seconds * 1000 + i64::from(takes.nanos) / 1_000_000);
            let begins = Beginning::new(Category::Timer, it.timer_id.clone(), Status::Started);
            Meaning::Begins(Beginning { takes, ..begins })
        }
        A::TimerFiredEventAttributes(it) => step(it.started_event_id, Step::to(Status::Fired)),
        A::TimerCanceledEventAttributes(it) => step(it.started_event_id, Step::to(Status::Canceled)),
        A::MarkerRecordedEventAttributes(it) => Meaning::Begins(marker::read(it)),
        _ => return None,
    })
}

fn child(attributes: &Attributes) -> Option<Meaning> {
    use Attributes as A;
    Some(match attributes {
        A::StartChildWorkflowExecutionInitiatedEventAttributes(it) => {
            let name = it.workflow_type.as_ref().map(|kind| kind.name.clone()).unwrap_or_default();
            Meaning::Begins(Beginning::new(Category::ChildWorkflow, name, Status::Scheduled).key(&it.workflow_id))
        }
        A::StartChildWorkflowExecutionFailedEventAttributes(it) => {
            let cause = StartChildWorkflowExecutionFailedCause::try_from(it.cause);
            let cause = words(cause.ok().map(|cause| cause.as_str_name()));
            let cause = cause.trim_start_matches("start child workflow execution failed cause ").to_owned();
            step(it.initiated_event_id, Step::to(Status::Failed).because(cause))
        }
        A::ChildWorkflowExecutionStartedEventAttributes(it) => step(it.initiated_event_id, Step::to(Status::Started)),
        A::ChildWorkflowExecutionCompletedEventAttributes(it) => {
            step(it.initiated_event_id, Step::to(Status::Completed))
        }
        A::ChildWorkflowExecutionFailedEventAttributes(it) => {
            step(it.initiated_event_id, Step::to(Status::Failed).because(reason(it.failure.as_ref())))
        }
        A::ChildWorkflowExecutionCanceledEventAttributes(it) => step(it.initiated_event_id, Step::to(Status::Canceled)),
        A::ChildWorkflowExecutionTimedOutEventAttributes(it) => step(it.initiated_event_id, Step::to(Status::TimedOut)),
        A::ChildWorkflowExecutionTerminatedEventAttributes(it) => {
            step(it.initiated_event_id, Step::to(Status::Terminated))
        }
        _ => return None,
    })
}

fn external(attributes: &Attributes) -> Option<Meaning> {
    use Attributes as A;
    Some(match attributes {
        A::SignalExternalWorkflowExecutionInitiatedEventAttributes(it) => {
            let to = it.workflow_execution.as_ref().map(|to| to.workflow_id.as_str()).unwrap_or_default();
            let begins = Beginning::new(Category::ExternalSignal, it.signal_name.clone(), Status::Scheduled);
            Meaning::Begins(begins.key(to))
        }
        A::SignalExternalWorkflowExecutionFailedEventAttributes(it) => {
            let cause = SignalExternalWorkflowExecutionFailedCause::try_from(it.cause);
            let cause = words(cause.ok().map(|cause| cause.as_str_name()));
            let cause = cause.trim_start_matches("signal external workflow execution failed cause ").to_owned();
            step(it.initiated_event_id, Step::to(Status::Failed).because(cause))
        }
        A::ExternalWorkflowExecutionSignaledEventAttributes(it) => {
            step(it.initiated_event_id, Step::to(Status::Signaled))
        }
        A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(it) => {
            let to = it.workflow_execution.as_ref().map(|to| to.workflow_id.clone()).unwrap_or_default();
            Meaning::Begins(Beginning::new(Category::ExternalCancel, to, Status::Scheduled))
        }
        A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(it) => {
            let cause = CancelExternalWorkflowExecutionFailedCause::try_from(it.cause);
            let cause = words(cause.ok().map(|cause| cause.as_str_name()));
            let cause = cause.trim_start_matches("cancel external workflow execution failed cause ").to_owned();
            step(it.initiated_event_id, Step::to(Status::Failed).because(cause))
        }
        A::ExternalWorkflowExecutionCancelRequestedEventAttributes(it) => {
            step(it.initiated_event_id, Step::to(Status::CancelRequested))
        }
        A::WorkflowExecutionSignaledEventAttributes(it) => {
            Meaning::Begins(Beginning::new(Category::Signal, it.signal_name.clone(), Status::Signaled))
        }
        _ => return None,
    })
}

fn update(attributes: &Attributes) -> Option<Meaning> {
    use Attributes as A;
    Some(match attributes {
        A::WorkflowExecutionUpdateAdmittedEventAttributes(it) => {
            let request = it.request.as_ref();
            let id = request.and_then(|request| request.meta.as_ref()).map(|meta| meta.update_id.as_str());
            let begins = Beginning::new(Category::Update, update_name(request), Status::Admitted);
            Meaning::Begins(begins.key(id.unwrap_or_default()))
        }
        A::WorkflowExecutionUpdateAcceptedEventAttributes(it) => {
            let name = update_name(it.accepted_request.as_ref());
            let reference = Reference::Update(it.protocol_instance_id.clone());
            Meaning::Continues(reference, Step { name, ..Step::to(Status::Accepted) })
        }
        A::WorkflowExecutionUpdateRejectedEventAttributes(it) => {
            let name = update_name(it.rejected_request.as_ref());
            let reference = Reference::Update(it.protocol_instance_id.clone());
            let step = Step { name, ..Step::to(Status::Rejected) };
            Meaning::Continues(reference, step.because(reason(it.failure.as_ref())))
        }
        A::WorkflowExecutionUpdateCompletedEventAttributes(it) => {
            let failed = match it.outcome.as_ref().and_then(|outcome| outcome.value.as_ref()) {
                Some(outcome::Value::Failure(failure)) => Some(failure),
                Some(outcome::Value::Success(_)) | None => None,
            };
            let status = if failed.is_some() { Status::Failed } else { Status::Completed };
            step(it.accepted_event_id, Step::to(status).because(reason(failed)))
        }
        _ => return None,
    })
}

fn nexus(attributes: &Attributes) -> Option<Meaning> {
    use Attributes as A;
    Some(match attributes {
        A::NexusOperationScheduledEventAttributes(it) => {
            let name = format!("{}.{}", it.service, it.operation);
            Meaning::Begins(Beginning::new(Category::NexusOperation, name, Status::Scheduled).key(&it.endpoint))
        }
        A::NexusOperationStartedEventAttributes(it) => step(it.scheduled_event_id, Step::to(Status::Started)),
        A::NexusOperationCompletedEventAttributes(it) => step(it.scheduled_event_id, Step::to(Status::Completed)),
        A::NexusOperationFailedEventAttributes(it) => {
            step(it.scheduled_event_id, Step::to(Status::Failed).because(reason(it.failure.as_ref())))
        }
        A::NexusOperationCanceledEventAttributes(it) => {
            step(it.scheduled_event_id, Step::to(Status::Canceled).because(reason(it.failure.as_ref())))
        }
        A::NexusOperationTimedOutEventAttributes(it) => {
            step(it.scheduled_event_id, Step::to(Status::TimedOut).because(reason(it.failure.as_ref())))
        }
        A::NexusOperationCancelRequestedEventAttributes(it) => step(it.scheduled_event_id, Step::default()),
        // Older servers name the request alone; its event is in the same group.
        A::NexusOperationCancelRequestCompletedEventAttributes(it) => {
            step(first(it.scheduled_event_id, it.requested_event_id), Step::default())
        }
        A::NexusOperationCancelRequestFailedEventAttributes(it) => {
            step(first(it.scheduled_event_id, it.requested_event_id), Step::default())
        }
        _ => return None,
    })
}

fn property(attributes: &Attributes) -> Option<Meaning> {
    use Attributes as A;
    let name = match attributes {
        A::UpsertWorkflowSearchAttributesEventAttributes(_) => "Search attributes",
        A::WorkflowPropertiesModifiedEventAttributes(_) => "Memo",
        A::WorkflowPropertiesModifiedExternallyEventAttributes(_) => "Properties",
        A::WorkflowExecutionOptionsUpdatedEventAttributes(_) => "Options",
        A::WorkflowExecutionTimeSkippingTransitionedEventAttributes(_) => "Time skipping",
        _ => return None,
    };
    Some(Meaning::Begins(Beginning::new(Category::Property, name.to_owned(), Status::Recorded)))
}

fn unknown(event: &HistoryEvent) -> Meaning {
    let name = format!("Event of type {}", event.event_type);
    Meaning::Begins(Beginning::new(Category::Property, name, Status::Recorded))
}

impl Beginning {
    pub(super) fn new(category: Category, name: String, status: Status) -> Self {
        let (key, reason) = (String::new(), String::new());
        Self { category, name, key, status, attempt: 1, takes: None, reason, span: None }
    }

    /// What begins when only what came of it is in the history.
    pub(super) fn unseen(reference: &Reference) -> Self {
        match reference {
            Reference::Update(id) => Self::new(Category::Update, String::new(), Status::Accepted).key(id),
            Reference::Run => Self::new(Category::Run, String::new(), Status::Running),
            Reference::Pause => Self::new(Category::Run, "Pause".to_owned(), Status::Paused),
            Reference::Event(id) => Self::new(Category::Property, format!("Of event {id}"), Status::Recorded),
        }
    }

    fn key(self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self }
    }

    fn attempt(self, attempt: i32) -> Self {
        Self { attempt: u32::try_from(attempt).unwrap_or(1).max(1), ..self }
    }

    fn reason(self, reason: String) -> Self {
        Self { reason, ..self }
    }
}

impl Step {
    fn to(status: Status) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    fn because(self, reason: String) -> Self {
        Self { reason, ..self }
    }
}

fn step(event_id: i64, step: Step) -> Meaning {
    Meaning::Continues(Reference::Event(event_id), step)
}

fn ends_run(status: Status, reason: String) -> Meaning {
    Meaning::Continues(Reference::Run, Step::to(status).because(reason))
}

fn first(id: i64, other: i64) -> i64 {
    if id == 0 { other } else { id }
}

fn update_name(request: Option<&Request>) -> String {
    request.and_then(|request| request.input.as_ref()).map(|input| input.name.clone()).unwrap_or_default()
}
