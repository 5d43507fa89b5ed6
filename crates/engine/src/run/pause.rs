//! A paused run: nothing of it is offered to workers. What a worker has goes on, timers fire, signals are taken; the
//! workflow hears of them when the pause ends.

use abide_api::temporal::api::{
    enums::v1::{WorkflowExecutionStatus, WorkflowTaskFailedCause},
    history::v1::{
        HistoryEvent, WorkflowExecutionPausedEventAttributes, WorkflowExecutionUnpausedEventAttributes,
        WorkflowTaskFailedEventAttributes, history_event::Attributes,
    },
};
use abide_model::Timestamp;

use super::activity::place;
use super::command::Subject;
use super::event::event;
use super::index::Due;
use super::note::{NoteKind, WorkflowTaskDropped};
use super::operator_command::PauseReason;
use super::rejection::Rejection;
use super::reply::{Reply, Task};
use super::state::{ActivityPhase, Held, Pause, State};
use super::workflow_task_end::SERVER_IDENTITY;
use super::{Out, Run};

impl State {
    /// Whether somebody paused the run.
    pub fn is_paused(&self) -> bool {
        self.status() == WorkflowExecutionStatus::Paused
    }
}

impl Run {
    pub(super) fn pause(&mut self, reason: PauseReason, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        if self.state.is_paused() {
            let known = self.state.pause.as_ref().map(|pause| pause.request_id.as_str()).unwrap_or_default();
            let again = !known.is_empty() && known == reason.request_id;
            return if again { Ok(Reply::Done) } else { Err(Rejection::AlreadyPaused) };
        }
        for offer in self.open_offers() {
            out.task(Task::Settle(offer.task.subject));
        }
        let paused = WorkflowExecutionPausedEventAttributes {
            identity: reason.identity,
            reason: reason.reason,
            request_id: reason.request_id,
        };
        let paused = event(Attributes::WorkflowExecutionPausedEventAttributes(paused));
        self.withdraw_workflow_task(now, out);
        self.record(now, HistoryEvent { worker_may_ignore: true, ..paused }, out);
        Ok(Reply::Done)
    }

    /// A workflow task that no worker has would wait for ever: it fails, and another follows when the pause ends.
    pub(super) fn withdraw_workflow_task(&mut self, now: Timestamp, out: &mut Out) {
        let Some(open) = self.state.workflow_tasks.open.as_ref().filter(|open| open.started.is_none()) else { return };
        if open.attempt > 1 {
            self.emit_note(NoteKind::WorkflowTaskDropped(WorkflowTaskDropped {}), out);
        } else {
            let failed = WorkflowTaskFailedEventAttributes {
                scheduled_event_id: open.scheduled_event_id,
                cause: WorkflowTaskFailedCause::WorkflowPauseRequestedBeforeTaskStarted as i32,
                identity: SERVER_IDENTITY.into(),
                ..WorkflowTaskFailedEventAttributes::default()
            };
            self.emit_event(now, event(Attributes::WorkflowTaskFailedEventAttributes(failed.into())), out);
        }
        self.emit_note(NoteKind::NextAttempt(1), out);
    }

    pub(super) fn unpause(&mut self, reason: PauseReason, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        if !self.state.is_paused() {
            return Err(Rejection::NotPaused);
        }
        let unpaused = WorkflowExecutionUnpausedEventAttributes {
            identity: reason.identity,
            reason: reason.reason,
            request_id: reason.request_id,
        };
        let unpaused = event(Attributes::WorkflowExecutionUnpausedEventAttributes(unpaused));
        self.record(now, HistoryEvent { worker_may_ignore: true, ..unpaused }, out);
        for offer in self.open_offers() {
            if matches!(offer.task.subject, Subject::Activity(_)) {
                out.task(Task::Offer(offer));
            }
        }
        match self.state.updates.wait_for_task() {
            // An update does not wait for the delay of the first task.
            true => self.want_task_in_spite_of_delay(now, out),
            false => self.want_workflow_task(now, out),
        }
        Ok(Reply::Done)
    }

    pub(super) fn apply_paused(&mut self, paused: &WorkflowExecutionPausedEventAttributes, at: Timestamp) {
        self.state.execution.status = WorkflowExecutionStatus::Paused as i32;
        self.state.pause = Some(Pause {
            at,
            identity: paused.identity.clone(),
            reason: paused.reason.clone(),
            request_id: paused.request_id.clone(),
        });
        self.state.position.visibility_revision += 1;
        for (scheduled_event_id, activity) in &mut self.state.activities.pending {
            if activity.started().is_none() {
                activity.phase = Some(ActivityPhase::Held(Held {}));
                self.index.set(Due::Activity(*scheduled_event_id), activity.deadline());
            }
        }
    }

    pub(super) fn apply_unpaused(&mut self, at: Timestamp) {
        self.state.execution.status = WorkflowExecutionStatus::Running as i32;
        self.state.pause = None;
        self.state.position.visibility_revision += 1;
        let State { activities, position, .. } = &mut self.state;
        for (scheduled_event_id, activity) in &mut activities.pending {
            if matches!(activity.phase, Some(ActivityPhase::Held(_))) {
                place(activity, false, at, &mut position.stamp);
                self.index.set(Due::Activity(*scheduled_event_id), activity.deadline());
            }
        }
    }
}
