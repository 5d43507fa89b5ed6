//! Events that arrive while a worker has the workflow task: they have their effect at once, and get their number when
//! the task ends, so that the worker's commands follow directly what it saw.

use abide_api::temporal::api::{
    enums::v1::WorkflowTaskFailedCause,
    history::v1::{HistoryEvent, history_event::Attributes},
};
use abide_model::Timestamp;
use abide_model::settings::BufferLimits;
use prost::Message;
use std::collections::BTreeMap;

use super::event::moves_last;
use super::note::{Flushed, NoteKind};
use super::state::State;
use super::workflow_task_end::Author;
use super::{Out, Run};
use crate::convert::to_proto_time;

/// Whether the buffer had events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// There was nothing in it.
    Nothing,
    /// Events were numbered, and the workflow has not seen them.
    Events,
}

impl State {
    /// Whether the end of an activity is buffered: it has ended, but the workflow does not know yet.
    pub fn buffered_end(&self, scheduled_event_id: i64) -> bool {
        self.buffer.events.iter().any(|event| decided_event_id_of_end(event) == Some(scheduled_event_id))
    }
}

impl Run {
    /// Writes an event, or buffers it while a worker has the workflow task.
    pub(super) fn record(&mut self, now: Timestamp, event: HistoryEvent, out: &mut Out) {
        if self.workflow_task_is_started() {
            self.buffer_event(now, event, out);
            self.close_task_when_buffer_is_full(now, out);
        } else {
            self.emit_event(now, event, out);
        }
    }

    /// Writes an activity's start and end, or buffers both. The end's `started_event_id` is filled in when known.
    pub(super) fn record_pair(&mut self, now: Timestamp, first: HistoryEvent, second: HistoryEvent, out: &mut Out) {
        if self.workflow_task_is_started() {
            self.buffer_event(now, first, out);
            self.buffer_event(now, second, out);
            self.close_task_when_buffer_is_full(now, out);
        } else {
            let started_event_id = self.emit_event(now, first, out);
            let mut second = second;
            set_started_event_id(&mut second, started_event_id);
            self.emit_event(now, second, out);
        }
    }

    /// Buffers an event whether or not a task is started: a consequence of a command comes behind all commands.
    pub(super) fn buffer_event(&mut self, now: Timestamp, mut event: HistoryEvent, out: &mut Out) {
        // What is buffered is written for certain, and so is the task that it waits for.
        self.write_speculative_schedule(now, out);
        event.event_time.get_or_insert_with(|| to_proto_time(now));
        self.emit_note(NoteKind::Buffered(Box::new(event)), out);
    }

    /// Numbers what was buffered: ends of activities and children behind the rest, each with the number of its start.
    pub(super) fn flush_buffer(&mut self, now: Timestamp, out: &mut Out) -> Flush {
        if self.state.buffer.events.is_empty() {
            return Flush::Nothing;
        }
        let buffered = self.state.buffer.events.clone();
        self.emit_note(NoteKind::Flushed(Flushed { events: buffered.len() as u32 }), out);
        let (ends, others): (Vec<_>, Vec<_>) = buffered.into_iter().partition(moves_last);
        let mut starts = BTreeMap::new();
        for event in others {
            let decided_event_id = match &event.attributes {
                Some(Attributes::ActivityTaskStartedEventAttributes(started)) => Some(started.scheduled_event_id),
                Some(Attributes::ChildWorkflowExecutionStartedEventAttributes(started)) => {
                    Some(started.initiated_event_id)
                }
                _ => None,
            };
            let event_id = self.emit_event(now, event, out);
            starts.extend(decided_event_id.map(|decided| (decided, event_id)));
        }
        for mut event in ends {
            if let Some(started) = decided_event_id_of_end(&event).and_then(|decided| starts.get(&decided)) {
                set_started_event_id(&mut event, *started);
            }
            self.emit_event(now, event, out);
        }
        Flush::Events
    }

    fn close_task_when_buffer_is_full(&mut self, now: Timestamp, out: &mut Out) {
        let events = &self.state.buffer.events;
        let BufferLimits { events_max, bytes_max } = out.limits.buffer;
        let full = events.len() > events_max || events.iter().map(Message::encoded_len).sum::<usize>() > bytes_max;
        if full {
            let nobody = Author::default();
            self.fail_started_task(now, WorkflowTaskFailedCause::ForceCloseCommand, None, nobody, out);
            self.after_failed_task(now, out);
        }
    }
}

/// The event by which the workflow scheduled or initiated what ended.
fn decided_event_id_of_end(event: &HistoryEvent) -> Option<i64> {
    match event.attributes.as_ref()? {
        Attributes::ActivityTaskCompletedEventAttributes(end) => Some(end.scheduled_event_id),
        Attributes::ActivityTaskFailedEventAttributes(end) => Some(end.scheduled_event_id),
        Attributes::ActivityTaskTimedOutEventAttributes(end) => Some(end.scheduled_event_id),
        Attributes::ActivityTaskCanceledEventAttributes(end) => Some(end.scheduled_event_id),
        Attributes::ChildWorkflowExecutionCompletedEventAttributes(end) => Some(end.initiated_event_id),
        Attributes::ChildWorkflowExecutionFailedEventAttributes(end) => Some(end.initiated_event_id),
        Attributes::ChildWorkflowExecutionCanceledEventAttributes(end) => Some(end.initiated_event_id),
        Attributes::ChildWorkflowExecutionTimedOutEventAttributes(end) => Some(end.initiated_event_id),
        Attributes::ChildWorkflowExecutionTerminatedEventAttributes(end) => Some(end.initiated_event_id),
        _ => None,
    }
}

fn set_started_event_id(event: &mut HistoryEvent, started_event_id: i64) {
    match event.attributes.as_mut() {
        Some(Attributes::ActivityTaskCompletedEventAttributes(end)) => end.started_event_id = started_event_id,
        Some(Attributes::ActivityTaskFailedEventAttributes(end)) => end.started_event_id = started_event_id,
        Some(Attributes::ActivityTaskTimedOutEventAttributes(end)) => end.started_event_id = started_event_id,
        Some(Attributes::ActivityTaskCanceledEventAttributes(end)) => end.started_event_id = started_event_id,
        Some(Attributes::ChildWorkflowExecutionCompletedEventAttributes(end)) => {
            end.started_event_id = started_event_id;
        }
        Some(Attributes::ChildWorkflowExecutionFailedEventAttributes(end)) => end.started_event_id = started_event_id,
        Some(Attributes::ChildWorkflowExecutionCanceledEventAttributes(end)) => end.started_event_id = started_event_id,
        Some(Attributes::ChildWorkflowExecutionTimedOutEventAttributes(end)) => end.started_event_id = started_event_id,
        Some(Attributes::ChildWorkflowExecutionTerminatedEventAttributes(end)) => {
            end.started_event_id = started_event_id;
        }
        _ => {}
    }
}
