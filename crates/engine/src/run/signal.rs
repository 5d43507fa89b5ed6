//! Signals. A repeated request id decides nothing; a run accepts a bounded number of them.

use abide_api::temporal::api::history::v1::{WorkflowExecutionSignaledEventAttributes, history_event::Attributes};
use abide_model::Timestamp;

use super::command::Signal;
use super::event::event;
use super::note::{NoteKind, StartDelayOver};
use super::rejection::Rejection;
use super::reply::Reply;
use super::{Out, Run};

impl Run {
    pub(super) fn signal(&mut self, signal: Signal, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        self.state.accepts(&signal.requester)?;
        let request_id = &signal.requester.request_id;
        if !request_id.is_empty() && self.state.signals.request_ids.contains_key(request_id) {
            return Ok(Reply::Done);
        }
        if self.state.signals.count >= out.limits.signals_max {
            return Err(Rejection::TooManySignals);
        }
        self.state.takes_news()?;
        let ends_start_delay = signal.ends_start_delay && self.state.execution.first_task_at.is_some();
        self.record_signal(signal, now, out);
        if ends_start_delay {
            self.emit_note(NoteKind::StartDelayOver(StartDelayOver {}), out);
        }
        self.want_workflow_task(now, out);
        Ok(Reply::Done)
    }

    pub(super) fn record_signal(&mut self, signal: Signal, now: Timestamp, out: &mut Out) {
        let mut signaled =
            event(Attributes::WorkflowExecutionSignaledEventAttributes(WorkflowExecutionSignaledEventAttributes {
                signal_name: signal.name,
                input: signal.input,
                identity: signal.requester.identity,
                header: signal.header,
                request_id: signal.requester.request_id,
                external_workflow_execution: signal.requester.sender.map(|sender| sender.execution),
                ..WorkflowExecutionSignaledEventAttributes::default()
            }));
        signaled.links = signal.requester.links;
        self.record(now, signaled, out);
    }

    pub(super) fn apply_signaled(&mut self, event_id: i64, signaled: &WorkflowExecutionSignaledEventAttributes) {
        self.state.signals.count += 1;
        if !signaled.request_id.is_empty() {
            self.state.signals.request_ids.insert(signaled.request_id.clone(), event_id);
        }
    }
}
