//! A workflow run as a machine. This file is its outside: what the loop around it may ask. Each concept has a file of
//! its own below; they own their group of the state and do not know each other's fields.

mod activity;
mod activity_control;
mod activity_options;
mod activity_options_change;
mod activity_retry;
mod apply;
mod attach;
mod buffer;
mod callback;
mod cancel;
mod child;
mod close;
mod command;
mod command_size;
mod continue_as_new;
mod deadline;
mod describe;
mod event;
mod external;
mod index;
mod note;
mod operator_command;
mod options;
mod outbound;
mod outbound_command;
mod parent;
mod pause;
mod priority;
mod problems;
mod properties;
mod query;
mod rejection;
mod reply;
mod reset;
mod reset_points;
mod retry;
mod signal;
mod size;
mod speculative;
mod start;
mod state;
mod successor;
mod timer;
mod update;
mod worker_command;
mod workflow_task;
mod workflow_task_end;

#[cfg(test)]
mod tests;

pub use callback::{Completion, Delivery, Undelivered, callback_links};
pub use command::{
    ActivityReference, Attach, ChildEnded, Command, CompleteWorkflowTask, FailWorkflowTask, Poller, QueueName, Reapply,
    RecordHeartbeat, RequestCancel, Requester, Reset, Resolution, ResolveActivity, Signal, Start, StartActivity,
    StartWorkflowTask, Subject, TaskId, Terminate, WorkflowTaskToken,
};
pub use note::{Note, decode_changes, encode_changes, encoded_events};
pub use operator_command::{
    Jitter, OptionsChange, PauseActivities, PauseReason, ResetActivities, UnpauseActivities, UpdateActivityOptions,
    UpdateOptions, WhichActivities,
};
pub use outbound::{Action, Effect, Fault, Outbound, Outcome, Relation, Sender, Step, Target};
pub use query::QueryRoute;
pub use rejection::{Rejection, UpdateRefusal};
pub use reply::{
    HeartbeatReply, Offer, RefusedCommand, Reply, StartedActivity, StartedWorkflowTask, Task, WorkflowTaskCompleted,
};
pub use reset::{RESETTER_IDENTITY, ends_in_workflow_task, is_reapplied};
pub use update::{UpdateAbort, UpdateEnd, UpdateStatus, unfinished_update_failure, update_id};

use std::collections::BTreeSet;

use abide_api::temporal::api::{
    enums::v1::WorkflowExecutionStatus, history::v1::HistoryEvent, workflow::v1::WorkflowExecutionInfo,
    workflowservice::v1::DescribeWorkflowExecutionResponse,
};
use abide_model::deliberate::{self, Bug};
use abide_model::{NamespaceId, RunId, RunKey, Timestamp, WorkflowKey};
use bytes::Bytes;
use prost::Message;
use uuid::Uuid;

use crate::convert::to_proto_time;
use crate::machine::{Emit, Machine};
use index::Index;
use note::NoteKind;
use size::Size;
use state::State;

/// A workflow run. `Run::default()` is a run that has not begun; only [`Command::Start`] is accepted then.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    state: State,
    index: Index,
    size: Size,
}

/// What became true of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A numbered event of the public history.
    Event(Box<HistoryEvent>),
    /// What history does not show.
    Note(Note),
}

/// A stored record that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError(pub String);

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the stored run cannot be read: {}", self.0)
    }
}

impl std::error::Error for DecodeError {}

/// What the handlers emit into.
type Out = Emit<Run>;

impl Run {
    /// Which run this is. Of a run that has not begun: nil ids.
    pub fn key(&self) -> RunKey {
        let identity = &self.state.identity;
        RunKey {
            workflow: WorkflowKey {
                namespace: NamespaceId(Uuid::from_slice(&identity.namespace_id).unwrap_or_default()),
                workflow_id: identity.workflow_id.clone(),
            },
            run_id: self.run_id(),
        }
    }

    /// The run's id.
    pub fn run_id(&self) -> RunId {
        RunId(Uuid::from_slice(&self.state.identity.run_id).unwrap_or_default())
    }

    /// The first run of its chain.
    pub fn first_run_id(&self) -> RunId {
        RunId::parse(&self.state.identity.first_run_id).unwrap_or(self.run_id())
    }

    /// The name of its namespace when it began.
    pub fn namespace_name(&self) -> &str {
        &self.state.identity.namespace_name
    }

    /// The workflow's type.
    pub fn workflow_type(&self) -> &str {
        self.state.execution.started.workflow_type.as_ref().map_or("", |workflow_type| &workflow_type.name)
    }

    /// The start of the last completed workflow task; zero before the first.
    pub fn previous_started_event_id(&self) -> i64 {
        self.state.workflow_tasks.previous_started_event_id
    }

    /// The status.
    pub fn status(&self) -> WorkflowExecutionStatus {
        self.state.status()
    }

    /// Whether it is running.
    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// The request that created it.
    pub fn create_request_id(&self) -> String {
        self.state.identity.create_request_id.clone()
    }

    /// When it began.
    pub fn started_at(&self) -> Timestamp {
        self.state.execution.started_at
    }

    /// When it ended, if it has.
    pub fn closed_at(&self) -> Option<Timestamp> {
        self.state.execution.closed_at
    }

    /// What the next event will be numbered: the events before it are stored, or in the [`Emit`] at hand.
    pub fn next_event_id(&self) -> i64 {
        self.state.position.next_event_id.max(1)
    }

    /// The earliest time at which [`Command::FireDeadlines`] has something to do. None for a closed run.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.index.first()
    }

    /// While the first workflow task is delayed: until when.
    pub fn first_task_at(&self) -> Option<Timestamp> {
        self.state.execution.first_task_at
    }

    /// Every offer that is open, for recovery and tests: exactly the dispatch rows that must be stored.
    pub fn open_offers(&self) -> Vec<Offer> {
        if !self.is_open() {
            return Vec::new();
        }
        let task = self.state.workflow_task_offer();
        let activities =
            self.state.activities.pending.iter().filter_map(|(id, activity)| self.state.activity_offer(*id, activity));
        task.into_iter().chain(activities).collect()
    }

    /// Every subject about which something is owed to another run: exactly the outbound rows that must be stored. A
    /// closed run may owe, too.
    pub fn open_outbound(&self) -> BTreeSet<Outbound> {
        self.state.open_outbound()
    }

    /// What exactly is to be done about something that is owed; none when nothing is.
    pub fn effect(&self, outbound: Outbound) -> Option<Effect> {
        self.state.effect(outbound)
    }

    /// Grows when what the list shows has changed.
    pub fn visibility_revision(&self) -> u64 {
        self.state.position.visibility_revision
    }

    /// What the list shows, but for the number of transitions, which the loop counts.
    pub fn info(&self) -> WorkflowExecutionInfo {
        self.state.info()
    }

    /// Everything that Describe shows, but for the number of transitions.
    pub fn describe(&self) -> DescribeWorkflowExecutionResponse {
        self.state.describe()
    }

    /// The first workflow task, if it is still with the worker that got it in the answer to its start.
    pub fn eager_task(&self) -> Option<StartedWorkflowTask> {
        let first = self.state.workflow_tasks.previous_started_event_id == 0;
        let accepted = self.state.execution.started.eager_execution_accepted;
        self.started_task_view().filter(|task| first && accepted && task.token.attempt == 1)
    }

    /// How a query can be answered now.
    pub fn query_route(&self) -> QueryRoute {
        self.state.query_route()
    }

    /// How far an update is; none when there is no such update (any more).
    pub fn update_status(&self, update_id: &str) -> Option<UpdateStatus> {
        self.state.update_status(update_id)
    }

    /// The started event of the open workflow task that history readers see before it is stored, if any.
    pub fn virtual_started_event(&self) -> Option<HistoryEvent> {
        self.state.virtual_started_event()
    }

    /// The events of the open workflow task that are not written, and may never be.
    pub fn unwritten_task_events(&self) -> Vec<HistoryEvent> {
        self.state.unwritten_task_events()
    }

    /// About how many bytes it takes in memory, at most: its encoded size and as much again for what surrounds the
    /// bytes. Costs nothing.
    pub fn memory_bytes(&self) -> usize {
        512 + 2 * self.size.at_most()
    }

    /// The stored form: everything, so that the nodes before it need not be read.
    pub fn encode(&self) -> Bytes {
        Bytes::from(self.state.encode_to_vec())
    }

    /// Whether two runs are in the same state, however often each has told lists something.
    pub fn is_same(&self, other: &Run) -> bool {
        let mut other = other.state.clone();
        other.position.visibility_revision = self.state.position.visibility_revision;
        self.state == other
    }

    /// From the stored form.
    pub fn decode(bytes: Bytes) -> Result<Run, DecodeError> {
        let state = State::decode(bytes).map_err(|error| DecodeError(error.to_string()))?;
        Ok(Run { index: Index::of(&state), size: Size::of(&state), state })
    }

    fn emit_event(&mut self, now: Timestamp, event: HistoryEvent, out: &mut Out) -> i64 {
        self.write_speculative_schedule(now, out);
        self.number_event(now, event, out)
    }

    fn number_event(&mut self, now: Timestamp, mut event: HistoryEvent, out: &mut Out) -> i64 {
        event.event_id = self.next_event_id();
        if event.event_time.is_none() {
            event.event_time = Some(to_proto_time(now));
        }
        let id = event.event_id;
        out.emit(self, Change::Event(Box::new(event)));
        id
    }

    fn emit_note(&mut self, kind: NoteKind, out: &mut Out) {
        out.emit(self, Change::Note(Note { kind: Some(kind) }));
    }
}

impl Machine for Run {
    type Command = Command;
    type Change = Change;
    type Task = Task;
    type Reply = Reply;
    type Rejection = Rejection;

    fn handle(&mut self, command: Command, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        if self.state.status() == WorkflowExecutionStatus::Unspecified {
            if let Command::Start(start) = command {
                return self.start(*start, now, out);
            }
            let Command::BeginReset(reset) = command else { return Err(Rejection::NotNew) };
            return self.begin_reset(*reset, now, out);
        }
        if let Command::MarkReset(run_id) = command {
            return Ok(self.replaced_by(run_id, out));
        }
        if let Command::FireDeadlines { new_run_id } = command {
            self.fire_deadlines(new_run_id, now, out);
            return Ok(Reply::Done);
        }
        if let Command::RecordOutcome(outbound, step, outcome) = command {
            return self.record_outcome(outbound, step, outcome, now, out);
        }
        let takes_all = deliberate::is_on(Bug::ClosedRunTakesSignals) && matches!(command, Command::Signal(_));
        if !self.is_open() && !takes_all {
            return Err(Rejection::Closed);
        }
        // What only hands a task over adds nothing that could be too much.
        let adds = !matches!(command, Command::StartWorkflowTask(_) | Command::StartActivity(_));
        let reply = self.decide_open(command, now, out)?;
        if adds {
            self.enforce_limits(now, out);
        }
        Ok(reply)
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Event(event) => self.apply_event(event),
            Change::Note(note) => {
                if let Some(kind) = &note.kind {
                    self.apply_note(kind);
                }
            }
        }
        self.grow(change);
    }
}

impl Run {
    /// What a run that goes on makes of a command.
    fn decide_open(&mut self, command: Command, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        match command {
            Command::Start(_) | Command::BeginReset(_) => Err(Rejection::NotNew),
            Command::Signal(signal) => self.signal(*signal, now, out),
            Command::Update(request) => self.update(*request, now, out),
            Command::Attach(attach) => self.attach(*attach, now, out),
            Command::RequestCancel(request) => self.request_cancel(request, now, out),
            Command::Terminate(terminate) => self.terminate(terminate, now, out),
            Command::StartWorkflowTask(start) => self.start_workflow_task(start, now, out),
            Command::CompleteWorkflowTask(completion) => self.complete_workflow_task(*completion, now, out),
            Command::FailWorkflowTask(failed) => self.fail_workflow_task(*failed, now, out),
            Command::ResetStickiness => self.reset_stickiness(out),
            Command::StartActivity(start) => self.start_activity(start, now, out),
            Command::RecordHeartbeat(heartbeat) => self.record_heartbeat(*heartbeat, now, out),
            Command::ResolveActivity(resolve) => self.resolve_activity(*resolve, now, out),
            Command::FireDeadlines { .. } | Command::MarkReset(_) | Command::RecordOutcome(..) => {
                unreachable!("handled above")
            }
            Command::ReturnTask(task) => self.return_task(task, now, out),
            Command::PauseActivities(pause) => self.pause_activities(pause, now, out),
            Command::UnpauseActivities(unpause) => self.unpause_activities(unpause, now, out),
            Command::ResetActivities(reset) => self.reset_activities(reset, now, out),
            Command::UpdateActivityOptions(update) => self.update_activity_options(*update, now, out),
            Command::Pause(reason) => self.pause(reason, now, out),
            Command::Unpause(reason) => self.unpause(reason, now, out),
            Command::UpdateOptions(update) => self.update_options(*update, now, out),
            Command::Release => self.release(now, out),
            Command::ChildEnded(ended) => self.child_ended(*ended, now, out),
        }
    }
}
