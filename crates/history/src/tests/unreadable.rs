//! Reads that fail when nothing else would bring up what is open.

use std::collections::BTreeSet;
use std::sync::Arc;

use abide_cluster::History;
use abide_model::limits;
use abide_store::MemoryStore;
use abide_store::faults::{Fault, FaultyStore, Operation};

use super::world::*;

fn faulty() -> Arc<FaultyStore> {
    Arc::new(FaultyStore::around(Arc::new(MemoryStore::open().unwrap())))
}

#[tokio::test]
async fn tasks_of_before_a_start_are_offered_although_they_cannot_be_read_at_first() {
    let store = faulty();
    let world = World::over(store.clone()).await;
    let ids: Vec<String> = (0..8).map(|number| format!("workflow-{number}")).collect();
    for id in &ids {
        world.start(id).await;
    }
    world.history.close().await;
    let again = World::with(store.clone(), world.clock, limits::CACHE_BYTES_DEFAULT).await;
    for nth in 1..=3 {
        store.fail(Operation::Scan, nth, Fault::Failed);
    }
    let mut offered = BTreeSet::new();
    while offered.len() < ids.len() {
        offered.insert(again.matching.offered().await.run.workflow.workflow_id);
    }
    assert!(store.is_spent());
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
    assert_eq!(task.events.len(), 3);
    assert!(store.is_spent());
}
