//! A run's own part as a child: it waits until its parent knows of it, and tells its parent how its chain ended.

use abide_api::temporal::api::history::v1::{
    HistoryEvent, WorkflowExecutionStartedEventAttributes, history_event::Attributes,
};
use abide_model::{RunId, Timestamp};

use super::command::{ChildEnded, Command};
use super::note::{NoteKind, ParentTold, Released};
use super::outbound::{Action, Target, workflow_key};
use super::rejection::Rejection;
use super::reply::Reply;
use super::reset::RESETTER_IDENTITY;
use super::state::State;
use super::{Out, Run};

impl State {
    pub(super) fn parent_action(&self) -> Option<Action> {
        let (started, report) = (&self.execution.started, self.children.report.as_ref()?);
        let parent = started.parent_workflow_execution.as_ref()?;
        let ended = ChildEnded {
            parent_run_id: parent.run_id.clone(),
            initiated_event_id: started.parent_initiated_event_id,
            execution: self.execution_name(),
            first_run_id: self.identity.first_run_id.clone(),
            last: Box::new(report.attributes.clone()?),
        };
        let target = Target {
            workflow: workflow_key(&started.parent_workflow_namespace_id, &parent.workflow_id),
            run_id: RunId::parse(&parent.run_id),
            first_run_id: None,
        };
        Some(Action::Ask { target, command: Box::new(Command::ChildEnded(Box::new(ended))) })
    }

    /// Whether the run is a child that its parent may not know of: the first run of its chain.
    pub(super) fn begins_as_child(started: &WorkflowExecutionStartedEventAttributes) -> bool {
        started.parent_workflow_execution.is_some() && started.continued_execution_run_id.is_empty()
    }

    /// What the end of the run means for the one that it is a child of, and for its children.
    pub(super) fn apply_end_to_family(&mut self, last: &HistoryEvent) {
        let reset = is_reset(last);
        self.children.handed_over = reset;
        self.children.awaits_parent = false;
        let tells = self.execution.started.parent_workflow_execution.is_some() && !reset && !has_successor(last);
        self.children.report = tells.then(|| last.clone());
    }
}

impl Run {
    /// The parent knows that this child was started: it may work.
    pub(super) fn release(&mut self, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        if self.state.children.awaits_parent {
            self.emit_note(NoteKind::Released(Released {}), out);
            self.want_workflow_task(now, out);
        }
        Ok(Reply::Done)
    }

    pub(super) fn parent_told(&mut self, out: &mut Out) {
        self.emit_note(NoteKind::ParentTold(ParentTold {}), out);
    }
}

/// Whether a run ends because a reset takes its place.
pub(super) fn is_reset(last: &HistoryEvent) -> bool {
    matches!(&last.attributes, Some(Attributes::WorkflowExecutionTerminatedEventAttributes(terminated))
        if terminated.identity == RESETTER_IDENTITY)
}

/// Whether another run goes on in the place of the one that ends with this event.
fn has_successor(last: &HistoryEvent) -> bool {
    match &last.attributes {
        Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(_)) => true,
        Some(Attributes::WorkflowExecutionCompletedEventAttributes(last)) => !last.new_execution_run_id.is_empty(),
        Some(Attributes::WorkflowExecutionFailedEventAttributes(last)) => !last.new_execution_run_id.is_empty(),
        Some(Attributes::WorkflowExecutionTimedOutEventAttributes(last)) => !last.new_execution_run_id.is_empty(),
        _ => false,
    }
}
