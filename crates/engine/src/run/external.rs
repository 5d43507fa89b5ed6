//! Signals to other workflows and requests to cancel them: initiated by a command, carried out by a debt, and shown to
//! the workflow as done or failed.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    common::v1::WorkflowExecution,
    enums::v1::{
        CancelExternalWorkflowExecutionFailedCause as CancelCause,
        SignalExternalWorkflowExecutionFailedCause as SignalCause,
    },
    history::v1::{
        ExternalWorkflowExecutionCancelRequestedEventAttributes, ExternalWorkflowExecutionSignaledEventAttributes,
        RequestCancelExternalWorkflowExecutionFailedEventAttributes,
        RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
        SignalExternalWorkflowExecutionFailedEventAttributes, SignalExternalWorkflowExecutionInitiatedEventAttributes,
        history_event::Attributes,
    },
};
use abide_model::{RunId, Timestamp};

use super::command::{Command, RequestCancel, Signal};
use super::event::{Annotation, annotated, event};
use super::outbound::{Action, Fault, Outbound, Outcome, Relation, Target, workflow_key};
use super::reply::Task;
use super::state::State;
use super::worker_command::Turn;
use super::{Out, Run};

/// What the run has asked of other workflows and has no answer to. A closed run waits for none.
#[derive(Clone, PartialEq, prost::Message)]
pub struct External {
    /// Signals, by initiated event.
    #[prost(btree_map = "int64, message", tag = "1")]
    pub signals: BTreeMap<i64, SignalExternalWorkflowExecutionInitiatedEventAttributes>,
    /// Requests to cancel, by initiated event.
    #[prost(btree_map = "int64, message", tag = "2")]
    pub cancels: BTreeMap<i64, RequestCancelExternalWorkflowExecutionInitiatedEventAttributes>,
}

impl State {
    /// The workflow that an event names; none when it is this one, which cannot be asked.
    fn target(&self, namespace_id: &str, execution: Option<&WorkflowExecution>) -> Option<Target> {
        let execution = execution?;
        let workflow = workflow_key(namespace_id, &execution.workflow_id);
        let same_namespace = workflow.namespace.0.as_bytes().as_slice() == self.identity.namespace_id.as_slice();
        if same_namespace && workflow.workflow_id == self.identity.workflow_id {
            return None;
        }
        Some(Target { workflow, run_id: RunId::parse(&execution.run_id), first_run_id: None })
    }

    pub(super) fn signal_action(&self, id: i64) -> Option<Action> {
        let initiated = self.external.signals.get(&id)?;
        let Some(target) = self.target(&initiated.namespace_id, initiated.workflow_execution.as_ref()) else {
            return Some(Action::Nothing(Fault::NotFound));
        };
        let signal = Signal {
            name: initiated.signal_name.clone(),
            input: initiated.input.clone(),
            header: initiated.header.clone(),
            requester: self.sender(id, relation(initiated.child_workflow_only)),
            ends_start_delay: false,
        };
        Some(Action::Ask { target, command: Box::new(Command::Signal(Box::new(signal))) })
    }

    pub(super) fn cancel_action(&self, id: i64) -> Option<Action> {
        let initiated = self.external.cancels.get(&id)?;
        let Some(target) = self.target(&initiated.namespace_id, initiated.workflow_execution.as_ref()) else {
            return Some(Action::Nothing(Fault::NotFound));
        };
        let requester = self.sender(id, relation(initiated.child_workflow_only));
        let cancel = RequestCancel { reason: initiated.reason.clone(), requester };
        Some(Action::Ask { target, command: Box::new(Command::RequestCancel(cancel)) })
    }

    /// The namespace as results name it: the run's own when the command named none.
    fn shown_namespace(&self, name: &str) -> String {
        if name.is_empty() { self.identity.namespace_name.clone() } else { name.into() }
    }
}

fn relation(child_only: bool) -> Relation {
    if child_only { Relation::Parent } else { Relation::Any }
}

impl Run {
    pub(super) fn initiate_signal(
        &mut self,
        initiated: SignalExternalWorkflowExecutionInitiatedEventAttributes,
        annotation: Annotation,
        turn: &Turn,
        out: &mut Out,
    ) {
        let initiated = SignalExternalWorkflowExecutionInitiatedEventAttributes {
            workflow_task_completed_event_id: turn.completed_event_id,
            ..initiated
        };
        let attributes = Attributes::SignalExternalWorkflowExecutionInitiatedEventAttributes(initiated);
        let id = self.emit_event(turn.now, annotated(attributes, annotation), out);
        out.task(Task::Owe(Outbound::Signal(id)));
    }

    pub(super) fn initiate_cancel(
        &mut self,
        initiated: RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
        annotation: Annotation,
        turn: &Turn,
        out: &mut Out,
    ) {
        let initiated = RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
            workflow_task_completed_event_id: turn.completed_event_id,
            ..initiated
        };
        let attributes = Attributes::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(initiated);
        let id = self.emit_event(turn.now, annotated(attributes, annotation), out);
        out.task(Task::Owe(Outbound::Cancel(id)));
    }

    #[expect(deprecated, reason = "old workers read the control field")]
    pub(super) fn signal_outcome(&mut self, id: i64, outcome: Outcome, now: Timestamp, out: &mut Out) {
        let Some(initiated) = self.state.external.signals.get(&id).cloned() else { return };
        let namespace = self.state.shown_namespace(&initiated.namespace);
        let attributes = match outcome {
            // Is said of addresses alone.
            Outcome::Undelivered(_) => return,
            Outcome::Done | Outcome::Started(_) => Attributes::ExternalWorkflowExecutionSignaledEventAttributes(
                ExternalWorkflowExecutionSignaledEventAttributes {
                    initiated_event_id: id,
                    namespace,
                    namespace_id: initiated.namespace_id,
                    workflow_execution: initiated.workflow_execution,
                    control: initiated.control,
                },
            ),
            Outcome::Failed(fault) => Attributes::SignalExternalWorkflowExecutionFailedEventAttributes(
                SignalExternalWorkflowExecutionFailedEventAttributes {
                    cause: signal_cause(fault) as i32,
                    namespace,
                    namespace_id: initiated.namespace_id,
                    workflow_execution: initiated.workflow_execution,
                    initiated_event_id: id,
                    control: initiated.control,
                    ..SignalExternalWorkflowExecutionFailedEventAttributes::default()
                },
            ),
        };
        self.record(now, event(attributes), out);
        self.want_workflow_task(now, out);
    }

    pub(super) fn cancel_outcome(&mut self, id: i64, outcome: Outcome, now: Timestamp, out: &mut Out) {
        let Some(initiated) = self.state.external.cancels.get(&id).cloned() else { return };
        let namespace = self.state.shown_namespace(&initiated.namespace);
        let attributes = match outcome {
            // Is said of addresses alone.
            Outcome::Undelivered(_) => return,
            Outcome::Done | Outcome::Started(_) => Attributes::ExternalWorkflowExecutionCancelRequestedEventAttributes(
                ExternalWorkflowExecutionCancelRequestedEventAttributes {
                    initiated_event_id: id,
                    namespace,
                    namespace_id: initiated.namespace_id,
                    workflow_execution: initiated.workflow_execution,
                },
            ),
            Outcome::Failed(fault) => Attributes::RequestCancelExternalWorkflowExecutionFailedEventAttributes(
                RequestCancelExternalWorkflowExecutionFailedEventAttributes {
                    cause: cancel_cause(fault) as i32,
                    namespace,
                    namespace_id: initiated.namespace_id,
                    workflow_execution: initiated.workflow_execution,
                    initiated_event_id: id,
                    ..RequestCancelExternalWorkflowExecutionFailedEventAttributes::default()
                },
            ),
        };
        self.record(now, event(attributes), out);
        self.want_workflow_task(now, out);
    }
}

fn signal_cause(fault: Fault) -> SignalCause {
    match fault {
        Fault::NotFound | Fault::AlreadyExists => SignalCause::ExternalWorkflowExecutionNotFound,
        Fault::NamespaceNotFound => SignalCause::NamespaceNotFound,
        Fault::TooManySignals => SignalCause::SignalCountLimitExceeded,
    }
}

fn cancel_cause(fault: Fault) -> CancelCause {
    match fault {
        Fault::NotFound | Fault::AlreadyExists | Fault::TooManySignals => {
            CancelCause::ExternalWorkflowExecutionNotFound
        }
        Fault::NamespaceNotFound => CancelCause::NamespaceNotFound,
    }
}
