//! What only the last events tell: how workflow tasks have failed, timers that run, updates that are not done. What began before
//! the events that were looked at is not seen.

use std::collections::BTreeSet;

use abide_api::temporal::api::enums::v1::{EventType, TimeoutType, WorkflowTaskFailedCause as Cause};
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use prost_types::Timestamp;

use super::Seen;
use super::mismatch::{Mismatch, mismatch};
use crate::pages::run::event::{label, messages, text};

/// How a workflow task did not succeed.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Problem {
    Failed { event_id: i64, cause: Cause, message: String, mismatch: Option<Mismatch>, identity: String },
    TimedOut { event_id: i64, timeout: TimeoutType },
}

impl Problem {
    /// Whether it is one even if it has happened only once.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

/// A timer that has not fired.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Timer {
    pub(crate) id: String,
    /// What the code says of it.
    pub(crate) label: Option<String>,
    pub(crate) event_id: i64,
    pub(crate) fires_at: Option<Timestamp>,
}

/// An update that was accepted and is not done.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Update {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) event_id: i64,
    pub(crate) since: Option<Timestamp>,
}

/// Whether all events were looked at.
pub(super) fn is_whole(seen: Seen<'_>) -> bool {
    seen.glimpse.newest.last().is_some_and(|event| event.event_id == 1)
}

/// How the last workflow task did not succeed, if none did since.
pub(super) fn problem(seen: Seen<'_>) -> Option<Problem> {
    for event in &seen.glimpse.newest {
        match &event.attributes {
            Some(Attributes::WorkflowTaskCompletedEventAttributes(_)) => return None,
            Some(Attributes::WorkflowTaskFailedEventAttributes(it)) if is_harmless(it.cause()) => return None,
            Some(Attributes::WorkflowTaskFailedEventAttributes(it)) => {
                let message = it.failure.as_ref().map(messages).unwrap_or_default();
                let mismatch = mismatch(it.cause(), &message);
                let (event_id, identity) = (event.event_id, it.identity.clone());
                return Some(Problem::Failed { event_id, cause: it.cause(), message, mismatch, identity });
            }
            Some(Attributes::WorkflowTaskTimedOutEventAttributes(it)) => {
                return Some(Problem::TimedOut { event_id: event.event_id, timeout: it.timeout_type() });
            }
            _ => {}
        }
    }
    None
}

// These are the server's doing, and are over with the next attempt.
fn is_harmless(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::ResetWorkflow
            | Cause::ResetStickyTaskQueue
            | Cause::ForceCloseCommand
            | Cause::FailoverCloseCommand
            | Cause::UnhandledCommand
            | Cause::WorkflowPauseRequestedBeforeTaskStarted
    )
}

/// Timers that run, the next one to fire first.
pub(super) fn timers(seen: Seen<'_>) -> Vec<Timer> {
    let mut over = BTreeSet::new();
    let mut timers = Vec::new();
    for event in &seen.glimpse.newest {
        match &event.attributes {
            Some(Attributes::TimerFiredEventAttributes(it)) => _ = over.insert(it.started_event_id),
            Some(Attributes::TimerCanceledEventAttributes(it)) => _ = over.insert(it.started_event_id),
            Some(Attributes::TimerStartedEventAttributes(it)) if !over.contains(&event.event_id) => {
                let fires_at = event.event_time.zip(it.start_to_fire_timeout);
                let fires_at = fires_at
                    .map(|(at, span)| Timestamp { seconds: at.seconds.saturating_add(span.seconds), nanos: at.nanos });
                let label = label(event).and_then(text);
                timers.push(Timer { id: it.timer_id.clone(), label, event_id: event.event_id, fires_at });
            }
            _ => {}
        }
    }
    timers.sort_by_key(|timer| timer.fires_at.map(|at| at.seconds));
    timers
}

/// Updates that are not done, the newest first.
pub(super) fn updates(seen: Seen<'_>) -> Vec<Update> {
    let mut over = BTreeSet::new();
    let mut updates = Vec::new();
    for event in &seen.glimpse.newest {
        match &event.attributes {
            Some(Attributes::WorkflowExecutionUpdateCompletedEventAttributes(it)) => {
                _ = over.insert(it.accepted_event_id)
            }
            Some(Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(it)) if !over.contains(&event.event_id) => {
                let request = it.accepted_request.clone().unwrap_or_default();
                let id = match request.meta {
                    Some(meta) => meta.update_id,
                    None => it.protocol_instance_id.clone(),
                };
                let name = request.input.map(|input| input.name).unwrap_or_default();
                updates.push(Update { id, name, event_id: event.event_id, since: event.event_time });
            }
            _ => {}
        }
    }
    updates
}

/// When the first workflow task comes, if it has not come yet.
pub(super) fn delay(seen: Seen<'_>) -> Option<Timestamp> {
    let info = &seen.run.info;
    let has_begun = |event: &HistoryEvent| event.event_type() == EventType::WorkflowTaskScheduled;
    let is_late = info.execution_time != info.start_time;
    let is_before = is_whole(seen) && !seen.glimpse.newest.iter().any(has_begun);
    info.execution_time.filter(|_| is_late && is_before)
}
