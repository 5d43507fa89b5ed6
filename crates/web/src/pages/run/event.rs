//! What an event is in words: its type, what kind of thing it is about, one line that says what happened, its failure. No HTML.

mod summary;

use abide_api::temporal::api::common::v1::Payload;
use abide_api::temporal::api::enums::v1::{EventType, RetryState, WorkflowTaskFailedCause};
use abide_api::temporal::api::failure::v1::Failure;
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::update::v1::outcome;

pub(crate) use summary::summary;

/// Causes beyond this are not looked at.
const CAUSES_MAX: usize = 20;

/// What kind of thing an event is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Category {
    Workflow,
    WorkflowTask,
    Activity,
    Timer,
    Child,
    Signal,
    Update,
    Marker,
    Nexus,
}

impl Category {
    /// In the order in which they are offered.
    pub(crate) const ALL: [Self; 9] = [
        Self::Workflow,
        Self::WorkflowTask,
        Self::Activity,
        Self::Timer,
        Self::Child,
        Self::Signal,
        Self::Update,
        Self::Marker,
        Self::Nexus,
    ];

    /// In addresses, and as a class.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::WorkflowTask => "workflow-task",
            Self::Activity => "activity",
            Self::Timer => "timer",
            Self::Child => "child-workflow",
            Self::Signal => "signal",
            Self::Update => "update",
            Self::Marker => "marker",
            Self::Nexus => "nexus",
        }
    }

    /// As people call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Workflow => "Workflow",
            Self::WorkflowTask => "Workflow tasks",
            Self::Activity => "Activities",
            Self::Timer => "Timers",
            Self::Child => "Child workflows",
            Self::Signal => "Signals",
            Self::Update => "Updates",
            Self::Marker => "Markers",
            Self::Nexus => "Nexus",
        }
    }

    /// Of an event. What a newer protocol adds is about the workflow.
    pub(crate) fn of(event: &HistoryEvent) -> Self {
        let name = event.event_type().as_str_name().trim_start_matches("EVENT_TYPE_");
        let signals = ["WORKFLOW_EXECUTION_SIGNALED", "SIGNAL_EXTERNAL", "EXTERNAL_WORKFLOW_EXECUTION_SIGNALED"];
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
        match () {
            () if begins(&signals) => Self::Signal,
            () if begins(&["WORKFLOW_EXECUTION_UPDATE"]) => Self::Update,
            () if begins(&["WORKFLOW_TASK_"]) => Self::WorkflowTask,
            () if begins(&["ACTIVITY_"]) => Self::Activity,
            () if begins(&["TIMER_"]) => Self::Timer,
            () if begins(&["CHILD_WORKFLOW_", "START_CHILD_"]) => Self::Child,
            () if begins(&["MARKER_"]) => Self::Marker,
            () if begins(&["NEXUS_"]) => Self::Nexus,
            () => Self::Workflow,
        }
    }
}

/// The type as histories name it: `ActivityTaskScheduled`.
pub(crate) fn type_name(event: &HistoryEvent) -> String {
    match event.event_type() {
        EventType::Unspecified => format!("Event type {}", event.event_type),
        known => camel(known.as_str_name(), "EVENT_TYPE_"),
    }
}

/// `SOME_PREFIX_TWO_WORDS` as `TwoWords`.
pub(crate) fn camel(name: &str, prefix: &str) -> String {
    let words = name.trim_start_matches(prefix).split('_');
    words
        .map(|word| word.get(..1).unwrap_or_default().to_owned() + &word.get(1..).unwrap_or_default().to_lowercase())
        .collect()
}

/// `SOME_PREFIX_TWO_WORDS` as `two words`.
pub(crate) fn spoken(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).replace('_', " ").to_lowercase()
}

/// Why there is no further attempt.
pub(crate) fn retry_state(state: RetryState) -> Option<String> {
    (state != RetryState::Unspecified).then(|| spoken(state.as_str_name(), "RETRY_STATE_"))
}

/// Why a workflow task failed: `non deterministic error`.
pub(crate) fn task_failed_cause(cause: WorkflowTaskFailedCause) -> String {
    spoken(cause.as_str_name(), "WORKFLOW_TASK_FAILED_CAUSE_")
}

/// The failure that an event tells of.
pub(crate) fn failure(event: &HistoryEvent) -> Option<&Failure> {
    match event.attributes.as_ref()? {
        Attributes::WorkflowExecutionStartedEventAttributes(it) => it.continued_failure.as_ref(),
        Attributes::WorkflowExecutionFailedEventAttributes(it) => it.failure.as_ref(),
        Attributes::WorkflowTaskFailedEventAttributes(it) => it.failure.as_ref(),
        Attributes::ActivityTaskStartedEventAttributes(it) => it.last_failure.as_ref(),
        Attributes::ActivityTaskFailedEventAttributes(it) => it.failure.as_ref(),
        Attributes::ActivityTaskTimedOutEventAttributes(it) => it.failure.as_ref(),
        Attributes::MarkerRecordedEventAttributes(it) => it.failure.as_ref(),
        Attributes::ChildWorkflowExecutionFailedEventAttributes(it) => it.failure.as_ref(),
        Attributes::WorkflowExecutionUpdateRejectedEventAttributes(it) => it.failure.as_ref(),
        Attributes::WorkflowExecutionUpdateCompletedEventAttributes(it) => match it.outcome.as_ref()?.value.as_ref()? {
            outcome::Value::Failure(failure) => Some(failure),
            outcome::Value::Success(_) => None,
        },
        Attributes::NexusOperationFailedEventAttributes(it) => it.failure.as_ref(),
        Attributes::NexusOperationTimedOutEventAttributes(it) => it.failure.as_ref(),
        Attributes::NexusOperationCancelRequestFailedEventAttributes(it) => it.failure.as_ref(),
        _ => None,
    }
}

/// Whether something has gone wrong here.
pub(crate) fn is_failed(event: &HistoryEvent) -> bool {
    let name = event.event_type().as_str_name();
    let bad = ["_FAILED", "_TIMED_OUT", "_TERMINATED", "_REJECTED"];
    let is_reported = match &event.attributes {
        Some(
            Attributes::MarkerRecordedEventAttributes(_)
            | Attributes::WorkflowExecutionUpdateCompletedEventAttributes(_),
        ) => failure(event).is_some(),
        _ => false,
    };
    is_reported || bad.iter().any(|end| name.ends_with(end))
}

/// The messages of a failure and its causes.
pub(crate) fn messages(failure: &Failure) -> String {
    let chain = std::iter::successors(Some(failure), |failure| failure.cause.as_deref()).take(CAUSES_MAX);
    chain.map(|failure| failure.message.as_str()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ")
}

/// Not more than the beginning of a text.
pub(crate) fn shortened(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        text.push('…');
    }
    text
}

/// What the one who made the event said about it, if it is plain text.
pub(crate) fn label(event: &HistoryEvent) -> Option<&Payload> {
    event.user_metadata.as_ref()?.summary.as_ref()
}

/// A payload that is a JSON text.
pub(crate) fn text(payload: &Payload) -> Option<String> {
    let is_json = payload.metadata.get("encoding").is_some_and(|encoding| encoding.as_ref() == b"json/plain");
    if is_json { serde_json::from_slice(&payload.data).ok() } else { None }
}

/// All that a search for words looks at.
pub(crate) fn words(event: &HistoryEvent) -> String {
    let label = label(event).and_then(text).unwrap_or_default();
    let messages = failure(event).map(messages).unwrap_or_default();
    format!("{} {} {label} {messages}", type_name(event), summary(event))
}
