//! What the owner of runs can be asked.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::Payloads,
    enums::v1::{QueryRejectCondition, WorkflowExecutionStatus, WorkflowIdConflictPolicy, WorkflowIdReusePolicy},
    failure::v1::Failure,
    history::v1::History as RunHistory,
    query::v1::{WorkflowQuery, WorkflowQueryResult},
    update::v1::{Outcome, Request},
    workflowservice::v1::DescribeWorkflowExecutionResponse,
};
use abide_engine::run::{
    self, Attach, Poller, Reapply, Rejection, Signal, Start, StartedActivity, StartedWorkflowTask, TaskId,
    UpdateOptions,
};
use abide_model::{RunId, RunKey, WorkflowKey};

use crate::{BoxFuture, Error};

/// A run as a request names it: without a run id, the newest run of the workflow id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunReference {
    /// The workflow id.
    pub workflow: WorkflowKey,
    /// The run, when the request names one.
    pub run_id: Option<RunId>,
    /// The first run of the chain that the run must belong to, when the request names one.
    pub first_run_id: Option<RunId>,
}

/// Starts a run, or finds the one that the policies say stands for it.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// The run to start; its id is used if it comes to be.
    pub start: Box<Start>,
    /// What a closed run of the same workflow id means.
    pub reuse: WorkflowIdReusePolicy,
    /// What an open run of the same workflow id means.
    pub conflict: WorkflowIdConflictPolicy,
    /// What an open run that stands for this start keeps of it, if anything.
    pub attach: Option<Box<Attach>>,
    /// Signal with start: delivered to the open run, or with the start of the new one.
    pub signal: Option<Box<Signal>>,
}

/// What a start led to.
#[derive(Debug)]
pub struct Started {
    /// The run, new or found.
    pub run_id: RunId,
    /// The first run of its chain.
    pub first_run_id: RunId,
    /// Whether this request (or an earlier one with the same request id) started it.
    pub started: bool,
    /// Whether another request started the run, and this one is attached to it.
    pub attached: bool,
    /// The status of the run.
    pub status: WorkflowExecutionStatus,
    /// The first workflow task, started for the worker that asked for the run.
    pub first_task: Option<Box<WorkflowTask>>,
}

/// Makes a new run of one.
#[derive(Clone, Debug, PartialEq)]
pub struct ResetRequest {
    /// The new run's id, if it comes to be.
    pub new_run_id: RunId,
    /// The new run has the events before this one, which would end a workflow task.
    pub finish_event_id: i64,
    /// Shown in the history of both runs.
    pub reason: String,
    /// A repeated request finds the run that it made.
    pub request_id: String,
    /// What reaches the new run of what happened later.
    pub reapply: Reapply,
    /// What of the new run's options changes as it begins.
    pub options: Vec<UpdateOptions>,
}

/// A worker's answer to a workflow task, with the answers to the queries that it carried.
#[derive(Clone, Debug)]
pub struct CompleteWorkflowTask {
    /// The decisions.
    pub completion: Box<run::CompleteWorkflowTask>,
    /// Answers by query id.
    pub query_results: BTreeMap<String, WorkflowQueryResult>,
}

/// What a completed workflow task led to.
#[derive(Debug, Default)]
pub struct WorkflowTaskCompleted {
    /// The next task, started for the same worker.
    pub next: Option<WorkflowTask>,
    /// Activities that the worker asked to have at once, started for it.
    pub activities: Vec<ActivityTask>,
    /// Heartbeats kept the task going for too long: its timeout is recorded; the worker is told by an error.
    pub heartbeats_timed_out: bool,
    /// The decisions were refused, and the refusal is recorded; the worker is told by an error.
    pub refused: Option<run::RefusedCommand>,
    /// The task never was: the worker goes back to behind this event. Zero otherwise.
    pub reset_history_event_id: i64,
}

/// A task that a poller got, started in the run. Dropped without [`LostTask::delivered`], it goes back to its queue.
#[derive(Debug)]
pub enum StartedTask {
    /// A workflow task.
    Workflow(Box<WorkflowTask>),
    /// An activity.
    Activity(Box<ActivityTask>),
}

/// A workflow task as its worker gets it.
#[derive(Debug)]
pub struct WorkflowTask {
    /// The run.
    pub run: RunKey,
    /// What the run said.
    pub started: StartedWorkflowTask,
    /// The first page of history, complete with the virtual events unless `next_event_id` is set.
    pub history: RunHistory,
    /// Where the next page begins.
    pub next_event_id: Option<i64>,
    /// Queries to answer with the completion, by id.
    pub queries: BTreeMap<String, WorkflowQuery>,
    /// Returns the task when the worker cannot be told.
    pub lost: LostTask,
}

/// An activity as its worker gets it.
#[derive(Debug)]
pub struct ActivityTask {
    /// The run.
    pub run: RunKey,
    /// What the run said.
    pub started: StartedActivity,
    /// Returns the task when the worker cannot be told.
    pub lost: LostTask,
}

/// Runs its action when dropped before [`LostTask::delivered`]: the caller hung up, and the task goes back.
#[derive(Default)]
pub struct LostTask(Option<Box<dyn FnOnce() + Send + Sync>>);

impl LostTask {
    /// With the action that gives the task back.
    pub fn new(give_back: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(give_back)))
    }

    /// The task is on its way to the worker.
    pub fn delivered(&mut self) {
        self.0 = None;
    }
}

impl Drop for LostTask {
    fn drop(&mut self) {
        if let Some(give_back) = self.0.take() {
            give_back();
        }
    }
}

impl std::fmt::Debug for LostTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LostTask").field(&self.0.is_some()).finish()
    }
}

/// A query and how it must be answered.
#[derive(Clone, Debug)]
pub struct Query {
    /// The query.
    pub query: WorkflowQuery,
    /// When not to ask at all.
    pub reject: QueryRejectCondition,
    /// How long the caller waits.
    pub timeout: Duration,
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryAnswer {
    /// What the workflow said.
    Result(Option<Payloads>),
    /// Not asked, because of the reject condition.
    Rejected(WorkflowExecutionStatus),
}

/// How a worker answered a query task.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryOutcome {
    /// With a result.
    Answered(Option<Payloads>),
    /// With an error.
    Failed {
        /// The sentence for people.
        message: String,
        /// Details.
        failure: Option<Box<Failure>>,
    },
}

/// How far an update is, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UpdateStage {
    /// It waits for the workflow.
    Admitted,
    /// The workflow works on it.
    Accepted,
    /// It has an outcome.
    Completed,
}

/// An update and how far its caller wants it to come. The same update id asks for the same update.
#[derive(Clone, Debug)]
pub struct UpdateWorkflow {
    /// What is asked, with its id.
    pub request: Box<Request>,
    /// How far.
    pub stage: UpdateStage,
    /// When it has not come so far after this time, the caller is told how far it has come.
    pub wait: Duration,
}

/// A question for an update that was asked before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollUpdate {
    /// Which.
    pub update_id: String,
    /// How far its caller wants it to come.
    pub stage: UpdateStage,
    /// See [`UpdateWorkflow::wait`].
    pub wait: Duration,
}

/// How far an update has come.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateAnswer {
    /// The run that has it.
    pub run_id: RunId,
    /// How far.
    pub stage: UpdateStage,
    /// What came of it, if it is completed.
    pub outcome: Option<Box<Outcome>>,
}

/// What an update with start led to.
#[derive(Debug)]
pub struct UpdatedWithStart {
    /// The run, new or found.
    pub started: Started,
    /// The update.
    pub update: UpdateAnswer,
}

/// Why an update with start did not do what was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum WithStartError {
    /// No run could be started, and none stands for it.
    Start(Error),
    /// The update.
    Update {
        /// Why.
        error: Error,
        /// Whether the run was started all the same.
        started: bool,
    },
}

/// Which events of a run are wanted.
#[derive(Clone, Debug)]
pub struct ReadHistory {
    /// The first event.
    pub first_event_id: i64,
    /// The last event wanted; none means all that there are.
    pub last_event_id: Option<i64>,
    /// The most events to return.
    pub limit: usize,
    /// When there is nothing (more) yet: how long to wait for it.
    pub wait: Option<Duration>,
    /// Only the event that closed the run (with `wait`: as soon as there is one).
    pub only_close: bool,
    /// Whether a workflow task is shown that is not written and may never be: workers need it, people do not.
    pub unwritten_task: bool,
}

/// A page of a run's history.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// The run that was read.
    pub run_id: RunId,
    /// The events. With the last page of an open run comes the started event of its workflow task, if one is started
    /// for the first time, although it is stored only when the task ends.
    pub history: RunHistory,
    /// Where the next page begins; none after the last event there is now.
    pub next_event_id: Option<i64>,
    /// Whether the run is open, and so may have more events later.
    pub open: bool,
    /// What the last event's successor will be numbered.
    pub end_event_id: i64,
}

/// The owner of runs.
pub trait History: Send + Sync + 'static {
    /// Starts a run, or finds the one that stands for it.
    fn start(&self, request: StartRequest) -> BoxFuture<'_, Result<Started, Error>>;

    /// Asks a run that exists: signal, cancel, terminate, fail workflow task, reset stickiness, heartbeat, resolve
    /// activity. With the run that was found.
    fn execute(&self, run: RunReference, command: run::Command) -> BoxFuture<'_, Result<(RunId, run::Reply), Error>>;

    /// Completes a workflow task, and with it the queries that it carried.
    fn complete_workflow_task(
        &self,
        run: RunKey,
        completion: CompleteWorkflowTask,
    ) -> BoxFuture<'_, Result<WorkflowTaskCompleted, Error>>;

    /// Starts an offered task for a poller. `Err(Rejected(StaleTask | Closed))` and `RunNotFound`: drop the task and
    /// take the next.
    fn start_task(&self, run: RunKey, task: TaskId, poller: Poller) -> BoxFuture<'_, Result<StartedTask, Error>>;

    /// Makes a new run of one, from its history up to a point, and terminates the newest run of the id if it is open.
    /// With the new run.
    fn reset(&self, run: RunReference, request: ResetRequest) -> BoxFuture<'_, Result<RunId, Error>>;

    /// Asks the workflow, consistently with all that was acknowledged before.
    fn query(&self, run: RunReference, query: Query) -> BoxFuture<'_, Result<QueryAnswer, Error>>;

    /// Asks the workflow something that it may turn down. Without a run id, the update follows the chain of runs.
    fn update(&self, run: RunReference, update: UpdateWorkflow) -> BoxFuture<'_, Result<UpdateAnswer, Error>>;

    /// Waits for an update that was asked before.
    fn poll_update(&self, run: RunReference, poll: PollUpdate) -> BoxFuture<'_, Result<UpdateAnswer, Error>>;

    /// Starts a run with an update, or updates the run that stands for it.
    fn update_with_start(
        &self,
        start: StartRequest,
        update: UpdateWorkflow,
    ) -> BoxFuture<'_, Result<UpdatedWithStart, WithStartError>>;

    /// Deletes a run and all that is known of it, when it owes nothing any more. One that is open is terminated first.
    /// Answers when that is certain to happen.
    fn delete(&self, run: RunReference) -> BoxFuture<'_, Result<(), Error>>;

    /// Everything that Describe shows.
    fn describe(&self, run: RunReference) -> BoxFuture<'_, Result<DescribeWorkflowExecutionResponse, Error>>;

    /// Reads history, or waits for more of it.
    fn read(&self, run: RunReference, read: ReadHistory) -> BoxFuture<'_, Result<HistoryPage, Error>>;
}

/// Whether a poller should drop the task and take the next.
pub fn is_stale(error: &Error) -> bool {
    match error {
        Error::Rejected(rejection) => matches!(rejection, Rejection::StaleTask | Rejection::Closed),
        Error::RunNotFound { .. } => true,
        _ => false,
    }
}
