//! Reads that fail when nothing else would bring up what is open.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use abide_cluster::History;
use abide_model::{Partition, limits};
use abide_store::faults::{Fault, FaultyStore, Operation};
use abide_store::{Batch, BoxFuture, Completion, Error, Fence, MemoryStore, Row, Scan, Space, Store, Urgency};
use bytes::Bytes;

use super::world::*;

fn faulty() -> Arc<FaultyStore> {
    Arc::new(FaultyStore::around(Arc::new(MemoryStore::open().unwrap())))
}

/// A store whose first readings of tasks fail.
struct TasksUnreadable {
    inner: Arc<dyn Store>,
    failures_left: AtomicU32,
}

impl Store for TasksUnreadable {
    fn acquire(&self, partitions: RangeInclusive<u16>) -> BoxFuture<'_, Result<Fence, Error>> {
        self.inner.acquire(partitions)
    }

    fn get(&self, space: Space, partition: Partition, key: Bytes) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        self.inner.get(space, partition, key)
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
        let fail = |left: u32| left.checked_sub(1);
        if scan.space == Space::Dispatch && self.failures_left.fetch_update(Relaxed, Relaxed, fail).is_ok() {
            return Box::pin(async { Err(Error::Io("injected fault".into())) });
        }
        self.inner.scan(scan)
    }

    fn commit(&self, batch: Batch, urgency: Urgency, done: Completion) {
        self.inner.commit(batch, urgency, done);
    }
}

#[tokio::test]
async fn tasks_of_before_a_start_are_offered_although_they_cannot_be_read_at_first() {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::open().unwrap());
    let world = World::over(inner.clone()).await;
    let ids: Vec<String> = (0..8).map(|number| format!("workflow-{number}")).collect();
    for id in &ids {
        world.start(id).await;
    }
    world.history.close().await;
    let store = Arc::new(TasksUnreadable { inner, failures_left: AtomicU32::new(3) });
    let again = World::with(store.clone(), world.clock, limits::CACHE_BYTES_DEFAULT).await;
    let mut offered = BTreeSet::new();
    while offered.len() < ids.len() {
        offered.insert(again.matching.offered().await.run.workflow.workflow_id);
    }
    assert_eq!(store.failures_left.load(Relaxed), 0);
}

#[tokio::test]
async fn a_run_that_cannot_be_read_after_a_failed_commit_is_read_again() {
    let store = faulty();
    let world = World::over(store.clone()).await;
    store.fail(Operation::Commit, 1, Fault::FailedButDone);
    // The first read looks for the newest run, the second is the run's own after the failure.
    store.fail(Operation::Get, 2, Fault::Failed);
    soon(world.history.start(start_request("a", ""))).await.unwrap_err();
    let task = world.next_workflow_task().await;
    assert_eq!(task.history.len(), 3);
    assert!(store.is_spent());
}
