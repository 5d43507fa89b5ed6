//! What the owner of task queues can be asked. Its contents may be lost at any time: the dispatch rows are the truth.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::WorkerVersionCapabilities, deployment::v1::WorkerDeploymentOptions, history::v1::History,
    query::v1::WorkflowQuery, taskqueue::v1::PollerInfo, worker::v1::WorkerHeartbeat,
};
use abide_engine::queue_config::QueueConfig;
use abide_engine::run::{Poller, QueueName, Subject, TaskId};
use abide_model::{NamespaceId, RunId, RunKey, Timestamp};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::history::{QueryOutcome, StartedTask};
use crate::{BoxFuture, Error};

/// What a queue's tasks are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum QueueKind {
    /// Workflow tasks.
    Workflow,
    /// Activities.
    Activity,
    /// Nexus operations. There are none yet: who polls waits in vain.
    Nexus,
}

/// One task queue.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QueueKey {
    /// The namespace.
    pub namespace: NamespaceId,
    /// What its tasks are.
    pub kind: QueueKind,
    /// Its name. Sticky queues are known by theirs alone, so `normal_name` is part of the key only as a reminder.
    pub queue: QueueName,
}

/// A task as a queue holds it: enough to ask the run for the rest.
#[derive(Clone, PartialEq, Debug)]
pub struct QueuedTask {
    /// The run.
    pub run: RunKey,
    /// Which offer.
    pub task: TaskId,
    /// Where.
    pub queue: QueueKey,
    /// Since when.
    pub scheduled_at: Timestamp,
    /// Urgency as it was given: 1 is the most urgent, zero says nothing.
    pub priority: i32,
    /// Whose share of the queue it counts for; empty says nothing.
    pub fairness_key: String,
    /// How large that share is; zero says nothing.
    pub fairness_weight: f32,
}

impl QueuedTask {
    /// Its place in the queue.
    pub fn place(&self) -> Place {
        Place {
            priority: level(self.priority),
            scheduled_at: self.scheduled_at,
            run_id: self.run.run_id,
            subject: self.task.subject,
        }
    }
}

/// The urgency of a task whose urgency nobody said.
pub const PRIORITY_DEFAULT: u8 = 3;
/// The least urgent level.
pub const PRIORITY_MAX: u8 = 5;

/// The level of a priority as it was given: nothing is the middle, beyond the last is the last.
pub fn level(priority: i32) -> u8 {
    if priority <= 0 {
        return PRIORITY_DEFAULT;
    }
    u8::try_from(priority).unwrap_or(PRIORITY_MAX).min(PRIORITY_MAX)
}

/// Where a task stands among those of its queue: the more urgent first, then the older. The order of the stored rows as
/// well, so a place says up to where a queue has seen them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The level of urgency, 1 to [`PRIORITY_MAX`].
    pub priority: u8,
    /// Since when.
    pub scheduled_at: Timestamp,
    /// The run: decides between tasks of one moment.
    pub run_id: RunId,
    /// What the task is about.
    pub subject: Subject,
}

/// A worker's poll.
#[derive(Clone, Debug)]
pub struct Poll {
    /// Where.
    pub queue: QueueKey,
    /// Who.
    pub poller: Poller,
    /// For how long.
    pub wait: Duration,
    /// The worker's own bound on tasks per second, as it says.
    pub rate: Option<f64>,
    /// Which process of the worker, when it says so, for a shutdown to release its polls.
    pub worker_instance_key: String,
    /// What it says about its version.
    pub version: WorkerVersion,
}

/// What a worker says about its version, as it said it.
#[derive(Clone, Debug, Default)]
pub struct WorkerVersion {
    /// In the older form.
    pub capabilities: Option<WorkerVersionCapabilities>,
    /// In the newer form.
    pub deployment: Option<WorkerDeploymentOptions>,
}

/// How a poll ended.
#[derive(Debug)]
pub struct PollEnd {
    /// What it got.
    pub polled: Polled,
    /// How many more pollers the worker should have; may be less than none.
    pub more_pollers: i32,
}

/// What a poll got.
#[derive(Debug)]
pub enum Polled {
    /// Nothing came in time.
    Empty,
    /// A task that was started for this poller as it was scheduled.
    Started(StartedTask),
    /// A task that waited; start it with [`crate::History::start_task`]. Dropped without [`Lease::done`], it goes back.
    Task(Lease),
    /// A query, which nobody stores.
    Query(Box<QueryTask>),
}

/// A task on its way from a queue to a poller. Dropped before [`Lease::done`], it goes back to its queue.
pub struct Lease {
    /// The task.
    pub task: QueuedTask,
    /// How many more wait in the queue, about.
    pub backlog: i64,
    give_back: Option<Box<dyn FnOnce(QueuedTask) + Send + Sync>>,
}

impl Lease {
    /// With the action that gives the task back.
    pub fn new(task: QueuedTask, backlog: i64, give_back: impl FnOnce(QueuedTask) + Send + Sync + 'static) -> Self {
        Self { task, backlog, give_back: Some(Box::new(give_back)) }
    }

    /// The task was started, or need not be.
    pub fn done(mut self) {
        self.give_back = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(give_back) = self.give_back.take() {
            give_back(self.task.clone());
        }
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("task", &self.task).field("backlog", &self.backlog).finish()
    }
}

/// A poller taken out of its queue, for a task that is about to be scheduled and started in one commit. Dropped
/// without use, the poller goes back to the front of its queue.
pub struct Reservation {
    /// Who.
    pub poller: Poller,
    deliver: Option<oneshot::Sender<Polled>>,
    give_back: Option<Box<dyn FnOnce(oneshot::Sender<Polled>) + Send + Sync>>,
}

impl Reservation {
    /// With the poller's ear, and the action that puts it back.
    pub fn new(
        poller: Poller,
        deliver: oneshot::Sender<Polled>,
        give_back: impl FnOnce(oneshot::Sender<Polled>) + Send + Sync + 'static,
    ) -> Self {
        Self { poller, deliver: Some(deliver), give_back: Some(Box::new(give_back)) }
    }

    /// Hands the started task over. A poller that is gone drops it, and so gives it back (see
    /// [`crate::history::LostTask`]).
    pub fn deliver(mut self, task: StartedTask) {
        self.give_back = None;
        if let Some(deliver) = self.deliver.take() {
            drop(deliver.send(Polled::Started(task)));
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let (Some(give_back), Some(deliver)) = (self.give_back.take(), self.deliver.take()) {
            give_back(deliver);
        }
    }
}

impl std::fmt::Debug for Reservation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reservation").field("poller", &self.poller).finish()
    }
}

/// A query on its way to a worker.
#[derive(Clone, Debug)]
pub struct QueryTask {
    /// Which; the answer names it. Chosen by matching.
    pub id: Uuid,
    /// The run.
    pub run: RunKey,
    /// The workflow's type.
    pub workflow_type: String,
    /// The queue of the run (the normal one).
    pub task_queue: String,
    /// The start of the last completed workflow task.
    pub previous_started_event_id: i64,
    /// The first page of history for a worker that does not know the run; empty on a sticky queue.
    pub history: History,
    /// Where the next page begins.
    pub next_event_id: Option<i64>,
    /// The query.
    pub query: WorkflowQuery,
}

/// What is known about a queue.
#[derive(Clone, Debug, Default)]
pub struct QueueDescription {
    /// Who polled in the last minutes, newest first.
    pub pollers: Vec<PollerInfo>,
    /// The levels of urgency that are in use, and the default one.
    pub levels: BTreeMap<u8, LevelDescription>,
    /// Whether pollers were lately kept from tasks by a rate alone.
    pub rate_limited: bool,
    /// How many tasks per second may be handed out.
    pub rate: EffectiveRate,
}

/// What is known about one level of urgency in a queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct LevelDescription {
    /// Tasks that wait, about.
    pub backlog: i64,
    /// When the oldest waiting task was scheduled.
    pub oldest: Option<Timestamp>,
    /// Tasks added per second, over the last half minute.
    pub add_rate: f32,
    /// Tasks handed out per second, over the last half minute.
    pub dispatch_rate: f32,
}

/// How many tasks per second may be handed out, and who said so.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum EffectiveRate {
    /// As many as there are.
    #[default]
    Unlimited,
    /// The last worker that polled.
    Worker(f64),
    /// The configuration of the queue.
    Configured(f64),
}

impl LevelDescription {
    /// Whether there is anything to say.
    pub fn is_in_use(&self) -> bool {
        self.backlog > 0 || self.add_rate > 0.0 || self.dispatch_rate > 0.0
    }
}

impl QueueDescription {
    /// Tasks that wait, about.
    pub fn backlog(&self) -> i64 {
        self.levels.values().map(|level| level.backlog).sum()
    }

    /// When the oldest waiting task was scheduled.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.levels.values().filter_map(|level| level.oldest).min()
    }

    /// Tasks added per second.
    pub fn add_rate(&self) -> f32 {
        self.levels.values().map(|level| level.add_rate).sum()
    }

    /// Tasks handed out per second.
    pub fn dispatch_rate(&self) -> f32 {
        self.levels.values().map(|level| level.dispatch_rate).sum()
    }
}

/// The owner of task queues.
pub trait Matching: Send + Sync + 'static {
    /// A task is durable and waits: hand it to a waiting poller, or keep it. A hint that may come twice; an older
    /// offer about the same subject is worthless.
    fn offer(&self, task: QueuedTask);

    /// Takes a waiting poller for a task of this urgency, if there is one and nothing else waits for it.
    fn reserve(&self, queue: &QueueKey, priority: i32) -> Option<Reservation>;

    /// Whether a worker polled this sticky queue lately (see [`abide_model::limits::STICKY_POLLER_GONE`]).
    fn has_recent_poller(&self, queue: &QueueKey) -> bool;

    /// Waits for a task.
    fn poll(&self, poll: Poll) -> BoxFuture<'_, Result<PollEnd, Error>>;

    /// Sends a query to a poller and waits for the answer. Errors: `QueryTimedOut`, `NoPoller`.
    fn query(&self, queue: QueueKey, task: QueryTask, wait: Duration) -> BoxFuture<'_, Result<QueryOutcome, Error>>;

    /// A worker answered a query task. Errors: `QueryTaskNotFound`.
    fn answer(&self, id: Uuid, outcome: QueryOutcome) -> Result<(), Error>;

    /// A worker is leaving: releases its polls (by instance key) and forgets its sticky queue.
    fn shutdown_worker(&self, namespace: NamespaceId, sticky_queue: &str, worker_instance_key: &str);

    /// What was decided about a queue: from now on it goes by that.
    fn configure(&self, queue: &QueueKey, config: Arc<QueueConfig>);

    /// What is known about a queue.
    fn describe(&self, queue: &QueueKey) -> QueueDescription;

    /// Workers say how they are. One that says it has ended is forgotten.
    fn record_heartbeats(&self, namespace: NamespaceId, heartbeats: Vec<WorkerHeartbeat>);

    /// The workers of a namespace that were heard of lately, by their instance keys, from behind one of them on.
    fn workers(&self, namespace: NamespaceId, behind: Option<&str>) -> Vec<Arc<WorkerHeartbeat>>;

    /// What one worker last said.
    fn worker(&self, namespace: NamespaceId, worker_instance_key: &str) -> Option<Arc<WorkerHeartbeat>>;

    /// Ends every poll now with nothing, and every poll from now on. For a prompt stop.
    fn close(&self);

    /// How many tasks wait in all queues, for logs and metrics.
    fn backlog(&self) -> BTreeMap<QueueKey, i64>;
}
