//! What happens when time has passed. The loop fires a run when its earliest deadline may have come; everything that is
//! due happens in one transition, in the order in which it was due.

use abide_api::temporal::api::enums::v1::WorkflowTaskFailedCause;
use abide_model::{RunId, Timestamp};

use super::index::Due;
use super::note::{NoteKind, StartDelayOver};
use super::{Out, Run};

impl Run {
    pub(super) fn fire_deadlines(&mut self, new_run_id: RunId, now: Timestamp, out: &mut Out) {
        while let Some(due) = self.index.first_due(now) {
            match due {
                Due::ExecutionTimeout | Due::RunTimeout => self.time_out(new_run_id, now, out),
                Due::StartDelay => self.emit_note(NoteKind::StartDelayOver(StartDelayOver {}), out),
                Due::WorkflowTask => self.time_out_workflow_task(now, out),
                Due::Timer(started_event_id, timer_id) => self.fire_timer(timer_id, started_event_id, now, out),
                Due::Activity(scheduled_event_id) => self.activity_is_due(scheduled_event_id, now, out),
                Due::Callback(number) => self.callback_is_due(number, out),
            }
            self.want_workflow_task_if_news(now, out);
        }
    }

    /// A retried activity that is offered again is no news for the workflow; anything that was numbered is.
    fn want_workflow_task_if_news(&mut self, now: Timestamp, out: &mut Out) {
        let news = matches!(out.changes.last(), Some(super::Change::Event(_)));
        let delay_over = matches!(
            out.changes.last(),
            Some(super::Change::Note(super::Note { kind: Some(NoteKind::StartDelayOver(_)) }))
        );
        if news || delay_over {
            self.want_workflow_task(now, out);
        }
    }

    /// A run that has grown beyond what anyone can replay or keep is ended.
    pub(super) fn enforce_limits(&mut self, now: Timestamp, out: &mut Out) {
        if !self.is_open() {
            return;
        }
        let reason = if self.next_event_id() > out.limits.history.events_max {
            "Workflow history count exceeds limit."
        } else if self.state.position.history_bytes > out.limits.history.bytes_max {
            "Workflow history size exceeds limit."
        } else if self.is_larger_than(out.limits.run_bytes_max) {
            "Workflow mutable state size exceeds limit."
        } else {
            return;
        };
        self.end_started_task(now, WorkflowTaskFailedCause::ForceCloseCommand, out);
        self.terminate_by_server(reason.into(), now, out);
    }
}
