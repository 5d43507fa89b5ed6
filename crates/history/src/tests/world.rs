//! A server of history alone: stores that hold back or fail, a matching that only remembers, a clock set by hand.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use abide_api::temporal::api::command::v1::{
    Command as WorkerCommand, CompleteWorkflowExecutionCommandAttributes,
    ContinueAsNewWorkflowExecutionCommandAttributes, ScheduleActivityTaskCommandAttributes,
    StartTimerCommandAttributes, command::Attributes,
};
use abide_api::temporal::api::common::v1::{ActivityType, RetryPolicy, WorkflowType};
use abide_api::temporal::api::enums::v1::{CommandType, EventType, WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use abide_api::temporal::api::history::v1::{self, HistoryEvent, WorkflowExecutionStartedEventAttributes};
use abide_api::temporal::api::taskqueue::v1::TaskQueue;
use abide_api::temporal::api::worker::v1::WorkerHeartbeat;
use abide_cluster::history::{
    ActivityTask, CompleteWorkflowTask, HistoryPage, QueryOutcome, ReadHistory, RunReference, StartRequest, Started,
    StartedTask, WorkflowTask, WorkflowTaskCompleted,
};
use abide_cluster::matching::{
    Poll, PollEnd, Polled, QueryTask, QueueDescription, QueueKey, QueueKind, QueuedTask, Reservation,
};
use abide_cluster::{BoxFuture, Error, History, Matching};
use abide_engine::convert::to_proto_duration;
use abide_engine::queue_config::QueueConfig;
use abide_engine::run::{self, Command, Poller, Requester, Signal, Start};
use abide_model::settings::Limits;
use abide_model::{Clock, LiveSettings, NamespaceId, Partition, RunId, RunKey, Settings, Timestamp, WorkflowKey};
use abide_store::{
    Batch, BoxFuture as StoreFuture, CommitError, Completion, Error as StoreError, Fence, MemoryStore, Row, Scan,
    Space, Store, Urgency, Write,
};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{HistoryService, Options};

/// Longer than anything takes; only a broken test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits, but not for ever.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("something that was expected never happened")
}

pub struct World {
    pub store: Arc<dyn Store>,
    pub matching: Arc<Remembering>,
    pub clock: Arc<ManualClock>,
    pub history: Arc<HistoryService>,
}

impl World {
    pub async fn new() -> Self {
        Self::over(Arc::new(MemoryStore::open().unwrap())).await
    }

    pub async fn over(store: Arc<dyn Store>) -> Self {
        Self::with(store, Arc::default(), abide_model::limits::CACHE_BYTES_DEFAULT).await
    }

    pub async fn with(store: Arc<dyn Store>, clock: Arc<ManualClock>, cache_bytes: usize) -> Self {
        let world = Self::unconnected(store, clock, cache_bytes).await;
        world.history.connect(&world.history);
        world
    }

    /// A server whose runs do not reach each other.
    pub async fn apart(store: Arc<dyn Store>) -> Self {
        Self::unconnected(store, Arc::default(), abide_model::limits::CACHE_BYTES_DEFAULT).await
    }

    async fn unconnected(store: Arc<dyn Store>, clock: Arc<ManualClock>, cache_bytes: usize) -> Self {
        let matching = Arc::new(Remembering::default());
        // A chain of runs goes on at once.
        let limits = Limits { continue_interval_min: Duration::ZERO, ..Limits::default() };
        let settings = Arc::new(LiveSettings::new(Settings { limits, ..Settings::default() }));
        let options = Options { shards: 2, cache_bytes, settings };
        let history = HistoryService::open(store.clone(), clock.clone(), matching.clone(), options).await.unwrap();
        let history = Arc::new(history);
        Self { store, matching, clock, history }
    }

    /// Another server on the same store and clock, after this one was closed.
    pub async fn reopened(self) -> Self {
        self.history.close().await;
        Self::with(self.store, self.clock, abide_model::limits::CACHE_BYTES_DEFAULT).await
    }

    pub async fn start(&self, workflow_id: &str) -> RunKey {
        let request = start_request(workflow_id, "");
        let key = request.start.key.clone();
        assert!(soon(self.history.start(request)).await.unwrap().started);
        key
    }

    pub async fn signal(&self, run: &RunKey, name: &str) -> Result<(), Error> {
        let signal = Command::Signal(signal(name, ""));
        soon(self.history.execute(reference(run), signal)).await.map(|_| ())
    }

    /// Takes the next offer and starts it.
    pub async fn start_next(&self) -> StartedTask {
        let offer = self.matching.offered().await;
        soon(self.history.start_task(offer.run, offer.task, poller("worker"))).await.unwrap()
    }

    pub async fn next_workflow_task(&self) -> WorkflowTask {
        delivered(self.start_next().await)
    }

    pub async fn complete(
        &self,
        task: &WorkflowTask,
        change: impl FnOnce(&mut CompleteWorkflowTask),
    ) -> Result<WorkflowTaskCompleted, Error> {
        let completion = run::CompleteWorkflowTask {
            token: task.started.token,
            identity: "worker".into(),
            poller: poller("inline"),
            ..run::CompleteWorkflowTask::default()
        };
        let mut completion = CompleteWorkflowTask { completion: Box::new(completion), query_results: BTreeMap::new() };
        change(&mut completion);
        soon(self.history.complete_workflow_task(task.run.clone(), completion)).await
    }

    pub async fn complete_with(&self, task: &WorkflowTask, commands: Vec<WorkerCommand>) {
        self.complete(task, |completion| completion.completion.commands = commands).await.unwrap();
    }

    pub async fn page(&self, run: &RunKey, change: impl FnOnce(&mut ReadHistory)) -> Result<HistoryPage, Error> {
        soon(self.history.read(reference(run), read(change))).await
    }

    /// The types of all stored events.
    pub async fn events(&self, run: &RunKey) -> Vec<EventType> {
        let page = self.page(run, |read| read.last_event_id = Some(i64::MAX)).await.unwrap();
        let ids: Vec<i64> = decoded(&page.history).iter().map(|event| event.event_id).collect();
        assert_eq!(ids, (1..=ids.len() as i64).collect::<Vec<_>>(), "event ids have no gaps");
        decoded(&page.history).iter().map(HistoryEvent::event_type).collect()
    }

    /// Every row of one kind, of workflows.
    pub async fn rows(&self, space: Space) -> Vec<Row> {
        rows(&*self.store, space).await
    }
}

pub async fn rows(store: &dyn Store, space: Space) -> Vec<Row> {
    let partitions = 0..=Partition::SHARED.0;
    let scan = Scan { space, partitions, from: Bytes::new(), to: None, after: None, limit: 10_000, reverse: false };
    store.scan(scan).await.unwrap()
}

/// Writes past every server.
pub async fn put(store: &Arc<dyn Store>, writes: Vec<Write>) {
    let fence = Arc::new(store.acquire(0..=Partition::SHARED.0).await.unwrap());
    let (tell, told) = oneshot::channel();
    store.commit(Batch { fence, writes }, Urgency::Now, Box::new(move |outcome| drop(tell.send(outcome))));
    told.await.unwrap().unwrap();
}

pub fn read(change: impl FnOnce(&mut ReadHistory)) -> ReadHistory {
    let mut read = ReadHistory {
        first_event_id: 1,
        last_event_id: None,
        limit: 256,
        wait: None,
        only_close: false,
        unwritten_task: false,
    };
    change(&mut read);
    read
}

/// Takes the task as a worker would, so that it does not go back.
pub fn delivered(task: StartedTask) -> WorkflowTask {
    match task {
        StartedTask::Workflow(mut task) => {
            task.lost.delivered();
            *task
        }
        StartedTask::Activity(_) => panic!("expected a workflow task"),
    }
}

pub fn delivered_activity(task: StartedTask) -> ActivityTask {
    match task {
        StartedTask::Activity(mut task) => {
            task.lost.delivered();
            *task
        }
        StartedTask::Workflow(_) => panic!("expected an activity"),
    }
}

pub fn workflow(workflow_id: &str) -> WorkflowKey {
    WorkflowKey { namespace: NamespaceId(Uuid::from_u128(7)), workflow_id: workflow_id.into() }
}

pub fn reference(run: &RunKey) -> RunReference {
    RunReference { workflow: run.workflow.clone(), run_id: Some(run.run_id), first_run_id: None }
}

pub fn newest(workflow_id: &str) -> RunReference {
    RunReference { workflow: workflow(workflow_id), run_id: None, first_run_id: None }
}

pub fn requester(request_id: &str) -> Requester {
    let request_id = if request_id.is_empty() { Uuid::new_v4().to_string() } else { request_id.into() };
    Requester { identity: "client".into(), request_id, ..Requester::default() }
}

pub fn start_request(workflow_id: &str, request_id: &str) -> StartRequest {
    let key = RunKey { workflow: workflow(workflow_id), run_id: RunId(Uuid::now_v7()) };
    let attributes = WorkflowExecutionStartedEventAttributes {
        workflow_type: Some(WorkflowType { name: "order".into() }),
        task_queue: Some(TaskQueue { name: "queue".into(), ..TaskQueue::default() }),
        original_execution_run_id: key.run_id.to_string(),
        first_execution_run_id: key.run_id.to_string(),
        workflow_id: workflow_id.into(),
        attempt: 1,
        ..WorkflowExecutionStartedEventAttributes::default()
    };
    let start = Box::new(Start {
        key,
        namespace_name: "default".into(),
        attributes: Box::new(attributes),
        requester: requester(request_id),
        user_metadata: None,
        signal: None,
        eager: None,
        update: None,
    });
    let (reuse, conflict) = (WorkflowIdReusePolicy::AllowDuplicate, WorkflowIdConflictPolicy::Unspecified);
    StartRequest { start, reuse, conflict, attach: None, signal: None }
}

pub fn signal(name: &str, request_id: &str) -> Box<Signal> {
    let requester = requester(request_id);
    Box::new(Signal { name: name.into(), input: None, header: None, requester, ends_start_delay: false })
}

pub fn poller(identity: &str) -> Poller {
    Poller { identity: identity.into(), request_id: Uuid::new_v4().to_string(), build_id: String::new() }
}

pub fn complete_workflow() -> WorkerCommand {
    worker_command(
        CommandType::CompleteWorkflowExecution,
        Attributes::CompleteWorkflowExecutionCommandAttributes(CompleteWorkflowExecutionCommandAttributes::default()),
    )
}

pub fn continue_as_new() -> WorkerCommand {
    let attributes = ContinueAsNewWorkflowExecutionCommandAttributes {
        workflow_type: Some(WorkflowType { name: "order".into() }),
        task_queue: Some(TaskQueue { name: "queue".into(), ..TaskQueue::default() }),
        ..ContinueAsNewWorkflowExecutionCommandAttributes::default()
    };
    worker_command(
        CommandType::ContinueAsNewWorkflowExecution,
        Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(attributes),
    )
}

pub fn start_timer(timer_id: &str, after: Duration) -> WorkerCommand {
    let attributes = StartTimerCommandAttributes {
        timer_id: timer_id.into(),
        start_to_fire_timeout: Some(to_proto_duration(after)),
    };
    worker_command(CommandType::StartTimer, Attributes::StartTimerCommandAttributes(attributes))
}

pub fn schedule_activity(activity_id: &str, attempts: i32) -> WorkerCommand {
    let attributes = ScheduleActivityTaskCommandAttributes {
        activity_id: activity_id.into(),
        activity_type: Some(ActivityType { name: "charge".into() }),
        task_queue: Some(TaskQueue { name: "queue".into(), ..TaskQueue::default() }),
        start_to_close_timeout: Some(to_proto_duration(Duration::from_secs(60))),
        retry_policy: Some(RetryPolicy { maximum_attempts: attempts, ..RetryPolicy::default() }),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    worker_command(CommandType::ScheduleActivityTask, Attributes::ScheduleActivityTaskCommandAttributes(attributes))
}

pub fn worker_command(command_type: CommandType, attributes: Attributes) -> WorkerCommand {
    WorkerCommand { command_type: command_type.into(), attributes: Some(attributes), ..WorkerCommand::default() }
}

/// A clock that stands until it is set.
pub struct ManualClock(AtomicI64);

impl Default for ManualClock {
    fn default() -> Self {
        Self(AtomicI64::new(Timestamp::from_millis(1_700_000_000_000).nanos))
    }
}

impl ManualClock {
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_nanos() as i64, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp { nanos: self.0.load(Ordering::SeqCst) }
    }
}

/// A query that reached a worker.
pub struct AskedQuery {
    pub queue: QueueKey,
    pub task: QueryTask,
    pub answer: oneshot::Sender<Result<QueryOutcome, Error>>,
}

type Waiting = HashMap<(QueueKind, String), VecDeque<(Poller, oneshot::Sender<Polled>)>>;

/// A matching that remembers what it is offered, and hands nothing out by itself.
pub struct Remembering {
    offers: mpsc::UnboundedSender<QueuedTask>,
    offered: tokio::sync::Mutex<mpsc::UnboundedReceiver<QueuedTask>>,
    queries: mpsc::UnboundedSender<AskedQuery>,
    asked: tokio::sync::Mutex<mpsc::UnboundedReceiver<AskedQuery>>,
    waiting: Arc<Mutex<Waiting>>,
    recent: Mutex<HashSet<String>>,
    pub configs: Mutex<BTreeMap<QueueKey, Arc<QueueConfig>>>,
    pub offers_made: AtomicUsize,
    /// How often a waiting poller was taken for a task.
    pub reserved: AtomicUsize,
    pub panics: AtomicBool,
}

impl Default for Remembering {
    fn default() -> Self {
        let (offers, offered) = mpsc::unbounded_channel();
        let (queries, asked) = mpsc::unbounded_channel();
        Self {
            offers,
            offered: tokio::sync::Mutex::new(offered),
            queries,
            asked: tokio::sync::Mutex::new(asked),
            waiting: Arc::default(),
            recent: Mutex::default(),
            configs: Mutex::default(),
            offers_made: AtomicUsize::new(0),
            reserved: AtomicUsize::new(0),
            panics: AtomicBool::new(false),
        }
    }
}

impl Remembering {
    pub async fn offered(&self) -> QueuedTask {
        soon(async { self.offered.lock().await.recv().await.unwrap() }).await
    }

    pub async fn asked(&self) -> AskedQuery {
        soon(async { self.asked.lock().await.recv().await.unwrap() }).await
    }

    /// A poller waits at a queue.
    pub fn wait_at(&self, kind: QueueKind, queue: &str) -> oneshot::Receiver<Polled> {
        let (deliver, polled) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap();
        waiting.entry((kind, queue.into())).or_default().push_back((poller("waiting"), deliver));
        polled
    }

    pub fn waiting_at(&self, kind: QueueKind, queue: &str) -> usize {
        self.waiting.lock().unwrap().get(&(kind, queue.into())).map_or(0, VecDeque::len)
    }

    pub fn seen_at(&self, sticky_queue: &str) {
        self.recent.lock().unwrap().insert(sticky_queue.into());
    }
}

impl Matching for Remembering {
    fn offer(&self, task: QueuedTask) {
        self.offers_made.fetch_add(1, Ordering::SeqCst);
        drop(self.offers.send(task));
    }

    fn reserve(&self, queue: &QueueKey, _: i32) -> Option<Reservation> {
        assert!(!self.panics.load(Ordering::SeqCst), "told to panic");
        let place = (queue.kind, queue.queue.name.clone());
        let (poller, deliver) = self.waiting.lock().unwrap().get_mut(&place)?.pop_front()?;
        let (back, waiting) = (poller.clone(), self.waiting.clone());
        self.reserved.fetch_add(1, Ordering::SeqCst);
        Some(Reservation::new(poller, deliver, move |deliver| {
            waiting.lock().unwrap().entry(place).or_default().push_front((back, deliver));
        }))
    }

    fn has_recent_poller(&self, queue: &QueueKey) -> bool {
        self.recent.lock().unwrap().contains(&queue.queue.name)
    }

    fn poll(&self, _: Poll) -> BoxFuture<'_, Result<PollEnd, Error>> {
        Box::pin(async { Ok(PollEnd { polled: Polled::Empty, more_pollers: 0 }) })
    }

    fn query(&self, queue: QueueKey, task: QueryTask, wait: Duration) -> BoxFuture<'_, Result<QueryOutcome, Error>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            drop(self.queries.send(AskedQuery { queue, task, answer }));
            match timeout(wait, answered).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) | Err(_) => Err(Error::QueryTimedOut("no worker".into())),
            }
        })
    }

    fn answer(&self, _: Uuid, _: QueryOutcome) -> Result<(), Error> {
        Err(Error::QueryTaskNotFound)
    }

    fn shutdown_worker(&self, _: NamespaceId, _: &str, _: &str) {}

    fn configure(&self, queue: &QueueKey, config: Arc<QueueConfig>) {
        self.configs.lock().unwrap().insert(queue.clone(), config);
    }

    fn describe(&self, _: &QueueKey) -> QueueDescription {
        QueueDescription::default()
    }

    fn record_heartbeats(&self, _: NamespaceId, _: Vec<WorkerHeartbeat>) {}

    fn workers(&self, _: NamespaceId, _: Option<&str>) -> Vec<Arc<WorkerHeartbeat>> {
        Vec::new()
    }

    fn worker(&self, _: NamespaceId, _: &str) -> Option<Arc<WorkerHeartbeat>> {
        None
    }

    fn close(&self) {}

    fn backlog(&self) -> BTreeMap<QueueKey, i64> {
        BTreeMap::new()
    }
}

/// A store that keeps it to itself, while told to, that a batch is stored; or that does not store it before it may.
pub struct HoldingStore {
    inner: Arc<dyn Store>,
    stalled: Mutex<Option<Vec<(Batch, Urgency, Completion)>>>,
    held: Arc<Mutex<Option<Vec<Held>>>>,
    batches: AtomicU64,
    reads: AtomicU64,
    queued: tokio::sync::watch::Sender<u64>,
}

type Held = (Completion, Result<(), CommitError>);

impl HoldingStore {
    pub fn around(inner: Arc<dyn Store>) -> Self {
        let (batches, reads, queued) = (AtomicU64::new(0), AtomicU64::new(0), tokio::sync::watch::Sender::new(0));
        Self { inner, stalled: Mutex::default(), held: Arc::default(), batches, reads, queued }
    }

    /// From now on nothing is stored.
    pub fn stall(&self) {
        *self.stalled.lock().unwrap() = Some(Vec::new());
    }

    /// Stores what has waited for that, and goes on.
    pub fn go_on(&self) {
        let mut stalled = self.stalled.lock().unwrap();
        for (batch, urgency, done) in stalled.take().into_iter().flatten() {
            self.inner.commit(batch, urgency, done);
        }
    }

    pub fn hold(&self) {
        *self.held.lock().unwrap() = Some(Vec::new());
    }

    pub fn release(&self) {
        // The lock is kept meanwhile: a batch that ends on the committer's thread just now must not overtake those held.
        let mut held = self.held.lock().unwrap();
        for (done, result) in held.take().into_iter().flatten() {
            done(result);
        }
    }

    /// Waits until so many batches have ended that nobody was told of.
    pub async fn held(&self, batches: usize) {
        soon(async {
            while self.held.lock().unwrap().as_ref().map_or(0, Vec::len) < batches {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Tells of the first of those held, and goes on to hold the others.
    pub fn release_first(&self) {
        let first = self.held.lock().unwrap().as_mut().map(|held| held.remove(0));
        let (done, result) = first.expect("a batch is held");
        done(result);
    }

    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::SeqCst)
    }

    /// How often histories were read.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }

    /// Waits until so many batches were queued.
    pub async fn queued(&self, batches: u64) {
        soon(self.queued.subscribe().wait_for(|queued| *queued >= batches)).await.unwrap();
    }
}

impl Store for HoldingStore {
    fn acquire(&self, partitions: RangeInclusive<u16>) -> StoreFuture<'_, Result<Fence, StoreError>> {
        self.inner.acquire(partitions)
    }

    fn get(
        &self,
        space: Space,
        partition: Partition,
        key: Bytes,
    ) -> StoreFuture<'_, Result<Option<Bytes>, StoreError>> {
        self.inner.get(space, partition, key)
    }

    fn scan(&self, scan: Scan) -> StoreFuture<'_, Result<Vec<Row>, StoreError>> {
        if scan.space == Space::Node {
            self.reads.fetch_add(1, Ordering::SeqCst);
        }
        self.inner.scan(scan)
    }

    fn commit(&self, batch: Batch, urgency: Urgency, done: Completion) {
        let count = self.batches.fetch_add(1, Ordering::SeqCst) + 1;
        let held = self.held.clone();
        let done: Completion = Box::new(move |result| {
            let mut holding = held.lock().unwrap();
            match &mut *holding {
                Some(held) => held.push((done, result)),
                None => {
                    drop(holding);
                    done(result);
                }
            }
        });
        match &mut *self.stalled.lock().unwrap() {
            Some(stalled) => stalled.push((batch, urgency, done)),
            None => self.inner.commit(batch, urgency, done),
        }
        self.queued.send_replace(count);
    }
}

/// Whether it started anew.
pub fn started(result: Result<Started, Error>) -> bool {
    result.unwrap().started
}

/// The events of a history.
pub(crate) fn decoded(history: &v1::History) -> Vec<HistoryEvent> {
    history.clone().into_events().expect("events")
}
