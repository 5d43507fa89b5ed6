//! The owner of task queues on this node, as the other roles see it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use abide_cluster::history::QueryOutcome;
use abide_cluster::matching::{
    Poll, Polled, QueryTask, QueueDescription, QueueKey, QueueKind, QueuedTask, Reservation,
};
use abide_cluster::{BoxFuture, Error, Matching};
use abide_engine::run::QueueName;
use abide_model::{Clock, NamespaceId, limits};
use uuid::Uuid;

use crate::query;
use crate::shell::Shell;

/// Brings parked tasks back: those that found no room in memory and are only rows.
pub trait Refill: Send + Sync + 'static {
    /// A queue that parked tasks has drained below half: offer its dispatch rows again ([`Matching::offer`]), the oldest
    /// first. Rows that are already in memory, or on their way to a worker, may be among them, and do no harm.
    ///
    /// The first `rows_max` rows suffice. Offering every row is correct, only dear: what finds no place is parked again
    /// and asked for again. Whoever stops early reports how many rows are left with [`TaskQueues::park`], or they are
    /// never asked for. Called without any lock held, on whatever thread drained the queue; must not block.
    fn refill(&self, queue: &QueueKey, rows_max: usize);
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

    /// Says that so many tasks of a queue were left as rows; see [`Refill::refill`].
    pub fn park(&self, queue: &QueueKey, rows: u64) {
        if rows > 0 {
            self.shell.touch(queue, |queue, _| queue.park(rows));
        }
    }
}

impl Matching for TaskQueues {
    fn offer(&self, task: QueuedTask) {
        self.shell.offer(task);
    }

    fn reserve(&self, queue: &QueueKey) -> Option<Reservation> {
        self.shell.reserve(queue)
    }

    fn has_recent_poller(&self, queue: &QueueKey) -> bool {
        let now = self.shell.now();
        let gone_for = self.shell.registry.find(queue, |queue| queue.poller_gone_for(now));
        gone_for.flatten().is_some_and(|gone| gone < limits::STICKY_POLLER_GONE)
    }

    fn poll(&self, poll: Poll) -> BoxFuture<'_, Result<Polled, Error>> {
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
        self.shell.registry.find(queue, |queue| queue.describe(now)).unwrap_or_default()
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
