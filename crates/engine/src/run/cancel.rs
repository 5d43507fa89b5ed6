//! Requests to cancel a run: asked once, shown to the workflow, which decides what to do.

use abide_api::temporal::api::history::v1::{
    WorkflowExecutionCancelRequestedEventAttributes, history_event::Attributes,
};
use abide_model::Timestamp;

use super::command::RequestCancel;
use super::event::event;
use super::note::{NoteKind, StartDelayOver};
use super::rejection::Rejection;
use super::reply::Reply;
use super::{Out, Run};

impl Run {
    /// Asking again decides nothing: the second request is as good as the first (reference: an acknowledged no-op).
    pub(super) fn request_cancel(
        &mut self,
        request: RequestCancel,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        self.state.accepts(&request.requester)?;
        if self.state.execution.cancel_requested {
            return Ok(Reply::Done);
        }
        let sender = request.requester.sender;
        let mut requested = event(Attributes::WorkflowExecutionCancelRequestedEventAttributes(
            WorkflowExecutionCancelRequestedEventAttributes {
                cause: request.reason,
                identity: request.requester.identity,
                external_initiated_event_id: sender.as_ref().map_or(0, |sender| sender.initiated_event_id),
                external_workflow_execution: sender.map(|sender| sender.execution),
            },
        ));
        requested.links = request.requester.links;
        self.record(now, requested, out);
        if self.state.execution.first_task_at.is_some() {
            // The workflow is to hear of it now, not when its delay or the time of its schedule has come.
            self.emit_note(NoteKind::StartDelayOver(StartDelayOver {}), out);
        }
        self.want_workflow_task(now, out);
        Ok(Reply::Done)
    }
}
