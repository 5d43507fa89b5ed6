//! Stand-ins for the other roles: they answer what a test tells them to, and remember what they were asked.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::WorkflowExecutionStatus, worker::v1::WorkerHeartbeat,
    workflowservice::v1::DescribeWorkflowExecutionResponse,
};
use abide_cluster::history::{
    CompleteWorkflowTask, HistoryPage, PollUpdate, Query, QueryAnswer, QueryOutcome, ReadHistory, ResetRequest,
    RunReference, StartRequest, Started, StartedTask, UpdateAnswer, UpdateStage, UpdateWorkflow, UpdatedWithStart,
    WithStartError, WorkflowTaskCompleted,
};
use abide_cluster::matching::{Poll, PollEnd, Polled, QueryTask, QueueDescription, QueueKey, QueuedTask, Reservation};
use abide_cluster::{Batches, BoxFuture, Error, History, Matching, Namespaces, QueueConfigs};
use abide_engine::batch::{self, Batch};
use abide_engine::namespace::{self, Namespace, Register, Update};
use abide_engine::queue_config::{self, QueueConfig};
use abide_engine::run::{Command, HeartbeatReply, Poller, Reply, TaskId};
use abide_engine::{Emit, Machine};
use abide_frontend::{Frontend, ServerInfo};
use abide_model::{Clock, NamespaceId, RunId, RunKey, SettingsView, Timestamp, WorkflowKey};
use abide_store::MemoryStore;
use abide_visibility::{StoreIndex, Visibility};
use prost::Message;
use tokio::sync::Notify;
use tonic::{Request, Status};
use uuid::Uuid;

/// The fakes and the service over them.
pub struct World {
    pub frontend: Frontend,
    pub history: Arc<FakeHistory>,
    pub matching: Arc<FakeMatching>,
    pub namespaces: Arc<FakeNamespaces>,
    pub batches: Arc<FakeBatches>,
}

impl World {
    /// With the namespaces `default` (which has the search attributes `Size` and `Color`), `other`, and the deprecated
    /// `old`.
    pub fn new() -> Self {
        let history = Arc::new(FakeHistory::default());
        let matching = Arc::new(FakeMatching::default());
        let namespaces = Arc::new(FakeNamespaces::default());
        namespaces.add(Namespace {
            search_attributes: [("Size".to_owned(), 3), ("Color".to_owned(), 2)].into(),
            ..namespace(1, "default")
        });
        namespaces.add(namespace(2, "other"));
        namespaces.add(Namespace { deprecated: true, ..namespace(3, "old") });
        let batches = Arc::new(FakeBatches::default());
        let frontend = Frontend {
            history: history.clone(),
            matching: matching.clone(),
            namespaces: namespaces.clone(),
            batches: batches.clone(),
            queue_configs: Arc::new(FakeQueueConfigs::default()),
            visibility: Visibility::new(Arc::new(StoreIndex(Arc::new(MemoryStore::open().expect("in memory"))))),
            clock: Arc::new(FixedClock),
            settings: SettingsView::default(),
            gates: Arc::default(),
            server: Arc::new(ServerInfo {
                cluster_id: Uuid::from_u128(9),
                shards: 4,
                persistence_store: "sqlite".into(),
                visibility_store: "sqlite".into(),
            }),
        };
        Self { frontend, history, matching, namespaces, batches }
    }
}

fn namespace(id: u128, name: &str) -> Namespace {
    Namespace {
        id_bytes: Uuid::from_u128(id).as_bytes().to_vec(),
        name: name.to_owned(),
        retention_seconds: 86_400,
        ..Namespace::default()
    }
}

/// The id of the namespace `default`.
pub fn default_namespace() -> NamespaceId {
    NamespaceId(Uuid::from_u128(1))
}

/// A run in the namespace `default`.
pub fn run_key(workflow_id: &str) -> RunKey {
    let workflow = WorkflowKey { namespace: default_namespace(), workflow_id: workflow_id.into() };
    RunKey { workflow, run_id: RunId(Uuid::from_u128(42)) }
}

/// A request whose caller waits this many seconds.
pub fn within<T>(seconds: u64, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(Duration::from_secs(seconds));
    request
}

/// An outcome as one line: code, text, name of the detail; or `Ok`.
pub fn shown<T>(outcome: Result<T, Status>) -> String {
    let Err(status) = outcome else { return "Ok".into() };
    let rich = abide_api::google::rpc::Status::decode(status.details()).expect("a google.rpc.Status");
    let detail = rich.details.first().map(|detail| {
        let name = detail.type_url.rsplit('.').next().expect("a name");
        format!(" [{name}]")
    });
    format!("{:?}: {}{}", status.code(), status.message(), detail.unwrap_or_default())
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000)
    }
}

/// What the owner of runs was asked.
#[derive(Clone, Debug)]
pub enum Asked {
    Start(StartRequest),
    Execute(RunReference, Command),
    Complete(RunKey, CompleteWorkflowTask),
    StartTask(RunKey, TaskId),
    Query(RunReference, Query),
    Update(RunReference, UpdateWorkflow),
    PollUpdate(RunReference, PollUpdate),
    UpdateWithStart(StartRequest, UpdateWorkflow),
    Reset(RunReference, ResetRequest),
    Describe(RunReference),
    Delete(RunReference),
    Read(RunReference, ReadHistory),
}

/// Answers in the order in which the test laid them out, then with nothing special.
#[derive(Default)]
pub struct FakeHistory {
    pub asked: Mutex<Vec<Asked>>,
    pub starts: Mutex<VecDeque<Result<Started, Error>>>,
    pub executions: Mutex<VecDeque<Result<Reply, Error>>>,
    pub completions: Mutex<VecDeque<Result<WorkflowTaskCompleted, Error>>>,
    pub started_tasks: Mutex<VecDeque<Result<StartedTask, Error>>>,
    pub updates: Mutex<VecDeque<Result<UpdateAnswer, Error>>>,
    pub with_starts: Mutex<VecDeque<Result<UpdatedWithStart, WithStartError>>>,
    pub answers: Mutex<VecDeque<Result<QueryAnswer, Error>>>,
    pub pages: Mutex<VecDeque<Result<HistoryPage, Error>>>,
    pub deletions: Mutex<VecDeque<Result<(), Error>>>,
    pub descriptions: Mutex<VecDeque<Result<DescribeWorkflowExecutionResponse, Error>>>,
}

impl FakeHistory {
    /// What was asked since the last time.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn note(&self, asked: Asked) {
        self.asked.lock().unwrap().push(asked);
    }
}

fn next<T>(
    laid_out: &Mutex<VecDeque<Result<T, Error>>>,
    otherwise: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    laid_out.lock().unwrap().pop_front().unwrap_or_else(otherwise)
}

fn ready<T: Send + 'static>(value: T) -> BoxFuture<'static, T> {
    Box::pin(std::future::ready(value))
}

fn accepted(run_id: RunId) -> UpdateAnswer {
    UpdateAnswer { run_id, stage: UpdateStage::Accepted, outcome: None }
}

impl History for FakeHistory {
    fn start(&self, request: StartRequest) -> BoxFuture<'_, Result<Started, Error>> {
        let run_id = request.start.key.run_id;
        self.note(Asked::Start(request));
        let status = WorkflowExecutionStatus::Running;
        let started =
            Started { run_id, first_run_id: run_id, started: true, attached: false, status, first_task: None };
        ready(next(&self.starts, || Ok(started)))
    }

    fn execute(&self, run: RunReference, command: Command) -> BoxFuture<'_, Result<(RunId, Reply), Error>> {
        let run_id = run.run_id.unwrap_or(RunId(Uuid::from_u128(42)));
        let otherwise = match command {
            Command::RecordHeartbeat(_) => Reply::Heartbeat(HeartbeatReply::default()),
            _ => Reply::Done,
        };
        self.note(Asked::Execute(run, command));
        ready(next(&self.executions, || Ok(otherwise)).map(|reply| (run_id, reply)))
    }

    fn complete_workflow_task(
        &self,
        run: RunKey,
        completion: CompleteWorkflowTask,
    ) -> BoxFuture<'_, Result<WorkflowTaskCompleted, Error>> {
        self.note(Asked::Complete(run, completion));
        ready(next(&self.completions, || Ok(WorkflowTaskCompleted::default())))
    }

    fn start_task(&self, run: RunKey, task: TaskId, _poller: Poller) -> BoxFuture<'_, Result<StartedTask, Error>> {
        self.note(Asked::StartTask(run, task));
        ready(next(&self.started_tasks, || Err(Error::Unavailable("nothing laid out".into()))))
    }

    fn reset(&self, run: RunReference, request: ResetRequest) -> BoxFuture<'_, Result<RunId, Error>> {
        let run_id = request.new_run_id;
        self.note(Asked::Reset(run, request));
        ready(Ok(run_id))
    }

    fn query(&self, run: RunReference, query: Query) -> BoxFuture<'_, Result<QueryAnswer, Error>> {
        self.note(Asked::Query(run, query));
        ready(next(&self.answers, || Ok(QueryAnswer::Result(None))))
    }

    fn update(&self, run: RunReference, update: UpdateWorkflow) -> BoxFuture<'_, Result<UpdateAnswer, Error>> {
        self.note(Asked::Update(run, update));
        ready(next(&self.updates, || Ok(accepted(RunId(Uuid::from_u128(42))))))
    }

    fn poll_update(&self, run: RunReference, poll: PollUpdate) -> BoxFuture<'_, Result<UpdateAnswer, Error>> {
        self.note(Asked::PollUpdate(run, poll));
        ready(next(&self.updates, || Ok(accepted(RunId(Uuid::from_u128(42))))))
    }

    fn update_with_start(
        &self,
        start: StartRequest,
        update: UpdateWorkflow,
    ) -> BoxFuture<'_, Result<UpdatedWithStart, WithStartError>> {
        let run_id = start.start.key.run_id;
        self.note(Asked::UpdateWithStart(start, update));
        let laid_out = self.with_starts.lock().unwrap().pop_front();
        let status = WorkflowExecutionStatus::Running;
        let started =
            Started { run_id, first_run_id: run_id, started: true, attached: false, status, first_task: None };
        ready(laid_out.unwrap_or_else(|| Ok(UpdatedWithStart { started, update: accepted(run_id) })))
    }

    fn delete(&self, run: RunReference) -> BoxFuture<'_, Result<(), Error>> {
        self.note(Asked::Delete(run));
        ready(next(&self.deletions, || Ok(())))
    }

    fn describe(&self, run: RunReference) -> BoxFuture<'_, Result<DescribeWorkflowExecutionResponse, Error>> {
        self.note(Asked::Describe(run));
        ready(next(&self.descriptions, || Ok(DescribeWorkflowExecutionResponse::default())))
    }

    fn read(&self, run: RunReference, read: ReadHistory) -> BoxFuture<'_, Result<HistoryPage, Error>> {
        self.note(Asked::Read(run, read));
        ready(next(&self.pages, || Err(Error::InvalidPageToken)))
    }
}

/// Hands out what the test laid out, then nothing.
#[derive(Default)]
pub struct FakeMatching {
    pub polled: Mutex<VecDeque<Polled>>,
    pub polls: Mutex<Vec<Poll>>,
    pub queries: Mutex<Vec<Uuid>>,
    pub outcomes: Mutex<Vec<(Uuid, QueryOutcome)>>,
    pub leaving: Mutex<Vec<(String, String)>>,
    pub description: Mutex<QueueDescription>,
    pub more_pollers: Mutex<i32>,
    pub heartbeats: Mutex<BTreeMap<String, Arc<WorkerHeartbeat>>>,
}

impl Matching for FakeMatching {
    fn offer(&self, _task: QueuedTask) {}

    fn reserve(&self, _queue: &QueueKey, _priority: i32) -> Option<Reservation> {
        None
    }

    fn has_recent_poller(&self, _queue: &QueueKey) -> bool {
        false
    }

    fn poll(&self, poll: Poll) -> BoxFuture<'_, Result<PollEnd, Error>> {
        self.polls.lock().unwrap().push(poll);
        let polled = self.polled.lock().unwrap().pop_front();
        let more_pollers = *self.more_pollers.lock().unwrap();
        ready(Ok(PollEnd { polled: polled.unwrap_or(Polled::Empty), more_pollers }))
    }

    fn query(&self, _: QueueKey, _: QueryTask, _: Duration) -> BoxFuture<'_, Result<QueryOutcome, Error>> {
        ready(Err(Error::QueryTimedOut("nobody there".into())))
    }

    fn answer(&self, id: Uuid, outcome: QueryOutcome) -> Result<(), Error> {
        if !self.queries.lock().unwrap().contains(&id) {
            return Err(Error::QueryTaskNotFound);
        }
        self.outcomes.lock().unwrap().push((id, outcome));
        Ok(())
    }

    fn shutdown_worker(&self, _namespace: NamespaceId, sticky_queue: &str, worker_instance_key: &str) {
        self.leaving.lock().unwrap().push((sticky_queue.into(), worker_instance_key.into()));
    }

    fn configure(&self, _queue: &QueueKey, _config: Arc<QueueConfig>) {}

    fn record_heartbeats(&self, _namespace: NamespaceId, heartbeats: Vec<WorkerHeartbeat>) {
        let named =
            heartbeats.into_iter().map(|heartbeat| (heartbeat.worker_instance_key.clone(), Arc::new(heartbeat)));
        self.heartbeats.lock().unwrap().extend(named);
    }

    fn workers(&self, _namespace: NamespaceId, behind: Option<&str>) -> Vec<Arc<WorkerHeartbeat>> {
        let known = self.heartbeats.lock().unwrap();
        let wanted = known.iter().filter(|(key, _)| behind.is_none_or(|behind| key.as_str() > behind));
        wanted.map(|(_, heartbeat)| heartbeat.clone()).collect()
    }

    fn worker(&self, _namespace: NamespaceId, worker_instance_key: &str) -> Option<Arc<WorkerHeartbeat>> {
        self.heartbeats.lock().unwrap().get(worker_instance_key).cloned()
    }

    fn describe(&self, _queue: &QueueKey) -> QueueDescription {
        self.description.lock().unwrap().clone()
    }

    fn close(&self) {}

    fn backlog(&self) -> BTreeMap<QueueKey, i64> {
        BTreeMap::new()
    }
}

/// Decides like the real one, and stores nothing.
#[derive(Default)]
pub struct FakeQueueConfigs(Mutex<BTreeMap<QueueKey, Arc<QueueConfig>>>);

impl QueueConfigs for FakeQueueConfigs {
    fn update(&self, queue: QueueKey, update: queue_config::Update) -> BoxFuture<'_, Result<Arc<QueueConfig>, Error>> {
        let mut known = self.0.lock().unwrap();
        let mut config = known.get(&queue).map(|config| QueueConfig::clone(config)).unwrap_or_default();
        let decided = config.handle(update, FixedClock.now(), &mut Emit::default());
        let config = Arc::new(config);
        known.insert(queue, config.clone());
        ready(decided.map(|()| config).map_err(Error::QueueConfigRejected))
    }

    fn get(&self, queue: &QueueKey) -> Arc<QueueConfig> {
        self.0.lock().unwrap().get(queue).cloned().unwrap_or_default()
    }
}

/// Decides like the real one, and stores nothing.
#[derive(Default)]
pub struct FakeBatches {
    pub known: Mutex<BTreeMap<String, Arc<Batch>>>,
    begun: Notify,
}

impl FakeBatches {
    fn decide(&self, job_id: String, command: batch::Command) -> Result<Arc<Batch>, Error> {
        let mut known = self.known.lock().unwrap();
        let mut batch = known.get(&job_id).map(|batch| Batch::clone(batch)).unwrap_or_default();
        let decided = batch.handle(command, FixedClock.now(), &mut Emit::default());
        decided.map_err(|_| Error::Rejected(abide_engine::run::Rejection::Closed))?;
        let batch = Arc::new(batch);
        known.insert(job_id, batch.clone());
        Ok(batch)
    }
}

impl Batches for FakeBatches {
    fn start(&self, start: batch::Start, running_max: usize) -> BoxFuture<'_, Result<Arc<Batch>, Error>> {
        if self.running().len() >= running_max {
            return ready(Err(Error::TooManyBatches));
        }
        let begun = self.decide(start.request.job_id.clone(), batch::Command::Start(Box::new(start)));
        self.begun.notify_one();
        ready(begun)
    }

    fn ask(&self, _: NamespaceId, job_id: String, command: batch::Command) -> BoxFuture<'_, Result<Arc<Batch>, Error>> {
        ready(self.get(default_namespace(), &job_id).and_then(|_| self.decide(job_id, command)))
    }

    fn get(&self, _: NamespaceId, job_id: &str) -> Result<Arc<Batch>, Error> {
        let known = self.known.lock().unwrap();
        let missing = || Error::RunNotFound { workflow_id: job_id.into(), run_id: String::new() };
        known.get(job_id).cloned().ok_or_else(missing)
    }

    fn list(&self, _: NamespaceId) -> Vec<Arc<Batch>> {
        self.known.lock().unwrap().values().cloned().collect()
    }

    fn running(&self) -> Vec<Arc<Batch>> {
        self.list(default_namespace()).into_iter().filter(|batch| batch.is_running()).collect()
    }

    fn begun(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.begun.notified())
    }
}

/// Keeps what it is given, without the rules of the real one.
#[derive(Default)]
pub struct FakeNamespaces {
    known: Mutex<BTreeMap<String, Arc<Namespace>>>,
    pub updates: Mutex<Vec<Update>>,
}

impl FakeNamespaces {
    pub fn add(&self, namespace: Namespace) {
        self.known.lock().unwrap().insert(namespace.name.clone(), Arc::new(namespace));
    }
}

impl Namespaces for FakeNamespaces {
    fn by_name(&self, name: &str) -> Result<Arc<Namespace>, Error> {
        self.known.lock().unwrap().get(name).cloned().ok_or_else(|| Error::NamespaceNotFound(name.into()))
    }

    fn by_id(&self, id: NamespaceId) -> Result<Arc<Namespace>, Error> {
        let found = self.list().into_iter().find(|namespace| namespace.id() == id);
        found.ok_or_else(|| Error::NamespaceNotFound(id.to_string()))
    }

    fn list(&self) -> Vec<Arc<Namespace>> {
        self.known.lock().unwrap().values().cloned().collect()
    }

    fn register(&self, register: Register) -> BoxFuture<'_, Result<Arc<Namespace>, Error>> {
        if self.by_name(&register.name).is_ok() {
            return ready(Err(Error::NamespaceExists(register.name)));
        }
        self.add(Namespace {
            id_bytes: register.id.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default(),
            retention_seconds: register.retention.as_secs(),
            name: register.name.clone(),
            ..Namespace::default()
        });
        ready(self.by_name(&register.name))
    }

    fn update(&self, name: String, update: Update) -> BoxFuture<'_, Result<Arc<Namespace>, Error>> {
        self.updates.lock().unwrap().push(update);
        ready(self.by_name(&name))
    }

    fn delete(&self, id: NamespaceId, delay: Duration) -> BoxFuture<'_, Result<Arc<Namespace>, Error>> {
        let Ok(namespace) = self.by_id(id) else { return ready(Err(Error::NamespaceNotFound(id.to_string()))) };
        let mut deleted = Namespace::clone(&namespace);
        let name = deleted.deleted_name(5);
        let decided =
            deleted.handle(namespace::Command::Delete { name, delay }, FixedClock.now(), &mut Emit::default());
        decided.expect("a namespace that may go");
        self.known.lock().unwrap().remove(&namespace.name);
        self.add(deleted);
        ready(self.by_id(id))
    }
}
