//! How a run ends: completed, failed or cancelled by its worker, terminated from outside, out of time. A closed run is
//! shown as it is for ever; all that it still does is to tell its parent, to end its children, and to call back.

use abide_api::temporal::api::{
    common::v1::Payloads,
    enums::v1::{RetryState, WorkflowExecutionStatus, WorkflowTaskFailedCause},
    failure::v1::Failure,
    history::v1::{
        HistoryEvent, WorkflowExecutionCanceledEventAttributes, WorkflowExecutionCompletedEventAttributes,
        WorkflowExecutionFailedEventAttributes, WorkflowExecutionTerminatedEventAttributes,
        WorkflowExecutionTimedOutEventAttributes, history_event::Attributes,
    },
};
use abide_model::{RunId, Timestamp};

use super::command::Terminate;
use super::event::{Annotation, annotated, event};
use super::rejection::Rejection;
use super::reply::{Reply, Task};
use super::retry::run_timeout;
use super::successor::shown;
use super::worker_command::Turn;
use super::workflow_task_end::{Author, SERVER_IDENTITY};
use super::{Out, Run};

impl Run {
    pub(super) fn terminate(
        &mut self,
        terminate: Terminate,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        self.state.accepts(&terminate.requester)?;
        self.end_started_task(now, WorkflowTaskFailedCause::ForceCloseCommand, out);
        let attributes = WorkflowExecutionTerminatedEventAttributes {
            reason: terminate.reason,
            details: terminate.details,
            identity: terminate.requester.identity,
        };
        let mut terminated = event(Attributes::WorkflowExecutionTerminatedEventAttributes(attributes));
        terminated.links = terminate.requester.links;
        self.close(terminated, now, out);
        Ok(Reply::Done)
    }

    pub(super) fn terminate_by_server(&mut self, reason: String, now: Timestamp, out: &mut Out) {
        self.terminate_with(reason, None, now, out);
    }

    /// The same, saying more.
    pub(super) fn terminate_with(&mut self, reason: String, details: Option<Payloads>, now: Timestamp, out: &mut Out) {
        let identity = SERVER_IDENTITY.into();
        let attributes = WorkflowExecutionTerminatedEventAttributes { reason, details, identity };
        self.close(event(Attributes::WorkflowExecutionTerminatedEventAttributes(attributes)), now, out);
    }

    /// The run, or its chain, has taken too long. Nothing follows a chain without time.
    pub(super) fn time_out(&mut self, new_run_id: RunId, now: Timestamp, out: &mut Out) {
        self.end_started_task(now, WorkflowTaskFailedCause::ForceCloseCommand, out);
        let chain_is_over = self.state.execution_expires_at().is_some_and(|expires_at| expires_at <= now);
        let (retry_state, next) = if chain_is_over {
            (RetryState::Timeout, None)
        } else {
            self.state.after_failure(Some(run_timeout()), now)
        };
        let attributes = WorkflowExecutionTimedOutEventAttributes {
            retry_state: retry_state as i32,
            new_execution_run_id: shown(next.as_ref(), new_run_id),
        };
        let last = event(Attributes::WorkflowExecutionTimedOutEventAttributes(attributes));
        self.end(last, next, new_run_id, now, out);
    }

    /// A task that is with a worker fails when the run is closed from outside; what was buffered is written.
    pub(super) fn end_started_task(&mut self, now: Timestamp, cause: WorkflowTaskFailedCause, out: &mut Out) {
        if self.workflow_task_is_started() {
            self.fail_started_task(now, cause, None, Author::server(SERVER_IDENTITY), out);
            self.flush_buffer(now, out);
        }
    }

    pub(super) fn complete_run(
        &mut self,
        result: Option<Payloads>,
        annotation: Annotation,
        turn: &Turn,
        out: &mut Out,
    ) {
        let next = self.state.next_cron_run(Ok(result.as_ref()), turn.now);
        let attributes = WorkflowExecutionCompletedEventAttributes {
            result,
            workflow_task_completed_event_id: turn.completed_event_id,
            new_execution_run_id: shown(next.as_ref(), turn.new_run_id),
        };
        let last = annotated(Attributes::WorkflowExecutionCompletedEventAttributes(attributes), annotation);
        self.end(last, next, turn.new_run_id, turn.now, out);
    }

    pub(super) fn fail_run(&mut self, failure: Option<Failure>, annotation: Annotation, turn: &Turn, out: &mut Out) {
        let (retry_state, next) = self.state.after_failure(failure.clone(), turn.now);
        let attributes = WorkflowExecutionFailedEventAttributes {
            failure,
            retry_state: retry_state as i32,
            workflow_task_completed_event_id: turn.completed_event_id,
            new_execution_run_id: shown(next.as_ref(), turn.new_run_id),
        };
        let last = annotated(Attributes::WorkflowExecutionFailedEventAttributes(attributes), annotation);
        self.end(last, next, turn.new_run_id, turn.now, out);
    }

    pub(super) fn cancel_run(&mut self, details: Option<Payloads>, annotation: Annotation, turn: &Turn, out: &mut Out) {
        let workflow_task_completed_event_id = turn.completed_event_id;
        let attributes = WorkflowExecutionCanceledEventAttributes { workflow_task_completed_event_id, details };
        let last = annotated(Attributes::WorkflowExecutionCanceledEventAttributes(attributes), annotation);
        self.close(last, turn.now, out);
    }

    /// Writes the last event. Whatever was offered is settled; what is owed is what the end means for others.
    pub(super) fn close(&mut self, last: HistoryEvent, now: Timestamp, out: &mut Out) {
        for offer in self.open_offers() {
            out.task(Task::Settle(offer.task.subject));
        }
        let owed = self.state.open_outbound();
        self.forget_speculative_task(out);
        self.abort_updates(&last, out);
        self.emit_event(now, last, out);
        self.settle_outbound(owed.iter().copied(), out);
        for outbound in self.state.open_outbound().difference(&owed) {
            out.task(Task::Owe(*outbound));
        }
        debug_assert!(self.deadline().is_none(), "a run that closes has no deadline");
    }

    pub(super) fn apply_closed(&mut self, last: &HistoryEvent, at: Timestamp) {
        let status = match &last.attributes {
            Some(Attributes::WorkflowExecutionCompletedEventAttributes(_)) => WorkflowExecutionStatus::Completed,
            Some(Attributes::WorkflowExecutionFailedEventAttributes(_)) => WorkflowExecutionStatus::Failed,
            Some(Attributes::WorkflowExecutionTimedOutEventAttributes(_)) => WorkflowExecutionStatus::TimedOut,
            Some(Attributes::WorkflowExecutionCanceledEventAttributes(_)) => WorkflowExecutionStatus::Canceled,
            Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(_)) => {
                WorkflowExecutionStatus::ContinuedAsNew
            }
            _ => WorkflowExecutionStatus::Terminated,
        };
        self.state.execution.status = status as i32;
        self.state.execution.closed_at = Some(at);
        self.state.position.visibility_revision += 1;
        self.state.apply_end_to_family(last);
        self.state.apply_end_to_callbacks(last);
        self.forget_open_parts();
    }
}
