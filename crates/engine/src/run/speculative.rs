//! Speculative workflow tasks: scheduled for updates alone, without an event. When all that such a task carried was
//! turned down, it never was. As soon as anything else is written, its schedule is written first, and it is an ordinary
//! task from then on.

use abide_model::{Timestamp, limits};

use super::command::CompleteWorkflowTask;
use super::note::{NoteKind, SpeculativeTaskScheduled, WorkflowTaskDiscarded, nanos};
use super::reply::WorkflowTaskCompleted;
use super::state::{OpenWorkflowTask, WorkflowTasks};
use super::update::only_rejections;
use super::worker_command::Decided;
use super::workflow_task::scheduled_event;
use super::{Out, Run};

impl WorkflowTasks {
    /// Whether the open task is speculative.
    pub fn is_speculative(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.speculative)
    }
}

impl Run {
    /// Schedules a task for the updates that wait, unless one is open.
    pub(super) fn want_speculative_task(&mut self, now: Timestamp, out: &mut Out) {
        let tasks = &self.state.workflow_tasks;
        // The first task of a child whose parent does not know it yet will carry the update.
        let must_wait = self.state.is_paused() || self.state.children.awaits_parent;
        if !self.is_open() || must_wait || tasks.open.is_some() {
            return;
        }
        if tasks.next_attempt > 1 {
            // A retry has no events either; one kind of invisible task is enough.
            return self.want_workflow_task(now, out);
        }
        let sticky = tasks.sticky.as_ref();
        let queue = sticky.map_or_else(|| self.state.normal_queue(), |sticky| sticky.queue.clone());
        let timeout_nanos = nanos(self.workflow_task_timeout(1));
        let scheduled = SpeculativeTaskScheduled { at: now, queue, timeout_nanos };
        self.emit_note(NoteKind::SpeculativeTaskScheduled(scheduled), out);
        self.offer_workflow_task(out);
    }

    /// Something is about to be written: the schedule of the speculative task comes before it.
    pub(super) fn write_speculative_schedule(&mut self, now: Timestamp, out: &mut Out) {
        if let Some(open) = self.state.workflow_tasks.open.as_ref().filter(|open| open.speculative) {
            let scheduled = scheduled_event(open);
            let (expected, event_id) = (open.scheduled_event_id, self.number_event(now, scheduled, out));
            debug_assert_eq!(expected, event_id, "nothing is numbered beside a speculative task");
        }
    }

    /// Whether a completion leaves nothing to write: the task is forgotten, and its worker goes back to where it was.
    pub(super) fn leaves_no_trace(&self, completion: &CompleteWorkflowTask) -> bool {
        let position = self.state.workflow_tasks.previous_started_event_id + 2;
        let unseen_max = if completion.discards_with_events { limits::SPECULATIVE_UNSEEN_EVENTS_MAX } else { 0 };
        self.state.workflow_tasks.is_speculative()
            && completion.commands.is_empty()
            && !completion.force_new_task
            && self.next_event_id() <= position + unseen_max
            && only_rejections(&completion.messages)
    }

    /// Forgets the started speculative task with all that it carried.
    pub(super) fn discard_task(&mut self, decided: Vec<Decided>, out: &mut Out) -> WorkflowTaskCompleted {
        for (id, failure) in decided.into_iter().filter_map(Decided::turned_down) {
            self.reject_update(id, failure, out);
        }
        self.reject_unprocessed_updates(out);
        self.forget_speculative_task(out);
        let reset_history_event_id = self.state.workflow_tasks.previous_started_event_id;
        WorkflowTaskCompleted { reset_history_event_id, ..WorkflowTaskCompleted::default() }
    }

    /// The speculative task, if there is one, never was.
    pub(super) fn forget_speculative_task(&mut self, out: &mut Out) {
        if self.state.workflow_tasks.is_speculative() {
            self.emit_note(NoteKind::WorkflowTaskDiscarded(WorkflowTaskDiscarded {}), out);
        }
    }

    pub(super) fn apply_speculative_scheduled(&mut self, scheduled: &SpeculativeTaskScheduled) {
        self.open_workflow_task(OpenWorkflowTask {
            scheduled_event_id: self.next_event_id(),
            scheduled_at: scheduled.at,
            attempt: 1,
            queue: scheduled.queue.clone(),
            timeout_nanos: scheduled.timeout_nanos,
            speculative: true,
            ..OpenWorkflowTask::default()
        });
    }

    /// The schedule of the open speculative task is written: an ordinary task from now on.
    pub(super) fn apply_speculative_written(&mut self) {
        if let Some(open) = &mut self.state.workflow_tasks.open {
            open.speculative = false;
        }
        self.state.index_workflow_task(&mut self.index);
    }

    pub(super) fn apply_workflow_task_discarded(&mut self) {
        self.state.workflow_tasks.open = None;
        self.state.index_workflow_task(&mut self.index);
    }
}
