//! The way from history to the task queues, on which tasks come late, twice, or (before a crash) not at all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abide_api::temporal::api::worker::v1::WorkerHeartbeat;
use abide_cluster::history::QueryOutcome;
use abide_cluster::matching::{Poll, PollEnd, QueryTask, QueueDescription, QueueKey, QueuedTask, Reservation};
use abide_cluster::{BoxFuture, Error, Matching};
use abide_engine::queue_config::QueueConfig;
use abide_model::NamespaceId;
use tokio::task::JoinSet;
use tokio::time::sleep;
use uuid::Uuid;

use crate::dice::Dice;
use crate::weather::Weather;

/// See the file's first lines.
pub struct Offers {
    inner: Arc<dyn Matching>,
    weather: Weather,
    dice: Mutex<Dice>,
    late: Mutex<JoinSet<()>>,
}

impl Offers {
    /// The way to this owner of task queues.
    pub fn to(inner: Arc<dyn Matching>, weather: Weather, dice: Dice) -> Self {
        Self { inner, weather, dice: Mutex::new(dice), late: Mutex::default() }
    }

    fn offer_late(&self, task: QueuedTask, wait: Duration) {
        let inner = self.inner.clone();
        lock(&self.late).spawn(async move {
            sleep(wait).await;
            inner.offer(task);
        });
    }
}

impl Matching for Offers {
    fn offer(&self, task: QueuedTask) {
        let weather = self.weather.now().offers;
        let mut dice = lock(&self.dice);
        if dice.happens(weather.lost) {
            return;
        }
        if dice.happens(weather.doubled) {
            self.offer_late(task.clone(), dice.millis(0, 5000));
        }
        if dice.happens(weather.late) {
            return self.offer_late(task, dice.millis(1, 3000));
        }
        drop(dice);
        self.inner.offer(task);
    }

    fn reserve(&self, queue: &QueueKey, priority: i32) -> Option<Reservation> {
        self.inner.reserve(queue, priority)
    }

    fn has_recent_poller(&self, queue: &QueueKey) -> bool {
        self.inner.has_recent_poller(queue)
    }

    fn poll(&self, poll: Poll) -> BoxFuture<'_, Result<PollEnd, Error>> {
        self.inner.poll(poll)
    }

    fn query(&self, queue: QueueKey, task: QueryTask, wait: Duration) -> BoxFuture<'_, Result<QueryOutcome, Error>> {
        self.inner.query(queue, task, wait)
    }

    fn answer(&self, id: Uuid, outcome: QueryOutcome) -> Result<(), Error> {
        self.inner.answer(id, outcome)
    }

    fn shutdown_worker(&self, namespace: NamespaceId, sticky_queue: &str, worker_instance_key: &str) {
        self.inner.shutdown_worker(namespace, sticky_queue, worker_instance_key);
    }

    fn configure(&self, queue: &QueueKey, config: Arc<QueueConfig>) {
        self.inner.configure(queue, config);
    }

    fn describe(&self, queue: &QueueKey) -> QueueDescription {
        self.inner.describe(queue)
    }

    fn record_heartbeats(&self, namespace: NamespaceId, heartbeats: Vec<WorkerHeartbeat>) {
        self.inner.record_heartbeats(namespace, heartbeats);
    }

    fn workers(&self, namespace: NamespaceId, behind: Option<&str>) -> Vec<Arc<WorkerHeartbeat>> {
        self.inner.workers(namespace, behind)
    }

    fn worker(&self, namespace: NamespaceId, worker_instance_key: &str) -> Option<Arc<WorkerHeartbeat>> {
        self.inner.worker(namespace, worker_instance_key)
    }

    fn close(&self) {
        self.inner.close();
    }

    fn backlog(&self) -> BTreeMap<QueueKey, i64> {
        self.inner.backlog()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
