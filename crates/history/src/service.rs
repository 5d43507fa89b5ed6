//! The owner of runs, as everyone else sees it: which shard a request belongs to, and how long its caller waits.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;
use abide_cluster::history::{
    CompleteWorkflowTask, HistoryPage, PollUpdate, Query, QueryAnswer, ReadHistory, ResetRequest, RunReference,
    StartRequest, Started, StartedTask, UpdateAnswer, UpdateWorkflow, UpdatedWithStart, WithStartError,
    WorkflowTaskCompleted,
};
use abide_cluster::matching::{Place, QueueKey, QueuedTask};
use abide_cluster::{Batches, BoxFuture, Callbacks, Changes, Error, History, Matching, Namespaces, QueueConfigs};
use abide_engine::run::{Command, Poller, Reply, TaskId};
use abide_model::{Clock, LiveSettings, Partition, RunId, RunKey, WorkflowKey, limits};
use abide_store::Store;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::background::Background;
use crate::batches::BatchRegistry;
use crate::cache::{Cache, Gauge};
use crate::namespaces::NamespaceRegistry;
use crate::outbound::Errands;
use crate::query::TIMED_OUT;
use crate::queue_configs::QueueConfigRegistry;
use crate::read::Reading;
use crate::reclaim::Reclaim;
use crate::recover::recover;
use crate::refill;
use crate::retention::{Retention, sweep};
use crate::shard::{Address, Ask, Handle, Seams, Shard, gone};
use crate::update_call;

/// How the owner of runs works.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many shards own the runs.
    pub shards: u16,
    /// Bytes of loaded runs that are kept.
    pub cache_bytes: usize,
    /// What bounds runs and namespaces.
    pub settings: Arc<LiveSettings>,
}

impl Default for Options {
    fn default() -> Self {
        Self { shards: 1, cache_bytes: limits::CACHE_BYTES_DEFAULT, settings: Arc::default() }
    }
}

/// What the owner of runs has in memory, for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Runs.
    pub runs: u64,
    /// Their bytes, about.
    pub bytes: u64,
}

/// The owner of all runs of this node, and of its registry of namespaces.
pub struct HistoryService {
    shards: Shards,
    store: Arc<dyn Store>,
    namespaces: Arc<NamespaceRegistry>,
    queue_configs: Arc<QueueConfigRegistry>,
    batches: Arc<BatchRegistry>,
    /// For tests, whose clock stands until it is set.
    #[cfg(test)]
    pub(crate) retention: Arc<Retention>,
    background: Arc<Background>,
    errands: Arc<Errands>,
    changes: Arc<Changes>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// The shards, in the order of their partitions.
#[derive(Clone)]
pub(crate) struct Shards(Arc<[Owned]>);

/// A shard and where its partitions begin; they end where the next one's begin.
struct Owned {
    first: u16,
    handle: Handle,
    gauge: Arc<Gauge>,
}

impl Shards {
    /// The one that owns a workflow id.
    pub(crate) fn of(&self, workflow: &WorkflowKey) -> &Handle {
        let partition = Partition::of(workflow).0;
        let behind = self.0.partition_point(|shard| shard.first <= partition);
        &self.0[behind - 1].handle
    }
}

impl HistoryService {
    /// Takes all partitions, and begins to look at what is open. Answers requests at once.
    pub async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        matching: Arc<dyn Matching>,
        options: Options,
    ) -> Result<Self, abide_store::Error> {
        let Options { shards: shard_count, cache_bytes, settings } = options;
        let background = Arc::new(Background::new());
        let namespaces = Arc::new(NamespaceRegistry::open(store.clone(), clock.clone(), settings.clone()).await?);
        let queue_configs = QueueConfigRegistry::open(store.clone(), clock.clone(), matching.clone()).await?;
        let queue_configs = Arc::new(queue_configs);
        let batches = Arc::new(BatchRegistry::open(store.clone(), clock.clone()).await?);
        let errands = Arc::new(Errands::default());
        let changes = Arc::new(Changes::default());
        let retention = Arc::new(Retention::default());
        let shard_count = shard_count.clamp(1, Partition::COUNT);
        let begin = |index: u16| (u32::from(index) * u32::from(Partition::COUNT) / u32::from(shard_count)) as u16;
        let (mut shards, mut tasks) = (Vec::new(), Vec::new());
        for index in 0..shard_count {
            let partitions = begin(index)..=begin(index + 1) - 1;
            let fence = store.acquire(partitions.clone()).await?;
            let (inbox, mailbox) = mpsc::unbounded_channel();
            let seams = Arc::new(Seams {
                store: store.clone(),
                matching: matching.clone(),
                clock: clock.clone(),
                settings: settings.clone(),
                namespaces: namespaces.clone(),
                retention: retention.clone(),
                background: background.clone(),
                inbox: inbox.clone(),
                errands: errands.clone(),
                changes: changes.clone(),
            });
            let gauge = Arc::new(Gauge::default());
            let cache = Cache::new(cache_bytes / usize::from(shard_count), gauge.clone());
            let shard = Shard::new(seams.clone(), fence, cache);
            tasks.push(tokio::spawn(shard.run(mailbox)));
            background.spawn("recover", recover(seams, partitions));
            shards.push(Owned { first: begin(index), handle: Handle::new(inbox, store.clone()), gauge });
        }
        let shards = Shards(shards.into());
        let sweep = sweep(store.clone(), clock.clone(), retention.clone(), shards.clone());
        background.spawn("sweep", sweep);
        let reclaim = Reclaim {
            store: store.clone(),
            clock,
            namespaces: namespaces.clone(),
            queue_configs: queue_configs.clone(),
            batches: batches.clone(),
            shards: shards.clone(),
        };
        background.spawn("reclaim", reclaim.run());
        Ok(Self {
            shards,
            store,
            namespaces,
            queue_configs,
            batches,
            #[cfg(test)]
            retention,
            background,
            errands,
            changes,
            tasks: Mutex::new(tasks),
        })
    }

    /// Says by whom other runs are reached: what runs owe to each other waits until then. On one node that is the
    /// service itself.
    pub fn connect(&self, peers: &Arc<impl History>) {
        let peers: Arc<dyn History> = peers.clone();
        self.errands.connect(Arc::downgrade(&peers));
    }

    /// Says by whom addresses outside are told that a run has ended: callbacks wait until then.
    pub fn connect_outside(&self, callbacks: Arc<dyn Callbacks>) {
        self.errands.connect_outside(callbacks);
    }

    /// The first tasks of a queue that are stored, from a place on, at most `tasks_max`, and the place of the first that
    /// is not among them; for a queue that could not keep all of them in memory.
    pub async fn tasks_from(
        &self,
        queue: &QueueKey,
        from: Place,
        tasks_max: usize,
    ) -> Result<(Vec<QueuedTask>, Option<Place>), abide_store::Error> {
        refill::tasks_from(&*self.store, queue, from, tasks_max).await
    }

    /// How many runs are in memory, as of each shard's last turn.
    pub fn loaded(&self) -> Loaded {
        let gauges = self.shards.0.iter().map(|shard| &shard.gauge);
        gauges.fold(Loaded::default(), |all, gauge| Loaded {
            runs: all.runs + gauge.runs.load(Ordering::Relaxed) as u64,
            bytes: all.bytes + gauge.bytes.load(Ordering::Relaxed) as u64,
        })
    }

    /// Where pages hear that what they show has changed.
    pub fn changes(&self) -> Arc<Changes> {
        self.changes.clone()
    }

    /// The registry of namespaces.
    pub fn namespaces(&self) -> Arc<dyn Namespaces> {
        self.namespaces.clone()
    }

    /// What was decided about task queues.
    pub fn queue_configs(&self) -> Arc<dyn QueueConfigs> {
        self.queue_configs.clone()
    }

    /// The registry of batches.
    pub fn batches(&self) -> Arc<dyn Batches> {
        self.batches.clone()
    }

    /// Takes no more work, and returns when everything that was acknowledged or rides along is stored. The store stays
    /// open.
    pub async fn close(&self) {
        for shard in self.shards.0.iter() {
            shard.handle.close().await;
        }
        self.background.close();
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a shard ended badly");
            }
        }
    }

    fn shard(&self, workflow: &WorkflowKey) -> &Handle {
        self.shards.of(workflow)
    }
}

impl Drop for HistoryService {
    /// As a crash would: what was not closed before simply ends. The store is in order all the same.
    fn drop(&mut self) {
        self.background.close();
        for task in self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

impl History for HistoryService {
    fn start(&self, request: StartRequest) -> BoxFuture<'_, Result<Started, Error>> {
        Box::pin(self.shard(&request.start.key.workflow).start(Box::new(request)))
    }

    fn execute(&self, run: RunReference, command: Command) -> BoxFuture<'_, Result<(RunId, Reply), Error>> {
        let shard = self.shard(&run.workflow);
        Box::pin(shard.ask(Address::Reference(run), |answer| Ask::Execute(command, answer)))
    }

    fn complete_workflow_task(
        &self,
        run: RunKey,
        completion: CompleteWorkflowTask,
    ) -> BoxFuture<'_, Result<WorkflowTaskCompleted, Error>> {
        let shard = self.shard(&run.workflow);
        Box::pin(shard.ask(this_run(run), |answer| Ask::Complete(Box::new(completion), answer)))
    }

    fn start_task(&self, run: RunKey, task: TaskId, poller: Poller) -> BoxFuture<'_, Result<StartedTask, Error>> {
        let shard = self.shard(&run.workflow);
        Box::pin(shard.ask(this_run(run), move |answer| Ask::StartTask(task, poller, answer)))
    }

    fn reset(&self, run: RunReference, request: ResetRequest) -> BoxFuture<'_, Result<RunId, Error>> {
        let shard = self.shard(&run.workflow);
        Box::pin(shard.ask(Address::Reference(run), |answer| Ask::PrepareReset(Box::new(request), answer)))
    }

    fn query(&self, run: RunReference, query: Query) -> BoxFuture<'_, Result<QueryAnswer, Error>> {
        let (shard, wait) = (self.shard(&run.workflow), query.timeout);
        let answer = shard.ask(Address::Reference(run), |answer| Ask::Query(Box::new(query), answer));
        Box::pin(
            async move { timeout(wait, answer).await.unwrap_or_else(|_| Err(Error::QueryTimedOut(TIMED_OUT.into()))) },
        )
    }

    fn update(&self, run: RunReference, update: UpdateWorkflow) -> BoxFuture<'_, Result<UpdateAnswer, Error>> {
        Box::pin(update_call::update(self.shard(&run.workflow), run, update))
    }

    fn poll_update(&self, run: RunReference, poll: PollUpdate) -> BoxFuture<'_, Result<UpdateAnswer, Error>> {
        Box::pin(update_call::poll(self.shard(&run.workflow), run, poll))
    }

    fn update_with_start(
        &self,
        start: StartRequest,
        update: UpdateWorkflow,
    ) -> BoxFuture<'_, Result<UpdatedWithStart, WithStartError>> {
        Box::pin(update_call::update_with_start(self.shard(&start.start.key.workflow), start, update))
    }

    fn delete(&self, run: RunReference) -> BoxFuture<'_, Result<(), Error>> {
        let shard = self.shard(&run.workflow);
        Box::pin(shard.ask(Address::Reference(run), Ask::Delete))
    }

    fn describe(&self, run: RunReference) -> BoxFuture<'_, Result<DescribeWorkflowExecutionResponse, Error>> {
        let shard = self.shard(&run.workflow);
        Box::pin(async move { shard.ask(Address::Reference(run), Ask::Describe).await.map(|description| *description) })
    }

    fn read(&self, run: RunReference, read: ReadHistory) -> BoxFuture<'_, Result<HistoryPage, Error>> {
        let shard = self.shard(&run.workflow);
        Box::pin(async move {
            let wait = read.wait.unwrap_or_default();
            match shard.ask(Address::Reference(run), |answer| Ask::Read(read, answer)).await? {
                Reading::Page(page) => Ok(page),
                Reading::Waiting { nothing, more } => match timeout(wait, more).await {
                    Ok(Ok(page)) => page,
                    Ok(Err(_)) => Err(gone()),
                    Err(_) => Ok(nothing),
                },
            }
        })
    }
}

fn this_run(run: RunKey) -> Address {
    let RunKey { workflow, run_id } = run;
    Address::Reference(RunReference { workflow, run_id: Some(run_id), first_run_id: None })
}
