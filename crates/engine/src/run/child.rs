//! Child workflows, as their parent sees them: initiated by a command, started by a debt, ended by what the child says.
//! Invariant: a child begins to work only after its start is recorded here.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    common::v1::{Priority, WorkflowExecution},
    enums::v1::{ParentClosePolicy, StartChildWorkflowExecutionFailedCause as Cause},
    history::v1::{
        ChildWorkflowExecutionCanceledEventAttributes, ChildWorkflowExecutionCompletedEventAttributes,
        ChildWorkflowExecutionFailedEventAttributes, ChildWorkflowExecutionStartedEventAttributes,
        ChildWorkflowExecutionTerminatedEventAttributes, ChildWorkflowExecutionTimedOutEventAttributes, HistoryEvent,
        StartChildWorkflowExecutionFailedEventAttributes, StartChildWorkflowExecutionInitiatedEventAttributes,
        WorkflowExecutionStartedEventAttributes, history_event::Attributes,
    },
    sdk::v1::UserMetadata,
    workflow::v1::PendingChildExecutionInfo,
};
use abide_model::deliberate::{self, Bug};
use abide_model::{RunId, RunKey, Timestamp};
use uuid::Uuid;

use super::command::{ChildEnded, Command, RequestCancel, Start, Terminate};
use super::event::{Annotation, annotated, event};
use super::note::{ChildLeft, ChildReleased, NoteKind};
use super::outbound::{Action, Fault, Outbound, Outcome, Relation, Step, Target, workflow_key};
use super::rejection::Rejection;
use super::reply::{Reply, Task};
use super::state::State;
use super::worker_command::Turn;
use super::{Out, Run};

/// Child workflows, and the run's own part as a child.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Children {
    /// By initiated event. Those of a closed run stay to be shown.
    #[prost(btree_map = "int64, message", tag = "1")]
    pub pending: BTreeMap<i64, Child>,
    /// The run was ended by a reset, whose run has the children now.
    #[prost(bool, tag = "2")]
    pub handed_over: bool,
    /// The run is a child whose parent does not know yet that it was started: it waits.
    #[prost(bool, tag = "3")]
    pub awaits_parent: bool,
    /// The run's last event, until its parent knows it.
    #[prost(message, optional, tag = "4")]
    pub report: Option<HistoryEvent>,
}

/// A child workflow that has not ended.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Child {
    /// What the workflow said, completed; once started without what only the child needs.
    #[prost(message, required, tag = "1")]
    pub initiated: StartChildWorkflowExecutionInitiatedEventAttributes,
    /// The first run of its chain, once started.
    #[prost(string, tag = "2")]
    pub first_run_id: String,
    /// The event that says so; zero while that event waits in the buffer.
    #[prost(int64, tag = "3")]
    pub started_event_id: i64,
    /// Whether it may work.
    #[prost(bool, tag = "4")]
    pub released: bool,
    /// What a user interface shows with it, until it is started.
    #[prost(message, optional, tag = "5")]
    pub user_metadata: Option<UserMetadata>,
    /// The run has ended, and what its end means for the child is done.
    #[prost(bool, tag = "6")]
    pub left: bool,
}

impl Child {
    fn is_started(&self) -> bool {
        !self.first_run_id.is_empty()
    }

    fn key(&self) -> abide_model::WorkflowKey {
        workflow_key(&self.initiated.namespace_id, &self.initiated.workflow_id)
    }

    /// The child as events name it.
    fn execution(&self) -> WorkflowExecution {
        WorkflowExecution { workflow_id: self.initiated.workflow_id.clone(), run_id: self.first_run_id.clone() }
    }

    /// The child as Describe shows it.
    pub fn shown(&self, initiated_event_id: i64) -> PendingChildExecutionInfo {
        PendingChildExecutionInfo {
            workflow_id: self.initiated.workflow_id.clone(),
            run_id: self.first_run_id.clone(),
            workflow_type_name: self.initiated.workflow_type.as_ref().map(|kind| kind.name.clone()).unwrap_or_default(),
            initiated_id: initiated_event_id,
            parent_close_policy: self.initiated.parent_close_policy,
        }
    }
}

impl State {
    pub(super) fn child_step(&self, child: &Child) -> Option<Step> {
        if self.is_open() {
            return match (child.is_started(), child.released) {
                (false, _) => Some(Step::StartChild),
                (true, false) => Some(Step::ReleaseChild),
                (true, true) => None,
            };
        }
        if child.left || (self.children.handed_over && child.released) {
            return None;
        }
        let mut policy = child.initiated.parent_close_policy();
        if deliberate::is_on(Bug::OrphanedChildren) {
            policy = ParentClosePolicy::Abandon;
        }
        match policy {
            _ if !child.is_started() => Some(Step::WithdrawChild),
            _ if self.children.handed_over => Some(Step::ReleaseChild),
            ParentClosePolicy::Terminate | ParentClosePolicy::Unspecified => Some(Step::TerminateChild),
            // It can only decide what its cancellation means once it works.
            ParentClosePolicy::RequestCancel | ParentClosePolicy::Abandon if !child.released => {
                Some(Step::ReleaseChild)
            }
            ParentClosePolicy::RequestCancel => Some(Step::CancelChild),
            ParentClosePolicy::Abandon => None,
        }
    }

    pub(super) fn child_action(&self, step: Step, id: i64) -> Option<Action> {
        let child = self.children.pending.get(&id)?;
        // Whatever has become of the child, its chain begins with this run.
        let chain = Target { workflow: child.key(), run_id: None, first_run_id: RunId::parse(&child.first_run_id) };
        let first = Target { workflow: child.key(), run_id: RunId::parse(&child.first_run_id), first_run_id: None };
        let ask = |target, command| Action::Ask { target, command: Box::new(command) };
        let terminate = |relation, initiated_event_id| {
            let requester = self.sender(initiated_event_id, relation);
            Command::Terminate(Terminate { reason: "by parent close policy".into(), details: None, requester })
        };
        Some(match step {
            Step::StartChild => self.start_of_child(id, child),
            Step::ReleaseChild => ask(first, Command::Release),
            Step::WithdrawChild => {
                let newest = Target { workflow: child.key(), run_id: None, first_run_id: None };
                ask(newest, terminate(Relation::ParentBy(id), id))
            }
            Step::TerminateChild => ask(chain, terminate(Relation::Any, 0)),
            Step::CancelChild => {
                let requester = self.sender(0, Relation::Any);
                ask(chain, Command::RequestCancel(RequestCancel { reason: String::new(), requester }))
            }
            Step::Signal | Step::RequestCancel | Step::TellParent | Step::CallBack => return None,
        })
    }

    /// What another run has heard of a child, as this one hears it that was made of the other by a reset; none when the
    /// child was initiated later, or this run has heard it already.
    pub(super) fn reconnected(&self, heard: Attributes) -> Option<Attributes> {
        let waiting = |id: i64| self.children.pending.get(&id).filter(|child| !child.is_started());
        let started = |id: i64| self.children.pending.get(&id).map(|child| child.started_event_id);
        Some(match heard {
            Attributes::ChildWorkflowExecutionStartedEventAttributes(heard) => {
                waiting(heard.initiated_event_id)?;
                Attributes::ChildWorkflowExecutionStartedEventAttributes(heard)
            }
            Attributes::StartChildWorkflowExecutionFailedEventAttributes(heard) => {
                waiting(heard.initiated_event_id)?;
                Attributes::StartChildWorkflowExecutionFailedEventAttributes(heard)
            }
            Attributes::ChildWorkflowExecutionCompletedEventAttributes(mut heard) => {
                heard.started_event_id = started(heard.initiated_event_id)?;
                Attributes::ChildWorkflowExecutionCompletedEventAttributes(heard)
            }
            Attributes::ChildWorkflowExecutionFailedEventAttributes(mut heard) => {
                heard.started_event_id = started(heard.initiated_event_id)?;
                Attributes::ChildWorkflowExecutionFailedEventAttributes(heard)
            }
            Attributes::ChildWorkflowExecutionCanceledEventAttributes(mut heard) => {
                heard.started_event_id = started(heard.initiated_event_id)?;
                Attributes::ChildWorkflowExecutionCanceledEventAttributes(heard)
            }
            Attributes::ChildWorkflowExecutionTimedOutEventAttributes(mut heard) => {
                heard.started_event_id = started(heard.initiated_event_id)?;
                Attributes::ChildWorkflowExecutionTimedOutEventAttributes(heard)
            }
            Attributes::ChildWorkflowExecutionTerminatedEventAttributes(mut heard) => {
                heard.started_event_id = started(heard.initiated_event_id)?;
                Attributes::ChildWorkflowExecutionTerminatedEventAttributes(heard)
            }
            _ => return None,
        })
    }

    fn start_of_child(&self, id: i64, child: &Child) -> Action {
        let (initiated, mine) = (child.initiated.clone(), &self.execution.started);
        let namespace_id = Uuid::from_slice(&self.identity.namespace_id).unwrap_or_default();
        let attributes = WorkflowExecutionStartedEventAttributes {
            workflow_type: initiated.workflow_type,
            parent_workflow_namespace: self.identity.namespace_name.clone(),
            parent_workflow_namespace_id: namespace_id.to_string(),
            parent_workflow_execution: Some(self.execution_name()),
            parent_initiated_event_id: id,
            root_workflow_execution: mine.root_workflow_execution.clone().or_else(|| Some(self.execution_name())),
            task_queue: initiated.task_queue,
            input: initiated.input,
            header: initiated.header,
            workflow_execution_timeout: initiated.workflow_execution_timeout,
            workflow_run_timeout: initiated.workflow_run_timeout,
            workflow_task_timeout: initiated.workflow_task_timeout,
            retry_policy: initiated.retry_policy,
            cron_schedule: initiated.cron_schedule,
            first_workflow_task_backoff: Some(prost_types::Duration::default()),
            memo: initiated.memo,
            search_attributes: initiated.search_attributes,
            priority: inherited(mine.priority.as_ref(), initiated.priority.as_ref()),
            ..WorkflowExecutionStartedEventAttributes::default()
        };
        let requester = super::Requester { identity: String::new(), sender: None, ..self.sender(id, Relation::Any) };
        let start = Start {
            key: RunKey { workflow: child.key(), run_id: RunId(Uuid::nil()) },
            namespace_name: child.initiated.namespace.clone(),
            attributes: Box::new(attributes),
            requester,
            user_metadata: child.user_metadata.clone(),
            signal: None,
            eager: None,
            update: None,
        };
        Action::Start { start: Box::new(start), reuse: child.initiated.workflow_id_reuse_policy() }
    }
}

/// Field by field: what the child was given, or else what its parent has.
fn inherited(parent: Option<&Priority>, child: Option<&Priority>) -> Option<Priority> {
    let (Some(parent), Some(child)) = (parent, child) else { return child.or(parent).cloned() };
    let or = |own: &String, inherited: &String| if own.is_empty() { inherited.clone() } else { own.clone() };
    Some(Priority {
        priority_key: if child.priority_key == 0 { parent.priority_key } else { child.priority_key },
        fairness_key: or(&child.fairness_key, &parent.fairness_key),
        fairness_weight: if child.fairness_weight == 0.0 { parent.fairness_weight } else { child.fairness_weight },
    })
}

impl Run {
    pub(super) fn initiate_child(
        &mut self,
        initiated: StartChildWorkflowExecutionInitiatedEventAttributes,
        annotation: Annotation,
        turn: &Turn,
        out: &mut Out,
    ) {
        let initiated = StartChildWorkflowExecutionInitiatedEventAttributes {
            workflow_task_completed_event_id: turn.completed_event_id,
            ..initiated
        };
        let attributes = Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(initiated.into());
        let id = self.emit_event(turn.now, annotated(attributes, annotation), out);
        out.task(Task::Owe(Outbound::Child(id)));
    }

    pub(super) fn child_outcome(&mut self, id: i64, step: Step, outcome: Outcome, now: Timestamp, out: &mut Out) {
        match (step, outcome) {
            (Step::StartChild, Outcome::Started(run_id)) => {
                self.record_child_started(id, run_id.to_string(), now, out);
                self.want_workflow_task(now, out);
            }
            (Step::StartChild, Outcome::Failed(fault)) => {
                self.record_child_failed(id, fault, now, out);
                self.want_workflow_task(now, out);
            }
            // The child has ended if it cannot be found, and will say so itself if it has not yet.
            (Step::ReleaseChild, _) => {
                self.emit_note(NoteKind::ChildReleased(ChildReleased { initiated_event_id: id }), out);
            }
            (Step::WithdrawChild, Outcome::Started(_))
            | (Step::StartChild, Outcome::Done | Outcome::Undelivered(_)) => {}
            (Step::WithdrawChild | Step::TerminateChild | Step::CancelChild, _) => {
                self.emit_note(NoteKind::ChildLeft(ChildLeft { initiated_event_id: id }), out);
            }
            (Step::Signal | Step::RequestCancel | Step::TellParent | Step::CallBack, _) => {}
        }
    }

    fn record_child_started(&mut self, id: i64, first_run_id: String, now: Timestamp, out: &mut Out) {
        let Some(child) = self.state.children.pending.get(&id).filter(|child| !child.is_started()) else { return };
        let initiated = &child.initiated;
        let started = ChildWorkflowExecutionStartedEventAttributes {
            namespace: initiated.namespace.clone(),
            namespace_id: initiated.namespace_id.clone(),
            initiated_event_id: id,
            workflow_execution: Some(WorkflowExecution { run_id: first_run_id, ..child.execution() }),
            workflow_type: initiated.workflow_type.clone(),
            header: initiated.header.clone(),
        };
        self.record(now, event(Attributes::ChildWorkflowExecutionStartedEventAttributes(started)), out);
    }

    #[expect(deprecated, reason = "old workers read the control field")]
    fn record_child_failed(&mut self, id: i64, fault: Fault, now: Timestamp, out: &mut Out) {
        let Some(child) = self.state.children.pending.get(&id) else { return };
        let cause = match fault {
            Fault::NamespaceNotFound => Cause::NamespaceNotFound,
            Fault::AlreadyExists | Fault::NotFound | Fault::TooManySignals => Cause::WorkflowAlreadyExists,
        };
        let initiated = &child.initiated;
        let failed = StartChildWorkflowExecutionFailedEventAttributes {
            namespace: initiated.namespace.clone(),
            namespace_id: initiated.namespace_id.clone(),
            workflow_id: initiated.workflow_id.clone(),
            workflow_type: initiated.workflow_type.clone(),
            cause: cause as i32,
            control: initiated.control.clone(),
            initiated_event_id: id,
            ..StartChildWorkflowExecutionFailedEventAttributes::default()
        };
        self.record(now, event(Attributes::StartChildWorkflowExecutionFailedEventAttributes(failed)), out);
    }

    /// A child says how it ended. One that is not (any more) a child of this run is not heard, nor is one twice.
    pub(super) fn child_ended(&mut self, ended: ChildEnded, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        let id = ended.initiated_event_id;
        let Some(child) = self.state.children.pending.get(&id) else { return Err(Rejection::ChildNotFound) };
        // A run from which a reset has made this one may have started a child by an event of the same number. Unless its
        // start was heard of, it is withdrawn, and its end is none of ours.
        let is_mine = match child.is_started() {
            true => child.first_run_id == ended.first_run_id,
            false => ended.parent_run_id == self.state.execution_name().run_id,
        };
        if !is_mine || child.initiated.workflow_id != ended.execution.workflow_id {
            return Err(Rejection::ChildNotFound);
        }
        let owed = self.state.step(Outbound::Child(id)).map(|_| Outbound::Child(id));
        self.record_child_started(id, ended.first_run_id.clone(), now, out);
        let Some(child) = self.state.children.pending.get(&id) else { return Err(Rejection::ChildNotFound) };
        let Some(attributes) = end_of_child(child, ended) else { return Err(Rejection::ChildNotFound) };
        self.record(now, event(attributes), out);
        self.settle_outbound(owed, out);
        self.want_workflow_task(now, out);
        self.enforce_limits(now, out);
        Ok(Reply::Done)
    }

    pub(super) fn apply_child_initiated(&mut self, initiated_event: &HistoryEvent) {
        if let Some(Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(initiated)) =
            &initiated_event.attributes
        {
            let (initiated, user_metadata) = (initiated.clone(), initiated_event.user_metadata.clone());
            let child = Child { initiated: *initiated, user_metadata, ..Child::default() };
            self.state.children.pending.insert(initiated_event.event_id, child);
        }
    }

    pub(super) fn apply_child_started(
        &mut self,
        event_id: i64,
        started: &ChildWorkflowExecutionStartedEventAttributes,
    ) {
        let Some(child) = self.state.children.pending.get_mut(&started.initiated_event_id) else { return };
        child.started_event_id = event_id;
        child.first_run_id =
            started.workflow_execution.as_ref().map(|execution| execution.run_id.clone()).unwrap_or_default();
        child.user_metadata = None;
        let initiated = &mut child.initiated;
        (initiated.input, initiated.header) = (None, None);
        (initiated.memo, initiated.search_attributes) = (None, None);
    }

    pub(super) fn apply_child_gone(&mut self, initiated_event_id: i64) {
        self.state.children.pending.remove(&initiated_event_id);
    }

    pub(super) fn apply_child_released(&mut self, initiated_event_id: i64) {
        if let Some(child) = self.state.children.pending.get_mut(&initiated_event_id) {
            child.released = true;
        }
    }

    pub(super) fn apply_child_left(&mut self, initiated_event_id: i64) {
        if let Some(child) = self.state.children.pending.get_mut(&initiated_event_id) {
            child.left = true;
        }
    }
}

/// How the end of a child is shown in its parent's history.
fn end_of_child(child: &Child, ended: ChildEnded) -> Option<Attributes> {
    let namespace = child.initiated.namespace.clone();
    let namespace_id = child.initiated.namespace_id.clone();
    let workflow_execution = Some(ended.execution);
    let workflow_type = child.initiated.workflow_type.clone();
    let (initiated_event_id, started_event_id) = (ended.initiated_event_id, child.started_event_id);
    Some(match *ended.last {
        Attributes::WorkflowExecutionCompletedEventAttributes(last) => {
            Attributes::ChildWorkflowExecutionCompletedEventAttributes(ChildWorkflowExecutionCompletedEventAttributes {
                result: last.result,
                namespace,
                namespace_id,
                workflow_execution,
                workflow_type,
                initiated_event_id,
                started_event_id,
            })
        }
        Attributes::WorkflowExecutionFailedEventAttributes(last) => {
            Attributes::ChildWorkflowExecutionFailedEventAttributes(Box::new(
                ChildWorkflowExecutionFailedEventAttributes {
                    failure: last.failure,
                    retry_state: last.retry_state,
                    namespace,
                    namespace_id,
                    workflow_execution,
                    workflow_type,
                    initiated_event_id,
                    started_event_id,
                },
            ))
        }
        Attributes::WorkflowExecutionCanceledEventAttributes(last) => {
            Attributes::ChildWorkflowExecutionCanceledEventAttributes(ChildWorkflowExecutionCanceledEventAttributes {
                details: last.details,
                namespace,
                namespace_id,
                workflow_execution,
                workflow_type,
                initiated_event_id,
                started_event_id,
            })
        }
        Attributes::WorkflowExecutionTimedOutEventAttributes(last) => {
            Attributes::ChildWorkflowExecutionTimedOutEventAttributes(ChildWorkflowExecutionTimedOutEventAttributes {
                retry_state: last.retry_state,
                namespace,
                namespace_id,
                workflow_execution,
                workflow_type,
                initiated_event_id,
                started_event_id,
            })
        }
        Attributes::WorkflowExecutionTerminatedEventAttributes(_) => {
            Attributes::ChildWorkflowExecutionTerminatedEventAttributes(
                ChildWorkflowExecutionTerminatedEventAttributes {
                    namespace,
                    namespace_id,
                    workflow_execution,
                    workflow_type,
                    initiated_event_id,
                    started_event_id,
                },
            )
        }
        // Nothing else ends a chain.
        _ => return None,
    })
}
