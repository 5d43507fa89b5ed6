//! What a worker reads from a history: which steps of the script were begun, and which are done.

use std::collections::{BTreeMap, BTreeSet};

use abide_api::temporal::api::history::v1::{HistoryEvent, history_event::Attributes};

use crate::calls::read_text;
use crate::script::Input;

/// See the file's first lines.
#[derive(Default)]
pub struct View {
    /// What the run was told.
    pub input: Input,
    /// The schedule on which it runs; empty when there is none.
    pub cron_schedule: String,
    /// How many runs of the schedule have completed before it.
    pub completed_before: u64,
    /// Whether the run before it has failed.
    pub failed_before: bool,
    /// Everything that was begun, by the name that the script gives it, with the event that began it.
    begun: BTreeMap<String, i64>,
    /// Events that began what is done.
    done: BTreeSet<i64>,
    /// Children that have started: the events that began them.
    started: BTreeSet<i64>,
    /// Signals so far.
    pub signals: usize,
    /// Whether somebody wants the run to cancel itself.
    pub is_cancel_requested: bool,
    /// Updates that were accepted and have no outcome yet.
    pub open_updates: BTreeSet<String>,
}

impl View {
    /// Of a whole history.
    pub fn of(events: &[HistoryEvent]) -> Self {
        let mut view = Self::default();
        for event in events {
            if let Some(attributes) = &event.attributes {
                view.read(event.event_id, attributes);
            }
        }
        view
    }

    /// Whether something was begun.
    pub fn is_begun(&self, name: &str) -> bool {
        self.begun.contains_key(name)
    }

    /// Whether something is done.
    pub fn is_done(&self, name: &str) -> bool {
        self.begun.get(name).is_some_and(|id| self.done.contains(id))
    }

    /// Whether a child has started, or never will.
    pub fn is_started(&self, name: &str) -> bool {
        self.begun.get(name).is_some_and(|id| self.started.contains(id) || self.done.contains(id))
    }

    fn begin(&mut self, name: &str, event_id: i64) {
        self.begun.insert(name.to_owned(), event_id);
    }

    fn end(&mut self, began: i64) {
        self.done.insert(began);
    }

    fn read(&mut self, event_id: i64, attributes: &Attributes) {
        match attributes {
            Attributes::WorkflowExecutionStartedEventAttributes(e) => {
                self.input = Input::read(&read_text(e.input.as_ref()));
                self.cron_schedule.clone_from(&e.cron_schedule);
                self.completed_before = read_text(e.last_completion_result.as_ref()).parse().unwrap_or(0);
                self.failed_before = e.continued_failure.is_some();
            }
            Attributes::ActivityTaskScheduledEventAttributes(e) => self.begin(&e.activity_id, event_id),
            Attributes::ActivityTaskCompletedEventAttributes(e) => self.end(e.scheduled_event_id),
            Attributes::ActivityTaskFailedEventAttributes(e) => self.end(e.scheduled_event_id),
            Attributes::ActivityTaskTimedOutEventAttributes(e) => self.end(e.scheduled_event_id),
            Attributes::ActivityTaskCanceledEventAttributes(e) => self.end(e.scheduled_event_id),
            Attributes::TimerStartedEventAttributes(e) => self.begin(&e.timer_id, event_id),
            Attributes::TimerFiredEventAttributes(e) => self.end(e.started_event_id),
            Attributes::TimerCanceledEventAttributes(e) => self.end(e.started_event_id),
            Attributes::MarkerRecordedEventAttributes(e) => self.begin(&e.marker_name, event_id),
            Attributes::WorkflowExecutionSignaledEventAttributes(_) => self.signals += 1,
            Attributes::WorkflowExecutionCancelRequestedEventAttributes(_) => self.is_cancel_requested = true,
            Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(e) => {
                self.open_updates.insert(e.protocol_instance_id.clone());
            }
            Attributes::WorkflowExecutionUpdateCompletedEventAttributes(e) => {
                let id = e.meta.as_ref().map_or("", |meta| meta.update_id.as_str());
                self.open_updates.remove(id);
            }
            other => self.read_of_others(event_id, other),
        }
    }

    /// What was asked of other workflows.
    fn read_of_others(&mut self, event_id: i64, attributes: &Attributes) {
        match attributes {
            Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(e) => {
                self.begin(script_name(&e.workflow_id), event_id);
            }
            Attributes::ChildWorkflowExecutionStartedEventAttributes(e) => {
                self.started.insert(e.initiated_event_id);
            }
            Attributes::StartChildWorkflowExecutionFailedEventAttributes(e) => self.end(e.initiated_event_id),
            Attributes::ChildWorkflowExecutionCompletedEventAttributes(e) => self.end(e.initiated_event_id),
            Attributes::ChildWorkflowExecutionFailedEventAttributes(e) => self.end(e.initiated_event_id),
            Attributes::ChildWorkflowExecutionCanceledEventAttributes(e) => self.end(e.initiated_event_id),
            Attributes::ChildWorkflowExecutionTimedOutEventAttributes(e) => self.end(e.initiated_event_id),
            Attributes::ChildWorkflowExecutionTerminatedEventAttributes(e) => {
                self.end(e.initiated_event_id);
            }
            Attributes::SignalExternalWorkflowExecutionInitiatedEventAttributes(e) => {
                self.begin(script_name(&e.signal_name), event_id);
            }
            Attributes::ExternalWorkflowExecutionSignaledEventAttributes(e) => self.end(e.initiated_event_id),
            Attributes::SignalExternalWorkflowExecutionFailedEventAttributes(e) => {
                self.end(e.initiated_event_id);
            }
            Attributes::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(e) => {
                self.begin(&e.reason, event_id);
            }
            Attributes::ExternalWorkflowExecutionCancelRequestedEventAttributes(e) => {
                self.end(e.initiated_event_id);
            }
            Attributes::RequestCancelExternalWorkflowExecutionFailedEventAttributes(e) => {
                self.end(e.initiated_event_id);
            }
            _ => {}
        }
    }
}

/// What the script calls what is known to others as `run:name`.
fn script_name(text: &str) -> &str {
    text.rsplit_once(':').map_or(text, |(_, name)| name)
}
