//! Reset: a new run begins as a copy of the history of another one up to a workflow task, which fails there, and goes on
//! from now. What reached the old run later (signals, updates) reaches the new one as well. The copy is made of events
//! alone: attempts, heartbeats and stickiness are not history, so whatever was pending then is pending anew.

use abide_api::temporal::api::{
    enums::v1::WorkflowTaskFailedCause,
    failure::v1::{Failure, ResetWorkflowFailureInfo, failure::FailureInfo},
    history::v1::{HistoryEvent, WorkflowTaskFailedEventAttributes, history_event::Attributes},
};
use abide_model::{RunId, Timestamp};

use super::command::{QueueName, Reset, Subject};
use super::event::event;
use super::note::{Began, NoteKind, ReplacedBy, ResetNote, WorkflowTaskScheduled, nanos};
use super::rejection::Rejection;
use super::reply::{Reply, Task};
use super::state::{Identity, ResetPart, StartedPart};
use super::workflow_task_end::SERVER_IDENTITY;
use super::{Change, Out, Run};
use crate::convert::{from_proto_duration, from_proto_time, to_proto_time};

/// The identity under which a reset ends the run that it takes the place of.
pub const RESETTER_IDENTITY: &str = "history-resetter";

/// Whether a history that ends so has a workflow task that is scheduled or with a worker: only there can it be cut.
pub fn ends_in_workflow_task(events: &[HistoryEvent]) -> bool {
    open_task(events).is_some()
}

/// The schedule of the workflow task that is open at the end.
fn open_task(events: &[HistoryEvent]) -> Option<&HistoryEvent> {
    let last = events.iter().rev().find_map(|event| match &event.attributes {
        Some(Attributes::WorkflowTaskScheduledEventAttributes(_)) => Some(Some(event)),
        Some(
            Attributes::WorkflowTaskCompletedEventAttributes(_)
            | Attributes::WorkflowTaskFailedEventAttributes(_)
            | Attributes::WorkflowTaskTimedOutEventAttributes(_)
            | Attributes::WorkflowExecutionTerminatedEventAttributes(_)
            | Attributes::WorkflowExecutionTimedOutEventAttributes(_),
        ) => Some(None),
        _ => None,
    });
    last.flatten()
}

impl Run {
    /// The run that was made of this one, if it was reset.
    pub fn reset_run_id(&self) -> Option<RunId> {
        RunId::parse(&self.state.execution.replaced_by)
    }

    /// The request to reset that made this run; empty if none did.
    pub fn reset_request_id(&self) -> &str {
        self.state.execution.reset.as_ref().map_or("", |reset| &reset.request_id)
    }

    /// Remembers that another run was made of this one. A closed run does so as well.
    pub(super) fn replaced_by(&mut self, run_id: RunId, out: &mut Out) -> Reply {
        self.emit_note(NoteKind::ReplacedBy(ReplacedBy { run_id: run_id.to_string() }), out);
        Reply::Done
    }

    pub(super) fn begin_reset(&mut self, reset: Reset, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        let Some(scheduled_event_id) = open_task(&reset.events).map(|scheduled| scheduled.event_id) else {
            let cut = reset.events.last().map_or(1, |event| event.event_id + 1);
            return Err(Rejection::NoWorkflowTaskToReset(cut));
        };
        let started = self.copy(&reset, scheduled_event_id, now, out);
        let note = ResetNote { at: now, base_run_id: reset.base_run_id.to_string(), request_id: reset.request_id };
        self.emit_note(NoteKind::Reset(Box::new(note)), out);
        self.fail_at_cut(started, reset.base_run_id, reset.reason, now, out);
        for event in reset.later {
            self.reapply(event, now, out);
        }
        for update in reset.options {
            self.change_options(update, now, out);
        }
        for offer in self.open_offers() {
            debug_assert!(offer.task.subject != Subject::WorkflowTask, "the workflow task has failed");
            out.task(Task::Offer(offer));
        }
        for outbound in self.state.open_outbound() {
            out.task(Task::Owe(outbound));
        }
        self.want_workflow_task(now, out);
        self.enforce_limits(now, out);
        Ok(Reply::Started(None))
    }

    /// Takes over the history up to the cut, but for the start of its last workflow task, which is given back.
    fn copy(&mut self, reset: &Reset, scheduled_event_id: i64, now: Timestamp, out: &mut Out) -> StartedPart {
        let first = reset.events.first().and_then(|event| event.attributes.as_ref());
        let first_run_id = match first {
            Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) => {
                started.first_execution_run_id.clone()
            }
            _ => String::new(),
        };
        let identity = Identity {
            namespace_id: reset.key.workflow.namespace.0.as_bytes().to_vec(),
            namespace_name: reset.namespace_name.clone(),
            workflow_id: reset.key.workflow.workflow_id.clone(),
            run_id: reset.key.run_id.0.as_bytes().to_vec(),
            first_run_id,
            create_request_id: reset.create_request_id.clone(),
        };
        let user_metadata = reset.events.first().and_then(|event| event.user_metadata.clone());
        self.emit_note(NoteKind::Began(Box::new(Began { identity, user_metadata })), out);
        let mut started = StartedPart { at: now, identity: SERVER_IDENTITY.into(), ..StartedPart::default() };
        for event in &reset.events {
            match &event.attributes {
                Some(Attributes::WorkflowTaskStartedEventAttributes(start))
                    if start.scheduled_event_id == scheduled_event_id =>
                {
                    started.at = from_proto_time(event.event_time.as_ref());
                    started.identity.clone_from(&start.identity);
                    started.request_id.clone_from(&start.request_id);
                    #[expect(deprecated, reason = "the stamp of a worker without a deployment")]
                    let stamp = &start.worker_version;
                    started.build_id = stamp.as_ref().map(|it| it.build_id.clone()).unwrap_or_default();
                    started.continue_reasons.clone_from(&start.suggest_continue_as_new_reasons);
                    continue;
                }
                Some(Attributes::WorkflowTaskScheduledEventAttributes(scheduled))
                    if scheduled.attempt > 1 && event.event_id == scheduled_event_id =>
                {
                    // The record of a retry opens no task, because it is written when the retry ends.
                    let queue = scheduled.task_queue.clone().unwrap_or_default();
                    let note = WorkflowTaskScheduled {
                        at: from_proto_time(event.event_time.as_ref()),
                        queue: QueueName { name: queue.name, normal_name: queue.normal_name },
                        timeout_nanos: nanos(from_proto_duration(scheduled.start_to_close_timeout.as_ref())),
                        attempt: scheduled.attempt,
                    };
                    self.emit_note(NoteKind::WorkflowTaskScheduled(note), out);
                }
                _ => {}
            }
            out.emit(self, Change::Event(Box::new(event.clone())));
        }
        StartedPart { event_id: self.next_event_id(), history_bytes: self.state.position.history_bytes, ..started }
    }

    /// The task at the cut fails; a new one will replay what comes before it.
    fn fail_at_cut(&mut self, started: StartedPart, base: RunId, reason: String, now: Timestamp, out: &mut Out) {
        self.emit_note(NoteKind::WorkflowTaskStarted(started), out);
        let (scheduled_event_id, started_event_id) = self.write_task_start(now, out);
        let failure = Failure {
            message: reason,
            failure_info: Some(FailureInfo::ResetWorkflowFailureInfo(ResetWorkflowFailureInfo::default())),
            ..Failure::default()
        };
        let attributes = WorkflowTaskFailedEventAttributes {
            scheduled_event_id,
            started_event_id,
            cause: WorkflowTaskFailedCause::ResetWorkflow as i32,
            failure: Some(failure),
            identity: SERVER_IDENTITY.into(),
            base_run_id: base.to_string(),
            new_run_id: self.run_id().to_string(),
            ..WorkflowTaskFailedEventAttributes::default()
        };
        self.emit_event(now, event(Attributes::WorkflowTaskFailedEventAttributes(attributes.into())), out);
        self.emit_note(NoteKind::NextAttempt(1), out);
    }

    /// What reached the old run behind the cut reaches the new one now. Requests to cancel and to terminate do not: a
    /// reset is often meant to undo them.
    fn reapply(&mut self, happened: HistoryEvent, now: Timestamp, out: &mut Out) {
        let again = match happened.attributes {
            // A callback that a request has brought already is not to be told twice.
            Some(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(updated))
                if !updated.attached_completion_callbacks.is_empty()
                    && self.state.execution.requests.contains_key(&updated.attached_request_id) =>
            {
                return;
            }
            Some(
                attributes @ (Attributes::WorkflowExecutionSignaledEventAttributes(_)
                | Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(_)),
            ) => attributes,
            Some(Attributes::WorkflowExecutionUpdateAdmittedEventAttributes(admitted)) => {
                return self.admit_reapplied_update(admitted.request, now, out);
            }
            Some(Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(accepted)) => {
                return self.admit_reapplied_update(accepted.accepted_request, now, out);
            }
            Some(attributes) => match self.state.reconnected(attributes) {
                Some(attributes) => attributes,
                None => return,
            },
            None => return,
        };
        let mut again = event(again);
        again.links = happened.links;
        again.worker_may_ignore = happened.worker_may_ignore;
        again.user_metadata = happened.user_metadata;
        self.emit_event(now, again, out);
    }

    /// From now on the run is one that began at the reset: its clocks, and those of what is pending, start again.
    pub(super) fn apply_reset(&mut self, reset: &ResetNote) {
        let state = &mut self.state;
        let execution = &mut state.execution;
        let original_started_at = execution.started_at;
        execution.reset = Some(ResetPart {
            at: reset.at,
            base_run_id: reset.base_run_id.clone(),
            request_id: reset.request_id.clone(),
            original_started_at,
        });
        execution.started_at = reset.at;
        execution.first_task_at = None;
        let timeout = from_proto_duration(execution.started.workflow_execution_timeout.as_ref());
        if !timeout.is_zero() {
            execution.started.workflow_execution_expiration_time = Some(to_proto_time(reset.at.after(timeout)));
        }
        if let Some(open) = &mut state.workflow_tasks.open {
            open.attempt = 1;
        }
        for activity in state.activities.pending.values_mut() {
            activity.scheduled_at = reset.at;
            activity.attempt_scheduled_at = reset.at;
        }
        self.index = super::index::Index::of(&self.state);
        self.state.position.visibility_revision += 1;
    }

    pub(super) fn apply_replaced_by(&mut self, replaced: &ReplacedBy) {
        self.state.execution.replaced_by.clone_from(&replaced.run_id);
    }
}

/// Whether a reset brings an event to the new run, unless it is told not to.
pub fn is_reapplied(event: &HistoryEvent, keep: super::Reapply) -> bool {
    match &event.attributes {
        Some(Attributes::WorkflowExecutionSignaledEventAttributes(_)) => keep.signals,
        Some(
            Attributes::WorkflowExecutionUpdateAdmittedEventAttributes(_)
            | Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(_),
        ) => keep.updates,
        Some(
            Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(_)
            | Attributes::StartChildWorkflowExecutionFailedEventAttributes(_)
            | Attributes::ChildWorkflowExecutionStartedEventAttributes(_)
            | Attributes::ChildWorkflowExecutionCompletedEventAttributes(_)
            | Attributes::ChildWorkflowExecutionFailedEventAttributes(_)
            | Attributes::ChildWorkflowExecutionCanceledEventAttributes(_)
            | Attributes::ChildWorkflowExecutionTimedOutEventAttributes(_)
            | Attributes::ChildWorkflowExecutionTerminatedEventAttributes(_),
        ) => true,
        _ => false,
    }
}
