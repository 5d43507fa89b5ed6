//! Applies a change by handing it to its concept. Nothing is decided here, and nothing can fail.

use abide_api::temporal::api::history::v1::{HistoryEvent, history_event::Attributes};
use abide_model::Timestamp;
use prost::Message;

use super::Run;
use super::external::External;
use super::index::Index;
use super::note::NoteKind;
use super::state::Problem;
use crate::convert::from_proto_time;

impl Run {
    pub(super) fn apply_event(&mut self, event: &HistoryEvent) {
        let position = &mut self.state.position;
        position.next_event_id = event.event_id.saturating_add(1);
        position.history_bytes += event.encoded_len() as i64;
        if position.flushing > 0 {
            // It was buffered, and had its effect then, but for its number.
            position.flushing -= 1;
            if let Some(Attributes::ChildWorkflowExecutionStartedEventAttributes(started)) = &event.attributes {
                self.apply_child_started(event.event_id, started);
            }
            self.apply_request_numbered(event);
            return;
        }
        self.apply_effect(event);
    }

    /// What an event means for the state, whether it is numbered or only buffered.
    pub(super) fn apply_effect(&mut self, event: &HistoryEvent) {
        let at = from_proto_time(event.event_time.as_ref());
        let Some(attributes) = &event.attributes else { return };
        match attributes {
            Attributes::WorkflowExecutionStartedEventAttributes(started) => {
                self.apply_started(started, &event.links, at);
            }
            Attributes::WorkflowExecutionCompletedEventAttributes(_)
            | Attributes::WorkflowExecutionFailedEventAttributes(_)
            | Attributes::WorkflowExecutionTimedOutEventAttributes(_)
            | Attributes::WorkflowExecutionCanceledEventAttributes(_)
            | Attributes::WorkflowExecutionTerminatedEventAttributes(_)
            | Attributes::WorkflowExecutionContinuedAsNewEventAttributes(_) => self.apply_closed(event, at),
            Attributes::WorkflowTaskScheduledEventAttributes(scheduled) => {
                self.apply_workflow_task_scheduled(event.event_id, scheduled, at);
            }
            Attributes::WorkflowTaskCompletedEventAttributes(completed) => {
                self.note_reset_point(event.event_id, completed, at);
                self.apply_workflow_task_completed(completed);
            }
            Attributes::WorkflowTaskFailedEventAttributes(failed) => {
                self.apply_problem(Problem::Failed(failed.cause));
                self.apply_workflow_task_failed();
            }
            Attributes::WorkflowTaskTimedOutEventAttributes(timed_out) => {
                self.apply_workflow_task_timed_out(timed_out);
            }
            Attributes::WorkflowExecutionCancelRequestedEventAttributes(_) => {
                self.state.execution.cancel_requested = true;
            }
            Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(updated) => {
                self.apply_options_updated(updated);
                self.apply_request_id(&updated.attached_request_id, event);
                let callbacks = &updated.attached_completion_callbacks;
                self.state.apply_callbacks_registered(callbacks, &updated.attached_request_id, at);
            }
            Attributes::WorkflowExecutionSignaledEventAttributes(signaled) => {
                self.apply_signaled(event.event_id, signaled)
            }
            Attributes::UpsertWorkflowSearchAttributesEventAttributes(upsert) => self.apply_search_attributes(upsert),
            Attributes::WorkflowPropertiesModifiedEventAttributes(modified) => self.apply_memo(modified),
            Attributes::WorkflowExecutionPausedEventAttributes(paused) => self.apply_paused(paused, at),
            Attributes::WorkflowExecutionUnpausedEventAttributes(_) => self.apply_unpaused(at),
            Attributes::WorkflowExecutionUpdateAdmittedEventAttributes(admitted) => {
                self.apply_update_reapplied(admitted);
            }
            Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(accepted) => {
                self.apply_update_accepted(event.event_id, accepted);
            }
            Attributes::WorkflowExecutionUpdateCompletedEventAttributes(completed) => {
                self.apply_update_completed(event.event_id, completed);
            }
            _ => self.apply_effect_on_pending(event, attributes, at),
        }
    }

    /// What an event means for what the workflow waits for: activities, timers, children, other workflows.
    fn apply_effect_on_pending(&mut self, event: &HistoryEvent, attributes: &Attributes, at: Timestamp) {
        match attributes {
            Attributes::ActivityTaskScheduledEventAttributes(scheduled) => {
                self.apply_activity_scheduled(event.event_id, scheduled, at);
            }
            Attributes::ActivityTaskCancelRequestedEventAttributes(requested) => {
                self.apply_activity_cancel_requested(event.event_id, requested.scheduled_event_id);
            }
            Attributes::ActivityTaskCompletedEventAttributes(ended) => {
                self.apply_activity_ended(ended.scheduled_event_id)
            }
            Attributes::ActivityTaskFailedEventAttributes(ended) => self.apply_activity_ended(ended.scheduled_event_id),
            Attributes::ActivityTaskTimedOutEventAttributes(ended) => {
                self.apply_activity_ended(ended.scheduled_event_id)
            }
            Attributes::ActivityTaskCanceledEventAttributes(ended) => {
                self.apply_activity_ended(ended.scheduled_event_id)
            }
            Attributes::TimerStartedEventAttributes(started) => self.apply_timer_started(event.event_id, started, at),
            Attributes::TimerFiredEventAttributes(fired) => self.apply_timer_ended(&fired.timer_id),
            Attributes::TimerCanceledEventAttributes(canceled) => self.apply_timer_ended(&canceled.timer_id),
            Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(_) => self.apply_child_initiated(event),
            Attributes::ChildWorkflowExecutionStartedEventAttributes(started) => {
                self.apply_child_started(event.event_id, started);
            }
            Attributes::StartChildWorkflowExecutionFailedEventAttributes(failed) => {
                self.apply_child_gone(failed.initiated_event_id);
            }
            Attributes::ChildWorkflowExecutionCompletedEventAttributes(ended) => {
                self.apply_child_gone(ended.initiated_event_id);
            }
            Attributes::ChildWorkflowExecutionFailedEventAttributes(ended) => {
                self.apply_child_gone(ended.initiated_event_id);
            }
            Attributes::ChildWorkflowExecutionCanceledEventAttributes(ended) => {
                self.apply_child_gone(ended.initiated_event_id);
            }
            Attributes::ChildWorkflowExecutionTimedOutEventAttributes(ended) => {
                self.apply_child_gone(ended.initiated_event_id);
            }
            Attributes::ChildWorkflowExecutionTerminatedEventAttributes(ended) => {
                self.apply_child_gone(ended.initiated_event_id);
            }
            Attributes::SignalExternalWorkflowExecutionInitiatedEventAttributes(initiated) => {
                self.state.external.signals.insert(event.event_id, initiated.clone());
            }
            Attributes::ExternalWorkflowExecutionSignaledEventAttributes(signaled) => {
                self.state.external.signals.remove(&signaled.initiated_event_id);
            }
            Attributes::SignalExternalWorkflowExecutionFailedEventAttributes(failed) => {
                self.state.external.signals.remove(&failed.initiated_event_id);
            }
            Attributes::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(initiated) => {
                self.state.external.cancels.insert(event.event_id, initiated.clone());
            }
            Attributes::ExternalWorkflowExecutionCancelRequestedEventAttributes(requested) => {
                self.state.external.cancels.remove(&requested.initiated_event_id);
            }
            Attributes::RequestCancelExternalWorkflowExecutionFailedEventAttributes(failed) => {
                self.state.external.cancels.remove(&failed.initiated_event_id);
            }
            // Markers, starts of tasks and whatever later versions write say nothing that the state must know.
            _ => {}
        }
    }

    pub(super) fn apply_note(&mut self, note: &NoteKind) {
        match note {
            NoteKind::Began(began) => {
                self.state.identity = began.identity.clone();
                self.state.execution.user_metadata = began.user_metadata.clone();
            }
            NoteKind::Buffered(event) => {
                self.state.buffer.events.push((**event).clone());
                self.apply_effect(event);
            }
            NoteKind::Flushed(flushed) => {
                self.state.buffer.events.clear();
                self.state.position.flushing = flushed.events;
            }
            NoteKind::FiringWithdrawn(withdrawn) => self.apply_firing_withdrawn(withdrawn.started_event_id),
            NoteKind::WorkflowTaskScheduled(scheduled) => self.apply_transient_scheduled(scheduled),
            NoteKind::WorkflowTaskStarted(started) => self.apply_workflow_task_started(started),
            NoteKind::WorkflowTaskOffered(queue) => self.apply_workflow_task_offered(queue),
            NoteKind::WorkflowTaskDropped(_) => self.apply_workflow_task_failed(),
            NoteKind::Stickiness(stickiness) => self.state.workflow_tasks.sticky = stickiness.sticky.clone(),
            NoteKind::ActivityStarted(started) => self.apply_activity_started(started),
            NoteKind::ActivityHeartbeat(heartbeat) => self.apply_activity_heartbeat(heartbeat),
            NoteKind::ActivityRetry(retry) => self.apply_activity_retry(retry),
            NoteKind::ActivityOffered(offered) => self.apply_activity_offered(offered.scheduled_event_id),
            NoteKind::StartDelayOver(_) => {
                self.state.execution.first_task_at = None;
                self.state.index_run(&mut self.index);
            }
            NoteKind::Reset(reset) => self.apply_reset(reset),
            NoteKind::ReplacedBy(replaced) => self.apply_replaced_by(replaced),
            NoteKind::NextAttempt(attempt) => self.state.workflow_tasks.next_attempt = *attempt,
            NoteKind::ActivityPaused(paused) => self.apply_activity_paused(paused),
            NoteKind::ActivityUnpaused(unpaused) => self.apply_activity_unpaused(unpaused),
            NoteKind::ActivityReset(reset) => self.apply_activity_reset(reset),
            NoteKind::ActivityOptionsChanged(changed) => self.apply_activity_options_changed(changed),
            NoteKind::WorkflowTaskGoesOnSince(since) => {
                if let Some(open) = &mut self.state.workflow_tasks.open {
                    open.original_scheduled_at = *since;
                }
            }
            NoteKind::ChildReleased(released) => self.apply_child_released(released.initiated_event_id),
            NoteKind::ChildLeft(left) => self.apply_child_left(left.initiated_event_id),
            NoteKind::Released(_) => self.state.children.awaits_parent = false,
            NoteKind::ParentTold(_) => self.state.children.report = None,
            NoteKind::UpdateAdmitted(admitted) => self.apply_update_admitted(admitted),
            NoteKind::UpdateDropped(dropped) => self.apply_update_dropped(dropped),
            NoteKind::SpeculativeTaskScheduled(scheduled) => self.apply_speculative_scheduled(scheduled),
            NoteKind::WorkflowTaskDiscarded(_) => self.apply_workflow_task_discarded(),
            NoteKind::CallbackAttempted(attempted) => self.apply_callback_attempted(attempted),
            NoteKind::CallbackDue(due) => self.apply_callback_due(*due),
        }
    }

    /// Forgets what only an open run has. Pending activities and children stay to be shown (observed).
    pub(super) fn forget_open_parts(&mut self) {
        self.state.workflow_tasks.open = None;
        self.state.timers.pending.clear();
        self.state.buffer.events.clear();
        self.state.external = External::default();
        self.index = Index::default();
    }
}
