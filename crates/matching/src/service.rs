//! The owner of task queues on this node, as the other roles see it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::worker::v1::WorkerHeartbeat;
use abide_cluster::history::QueryOutcome;
use abide_cluster::matching::{
    Place, Poll, PollEnd, Polled, QueryTask, QueueDescription, QueueKey, QueueKind, QueuedTask, Reservation, level,
};
use abide_cluster::{BoxFuture, Error, Matching};
use abide_engine::queue_config::QueueConfig;
use abide_engine::run::QueueName;
use abide_model::{Clock, NamespaceId, limits};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::query;
use crate::queue::Queue;
use crate::shell::Shell;

/// Brings parked tasks back: those that found no room in memory and are only rows.
pub trait Refill: Send + Sync + 'static {
    /// A queue that parked tasks has little left in memory: read its rows from this place on, in order, at most so many,
    /// and say what they are with [`TaskQueues::refilled`], whatever became of it: until then it is not asked again.
    /// Called without any lock held, on whatever thread drained the queue; must not block.
    fn refill(&self, queue: &QueueKey, from: Place, tasks_max: usize);
}

/// What the owner of task queues has in memory, for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Queues, those of single workers as well.
    pub queues: u64,
    /// Tasks that wait, about.
    pub tasks: u64,
    /// Pollers that wait.
    pub pollers: u64,
    /// Workers that were heard of lately.
    pub workers: u64,
}

/// The owner of task queues. Cheap to make; no task or timer of its own while nothing waits.
pub struct TaskQueues {
    shell: Arc<Shell>,
}

impl TaskQueues {
    /// With nothing in it.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_tasks_max(clock, limits::QUEUE_WINDOW_TASKS_MAX)
    }

    pub(crate) fn with_tasks_max(clock: Arc<dyn Clock>, tasks_max: usize) -> Self {
        Self { shell: Arc::new(Shell::new(clock, tasks_max)) }
    }

    /// Names who brings parked tasks back; only the first call counts. Until then parked tasks stay parked.
    pub fn set_refill(&self, refill: Arc<dyn Refill>) {
        // A second one would be a mistake in wiring that changes nothing.
        let _ = self.shell.refill.set(refill);
    }

    /// The task queues of a namespace that are known here, by name, with how many tasks wait in each, about: those that
    /// were polled lately, that have tasks, or that something was decided about. No worker's own. At most
    /// [`limits::QUEUES_LISTED_MAX`].
    pub fn names(&self, namespace: NamespaceId) -> BTreeMap<String, i64> {
        self.shell.registry.names(namespace, limits::QUEUES_LISTED_MAX)
    }

    /// What is in memory.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { workers: self.shell.workers.count(self.shell.now()), ..Totals::default() };
        self.shell.registry.each(None, |queue| {
            totals.queues += 1;
            totals.tasks += u64::try_from(queue.backlog()).unwrap_or_default();
            totals.pollers += queue.waiting();
        });
        totals
    }

    /// The parked tasks of a queue that were read for [`Refill::refill`], and the place of the first that was not: the
    /// place from which they were to be read when reading failed, none when there are no more.
    pub fn refilled(&self, queue: &QueueKey, tasks: Vec<QueuedTask>, next: Option<Place>) {
        self.shell.touch(queue, |queue, _| queue.refill(tasks, next));
    }
}

impl Matching for TaskQueues {
    fn offer(&self, task: QueuedTask) {
        self.shell.offer(task);
    }

    fn reserve(&self, queue: &QueueKey, priority: i32) -> Option<Reservation> {
        self.shell.reserve(queue, level(priority))
    }

    fn has_recent_poller(&self, queue: &QueueKey) -> bool {
        let now = self.shell.now();
        let gone_for = self.shell.registry.find(queue, |queue| queue.poller_gone_for(now));
        gone_for.flatten().is_some_and(|gone| gone < limits::STICKY_POLLER_GONE)
    }

    fn poll(&self, poll: Poll) -> BoxFuture<'_, Result<PollEnd, Error>> {
        Box::pin(async move { Ok(self.shell.poll(poll).await) })
    }

    fn query(&self, queue: QueueKey, task: QueryTask, wait: Duration) -> BoxFuture<'_, Result<QueryOutcome, Error>> {
        Box::pin(query::ask(&self.shell, queue, task, wait))
    }

    fn answer(&self, id: Uuid, outcome: QueryOutcome) -> Result<(), Error> {
        self.shell.asked.answer(id, outcome)
    }

    fn shutdown_worker(&self, namespace: NamespaceId, sticky_queue: &str, worker_instance_key: &str) {
        if !worker_instance_key.is_empty() {
            self.shell.departed.add(namespace, worker_instance_key);
            self.shell.registry.each(Some(namespace), |queue| queue.release(worker_instance_key));
        }
        let key = QueueKey { namespace, kind: QueueKind::Workflow, queue: QueueName::normal(sticky_queue) };
        // A worker that names a normal queue by mistake must not make it forget its tasks.
        let is_sticky = self.shell.registry.find(&key, |queue| queue.key.queue.is_sticky());
        if is_sticky == Some(true)
            && let Some(mut queue) = self.shell.registry.remove(&key)
        {
            self.shell.asked.forget(queue.close());
        }
    }

    fn describe(&self, queue: &QueueKey) -> QueueDescription {
        let now = self.shell.now();
        let known = self.shell.registry.find(queue, |queue| queue.describe(now));
        known.unwrap_or_else(|| {
            let mut unknown = Queue::<oneshot::Sender<Polled>>::new(queue.clone(), 0);
            if let Some(config) = self.shell.registry.config(queue) {
                unknown.configure(config, now);
            }
            unknown.describe(now)
        })
    }

    fn configure(&self, queue: &QueueKey, config: Arc<QueueConfig>) {
        self.shell.registry.keep_config(queue, config.clone());
        let exists = self.shell.registry.find(queue, |_| ()).is_some();
        if exists {
            self.shell.touch(queue, |queue, now| queue.configure(config, now));
        }
    }

    fn record_heartbeats(&self, namespace: NamespaceId, heartbeats: Vec<WorkerHeartbeat>) {
        self.shell.workers.record(namespace, heartbeats, self.shell.now());
    }

    fn workers(&self, namespace: NamespaceId, behind: Option<&str>) -> Vec<Arc<WorkerHeartbeat>> {
        self.shell.workers.list(namespace, behind, self.shell.now())
    }

    fn worker(&self, namespace: NamespaceId, worker_instance_key: &str) -> Option<Arc<WorkerHeartbeat>> {
        self.shell.workers.get(namespace, worker_instance_key, self.shell.now())
    }

    fn close(&self) {
        self.shell.close();
    }

    fn backlog(&self) -> BTreeMap<QueueKey, i64> {
        let mut backlog = BTreeMap::new();
        self.shell.registry.each(None, |queue| {
            if queue.backlog() > 0 {
                backlog.insert(queue.key.clone(), queue.backlog());
            }
        });
        backlog
    }
}

#[cfg(test)]
mod tests;
