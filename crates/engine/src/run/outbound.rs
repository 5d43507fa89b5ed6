//! What a run owes to others: to start a child, to signal or cancel another workflow, to tell its parent and its
//! callbacks how it ended, to end its children. Every debt is a stored row from the transition that makes it to the one that settles it.
//! Says what is to be done; doing it, and trying again, is the loop's part. Closed runs owe, too.

use std::collections::BTreeSet;

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_api::temporal::api::enums::v1::WorkflowIdReusePolicy;
use abide_model::{NamespaceId, RunId, Timestamp, WorkflowKey};
use uuid::Uuid;

use super::callback::{Delivery, Undelivered};
use super::command::{Command, Requester, Start};
use super::rejection::Rejection;
use super::reply::{Reply, Task};
use super::state::State;
use super::workflow_task_end::SERVER_IDENTITY;
use super::{Out, Run};

/// What a debt is about. A run has at most one debt per subject, whose next [`Step`] may change while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outbound {
    /// The child workflow that this event initiated.
    Child(i64),
    /// The signal to another workflow that this event initiated.
    Signal(i64),
    /// The cancellation of another workflow that this event initiated.
    Cancel(i64),
    /// The workflow that this one is a child of.
    Parent,
    /// The address of the callback with this number.
    Callback(i64),
}

/// What is to be done next about a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start the child.
    StartChild,
    /// The child's start is recorded: let it begin.
    ReleaseChild,
    /// The run ended before it knew whether its child was started: if it was, end it.
    WithdrawChild,
    /// The run has ended: terminate its child.
    TerminateChild,
    /// The run has ended: ask its child to cancel itself.
    CancelChild,
    /// Deliver the signal.
    Signal,
    /// Ask the other workflow to cancel itself.
    RequestCancel,
    /// Tell the parent how the run ended.
    TellParent,
    /// Tell the address of a callback how the run ended.
    CallBack,
}

/// What exactly is to be done. Doing it again has no second effect: whoever is asked knows the request.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Which step this is; goes back with the outcome.
    pub step: Step,
    /// What is to be done.
    pub action: Action,
}

/// What is to be done to another run, or outside.
#[derive(Clone, Debug)]
pub enum Action {
    /// Start it. The run id is for the loop to choose.
    Start {
        /// The start.
        start: Box<Start>,
        /// What a closed run of the same workflow id means; an open one is in the way.
        reuse: WorkflowIdReusePolicy,
    },
    /// Ask it.
    Ask {
        /// Which.
        target: Target,
        /// What.
        command: Box<Command>,
    },
    /// Tell an address outside.
    Tell(Box<Delivery>),
    /// Nothing: it can be seen from here that it would be in vain.
    Nothing(Fault),
}

/// A run as another one names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The workflow id.
    pub workflow: WorkflowKey,
    /// The run; without one the newest.
    pub run_id: Option<RunId>,
    /// The first run of the chain that it must belong to.
    pub first_run_id: Option<RunId>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done, now or before.
    Done,
    /// The child was started, now or before, as this run.
    Started(RunId),
    /// It can never be done.
    Failed(Fault),
    /// An address could not be told.
    Undelivered(Undelivered),
}

/// Why a step can never be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The workflow id of the child is taken.
    AlreadyExists,
    /// There is no such run, or it is closed, or not whom it should be.
    NotFound,
    /// There is no such namespace.
    NamespaceNotFound,
    /// The other run has had all the signals that it may have.
    TooManySignals,
}

/// A run that asks something of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Sender {
    /// Which.
    pub execution: WorkflowExecution,
    /// The run that it was made of by resets, if it was; the run itself otherwise.
    pub original_run_id: String,
    /// The event by which it decided so; zero if none.
    pub initiated_event_id: i64,
    /// What it must be to the one that is asked.
    pub relation: Relation,
}

/// What a run that asks must be to the one that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Anyone.
    Any,
    /// Its parent.
    Parent,
    /// Its parent, by this event.
    ParentBy(i64),
}

impl State {
    /// What is to be done next about a subject; none when nothing is owed.
    pub fn step(&self, outbound: Outbound) -> Option<Step> {
        match outbound {
            Outbound::Child(id) => self.child_step(self.children.pending.get(&id)?),
            Outbound::Signal(id) => self.external.signals.contains_key(&id).then_some(Step::Signal),
            Outbound::Cancel(id) => self.external.cancels.contains_key(&id).then_some(Step::RequestCancel),
            Outbound::Parent => self.children.report.as_ref().map(|_| Step::TellParent),
            Outbound::Callback(number) => self.owes_callback(number).then_some(Step::CallBack),
        }
    }

    /// Every subject about which something is owed.
    pub fn open_outbound(&self) -> BTreeSet<Outbound> {
        let children = self.children.pending.keys().map(|id| Outbound::Child(*id));
        let signals = self.external.signals.keys().map(|id| Outbound::Signal(*id));
        let cancels = self.external.cancels.keys().map(|id| Outbound::Cancel(*id));
        let all = children.chain(signals).chain(cancels).chain([Outbound::Parent]);
        all.filter(|outbound| self.step(*outbound).is_some()).chain(self.owed_callbacks()).collect()
    }

    /// What exactly is to be done about a subject.
    pub fn effect(&self, outbound: Outbound) -> Option<Effect> {
        let step = self.step(outbound)?;
        let action = match outbound {
            Outbound::Child(id) => self.child_action(step, id)?,
            Outbound::Signal(id) => self.signal_action(id)?,
            Outbound::Cancel(id) => self.cancel_action(id)?,
            Outbound::Parent => self.parent_action()?,
            Outbound::Callback(number) => self.callback_action(number)?,
        };
        Some(Effect { step, action })
    }

    /// This run as others name it.
    pub fn execution_name(&self) -> WorkflowExecution {
        let run_id = Uuid::from_slice(&self.identity.run_id).unwrap_or_default().to_string();
        WorkflowExecution { workflow_id: self.identity.workflow_id.clone(), run_id }
    }

    /// This run as one that asks.
    pub fn sender(&self, initiated_event_id: i64, relation: Relation) -> Requester {
        let run_id = Uuid::from_slice(&self.identity.run_id).unwrap_or_default();
        Requester {
            identity: SERVER_IDENTITY.into(),
            request_id: format!("{run_id}:{initiated_event_id}"),
            links: Vec::new(),
            sender: Some(Box::new(Sender {
                execution: self.execution_name(),
                original_run_id: self.execution.started.original_execution_run_id.clone(),
                initiated_event_id,
                relation,
            })),
        }
    }

    /// Whether whoever asks is to this run what it must be.
    pub fn accepts(&self, requester: &Requester) -> Result<(), Rejection> {
        let Some(sender) = &requester.sender else { return Ok(()) };
        let started = &self.execution.started;
        let is_parent = started.parent_workflow_execution.as_ref().is_some_and(|parent| {
            let same_run = parent.run_id == sender.execution.run_id || parent.run_id == sender.original_run_id;
            parent.workflow_id == sender.execution.workflow_id && same_run
        });
        let accepted = match sender.relation {
            Relation::Any => true,
            Relation::Parent => is_parent,
            Relation::ParentBy(id) => is_parent && started.parent_initiated_event_id == id,
        };
        if accepted { Ok(()) } else { Err(Rejection::ParentMismatch) }
    }
}

/// A workflow in a namespace as events name it.
pub(super) fn workflow_key(namespace_id: &str, workflow_id: &str) -> WorkflowKey {
    let namespace = NamespaceId(Uuid::parse_str(namespace_id).unwrap_or_default());
    WorkflowKey { namespace, workflow_id: workflow_id.into() }
}

impl Run {
    /// What came of a step. An outcome that comes twice, or too late, decides nothing.
    pub(super) fn record_outcome(
        &mut self,
        outbound: Outbound,
        step: Step,
        outcome: Outcome,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        if self.state.step(outbound) != Some(step) {
            return Ok(Reply::Done);
        }
        match outbound {
            Outbound::Child(id) => self.child_outcome(id, step, outcome, now, out),
            Outbound::Signal(id) => self.signal_outcome(id, outcome, now, out),
            Outbound::Cancel(id) => self.cancel_outcome(id, outcome, now, out),
            Outbound::Parent => self.parent_told(out),
            Outbound::Callback(number) => self.callback_outcome(number, outcome, now, out),
        }
        self.settle_outbound([outbound], out);
        self.enforce_limits(now, out);
        Ok(Reply::Done)
    }

    /// Says of subjects that were owed whether they still are.
    pub(super) fn settle_outbound(&self, before: impl IntoIterator<Item = Outbound>, out: &mut Out) {
        for outbound in before {
            if self.state.step(outbound).is_none() {
                out.task(Task::Discharge(outbound));
            }
        }
    }
}
