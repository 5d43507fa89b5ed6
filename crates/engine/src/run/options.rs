//! Options of a run that are changed while it runs: its priority. What else the protocol knows as such an option (a
//! versioning override, time skipping) is not there yet.

use abide_api::temporal::api::{
    common::v1::Priority,
    history::v1::{HistoryEvent, WorkflowExecutionOptionsUpdatedEventAttributes, history_event::Attributes},
    workflow::v1::WorkflowExecutionOptions,
};
use abide_model::Timestamp;

use super::activity_options_change::merge_priority;
use super::event::event;
use super::note::NoteKind;
use super::operator_command::UpdateOptions;
use super::rejection::Rejection;
use super::reply::{Reply, Task};
use super::{Out, Run};

impl Run {
    /// Writes an event only if something changes. What waits is offered again as what it is now.
    pub(super) fn update_options(
        &mut self,
        update: UpdateOptions,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        let mut options = WorkflowExecutionOptions::default();
        let changed = self.change_options(update, now, out);
        options.priority.clone_from(&self.state.execution.started.priority);
        if !changed {
            return Ok(Reply::Options(Box::new(options)));
        }
        if let Some(offer) = self.state.workflow_task_offer() {
            self.emit_note(NoteKind::WorkflowTaskOffered(offer.queue), out);
        }
        for offer in self.open_offers() {
            out.task(Task::Offer(offer));
        }
        Ok(Reply::Options(Box::new(options)))
    }

    /// Writes down what changes, if anything does.
    pub(super) fn change_options(&mut self, update: UpdateOptions, now: Timestamp, out: &mut Out) -> bool {
        let known = self.state.execution.started.priority.clone();
        let mut priority = known.clone();
        if update.paths.contains("priority") {
            priority = update.priority.clone();
        }
        if update.paths.iter().any(|path| path.starts_with("priority.")) {
            let from = update.priority.unwrap_or_default();
            merge_priority(priority.get_or_insert_with(Priority::default), &from, &update.paths);
        }
        if priority == known {
            return false;
        }
        let updated = WorkflowExecutionOptionsUpdatedEventAttributes {
            unset_versioning_override: true,
            identity: update.identity,
            priority,
            ..WorkflowExecutionOptionsUpdatedEventAttributes::default()
        };
        let updated = event(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(updated));
        self.record(now, HistoryEvent { worker_may_ignore: true, ..updated }, out);
        true
    }

    /// No priority in the event is no change (observed: a priority cannot be taken away).
    pub(super) fn apply_options_updated(&mut self, updated: &WorkflowExecutionOptionsUpdatedEventAttributes) {
        if updated.priority.is_some() {
            self.state.execution.started.priority = updated.priority.clone();
            self.state.position.visibility_revision += 1;
        }
    }
}
