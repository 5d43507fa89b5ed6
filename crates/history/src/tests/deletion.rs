//! Deletion, asked for or because the retention is over: what is left of a run is nothing.

use std::sync::Arc;
use std::time::Duration;

use abide_cluster::{Error, History};
use abide_engine::namespace::{Register, Update};
use abide_model::{NamespaceId, Partition, RunId, RunKey};
use abide_store::faults::{Fault, FaultyStore, Operation};
use abide_store::{MemoryStore, Space};
use uuid::Uuid;

use super::world::*;
use crate::read::Stretch;

const HOUR: Duration = Duration::from_secs(3600);

/// How many rows there are about runs.
async fn rows_left(world: &World) -> usize {
    let mut left = 0;
    for space in Space::ALL {
        left += if space == Space::Meta { 0 } else { world.rows(space).await.len() };
    }
    left
}

/// Waits until no row is left.
async fn until_nothing_is_left(world: &World) {
    soon(async {
        while rows_left(world).await > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn completed(world: &World, workflow_id: &str) -> RunKey {
    let run = world.start(workflow_id).await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![complete_workflow()]).await;
    run
}

async fn register(world: &World, retention: Duration) {
    let register =
        Register { id: Some(NamespaceId(Uuid::from_u128(7))), name: "seven".into(), retention, ..Register::default() };
    world.history.namespaces().register(register).await.unwrap();
}

#[tokio::test]
async fn a_run_that_was_deleted_while_it_was_to_be_read_is_not_found() {
    let run_id = RunId(Uuid::from_u128(1));
    let stretch = Stretch { partition: Partition(1), run_id, first: 1, last: 3, limit: 10 };
    let store = MemoryStore::open().unwrap();
    let gone = Error::RunNotFound { workflow_id: String::new(), run_id: run_id.to_string() };
    assert_eq!(stretch.read(&store).await.unwrap_err(), gone);
}

#[tokio::test]
async fn nothing_is_left_of_a_deleted_run() {
    let world = World::new().await;
    let run = completed(&world, "a").await;
    assert!(rows_left(&world).await > 0);
    soon(world.history.delete(reference(&run))).await.unwrap();
    assert!(matches!(soon(world.history.describe(newest("a"))).await, Err(Error::RunNotFound { .. })));
    assert!(matches!(soon(world.history.describe(reference(&run))).await, Err(Error::RunNotFound { .. })));
    assert!(matches!(world.page(&run, |_| {}).await, Err(Error::RunNotFound { .. })));
    until_nothing_is_left(&world).await;
    assert!(matches!(soon(world.history.delete(reference(&run))).await, Err(Error::RunNotFound { .. })));
    let again = world.start("a").await;
    assert_ne!(again.run_id, run.run_id);
}

#[tokio::test]
async fn an_open_run_is_ended_and_deleted_with_all_that_it_owes() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    let commands = vec![schedule_activity("x", 0), start_timer("t", HOUR)];
    world.complete_with(&task, commands).await;
    world.signal(&run, "s").await.unwrap();
    assert!(!world.rows(Space::Dispatch).await.is_empty() && !world.rows(Space::Timer).await.is_empty());
    soon(world.history.delete(newest("a"))).await.unwrap();
    assert!(matches!(world.signal(&run, "s").await, Err(Error::RunNotFound { .. })));
    until_nothing_is_left(&world).await;
    world.start("a").await;
}

#[tokio::test]
async fn deleting_an_old_run_leaves_the_newest_one() {
    let world = World::new().await;
    let old = completed(&world, "a").await;
    let new = world.start("a").await;
    soon(world.history.delete(reference(&old))).await.unwrap();
    assert!(matches!(soon(world.history.describe(reference(&old))).await, Err(Error::RunNotFound { .. })));
    let found = soon(world.history.describe(newest("a"))).await.unwrap();
    let found = found.workflow_execution_info.unwrap().execution.unwrap().run_id;
    assert_eq!(found, new.run_id.to_string());
}

#[tokio::test]
async fn a_deletion_that_was_acknowledged_survives_a_crash() {
    let world = World::new().await;
    let run = completed(&world, "a").await;
    soon(world.history.delete(reference(&run))).await.unwrap();
    // What follows the acknowledgement may never happen: the server ends as it does in a crash.
    let (clock, store) = (world.clock.clone(), world.store.clone());
    drop(world);
    let world = World::with(store, clock, abide_model::limits::CACHE_BYTES_DEFAULT).await;
    until_nothing_is_left(&world).await;
    assert!(matches!(soon(world.history.describe(newest("a"))).await, Err(Error::RunNotFound { .. })));
}

#[tokio::test]
async fn a_closed_run_is_deleted_when_its_retention_is_over_and_not_before() {
    let world = World::new().await;
    register(&world, 2 * HOUR).await;
    let run = completed(&world, "closed").await;
    let open = world.start("open").await;
    let rows_of_open = 4;
    world.clock.advance(2 * HOUR - Duration::from_secs(1));
    world.history.retention.look();
    soon(world.history.describe(reference(&run))).await.unwrap();
    assert!(rows_left(&world).await > rows_of_open);
    world.clock.advance(Duration::from_secs(1));
    world.history.retention.look();
    soon(async {
        while rows_left(&world).await > rows_of_open {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(matches!(soon(world.history.describe(reference(&run))).await, Err(Error::RunNotFound { .. })));
    soon(world.history.describe(reference(&open))).await.unwrap();
}

#[tokio::test]
async fn retention_is_as_it_was_when_the_run_closed_and_is_kept_over_a_restart() {
    let world = World::new().await;
    register(&world, 2 * HOUR).await;
    let before = completed(&world, "before").await;
    let longer = Update { retention: Some(10 * HOUR), ..Update::default() };
    world.history.namespaces().update("seven".into(), longer).await.unwrap();
    let after = completed(&world, "after").await;
    let world = world.reopened().await;
    world.clock.advance(3 * HOUR);
    world.history.retention.look();
    soon(async {
        while soon(world.history.describe(reference(&before))).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    soon(world.history.describe(reference(&after))).await.unwrap();
    world.clock.advance(8 * HOUR);
    world.history.retention.look();
    until_nothing_is_left(&world).await;
}

#[tokio::test]
async fn many_runs_are_deleted_page_by_page() {
    let world = World::new().await;
    register(&world, HOUR).await;
    for n in 0..200 {
        completed(&world, &format!("w{n}")).await;
    }
    world.clock.advance(HOUR);
    world.history.retention.look();
    until_nothing_is_left(&world).await;
}

#[tokio::test]
async fn a_start_right_behind_a_deletion_finds_nothing_in_its_way() {
    let world = World::new().await;
    let run = completed(&world, "a").await;
    let deleted = world.history.delete(reference(&run));
    soon(deleted).await.unwrap();
    let mut request = start_request("a", "");
    request.reuse = abide_api::temporal::api::enums::v1::WorkflowIdReusePolicy::RejectDuplicate;
    assert!(started(soon(world.history.start(request)).await));
}

/// Waits until what is read at the beginning, timers and what is to be deleted, was read.
async fn until_nobody_reads(store: &FaultyStore) {
    let mut reads = 0;
    while std::mem::replace(&mut reads, store.calls(Operation::Scan)) != reads {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
}

/// The first commit of a deletion says that it is owed; this is about the second, which does it.
#[tokio::test]
async fn a_deletion_is_done_although_its_commit_fails_once() {
    for fault in [Fault::Failed, Fault::FailedButDone, Fault::FailedButDoneLater] {
        let store = Arc::new(FaultyStore::around(Arc::new(MemoryStore::open().unwrap())));
        let world = World::over(store.clone()).await;
        let run = completed(&world, "a").await;
        until_nobody_reads(&store).await;
        store.fail(Operation::Commit, 2, fault);
        // The sweep, which would do it as well, looks only when it is told again.
        store.fail(Operation::Scan, 1, Fault::Failed);
        soon(world.history.delete(reference(&run))).await.unwrap();
        soon(async {
            while !store.is_spent() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        until_nothing_is_left(&world).await;
        for asked in [reference(&run), newest("a")] {
            let told = soon(async {
                loop {
                    match world.history.describe(asked.clone()).await {
                        Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
                        told => break told,
                    }
                }
            });
            assert!(matches!(told.await, Err(Error::RunNotFound { .. })), "{fault:?}");
        }
        let again = world.start("a").await;
        assert_ne!(again.run_id, run.run_id);
    }
}

#[tokio::test]
async fn a_deletion_of_which_nobody_knows_is_done_if_it_was_stored() {
    for fault in [Fault::FailedButDone, Fault::FailedButDoneLater] {
        let store = Arc::new(FaultyStore::around(Arc::new(MemoryStore::open().unwrap())));
        let world = World::over(store.clone()).await;
        let run = completed(&world, "a").await;
        until_nobody_reads(&store).await;
        store.fail(Operation::Commit, 1, fault);
        let told = soon(world.history.delete(reference(&run))).await;
        assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
        until_nothing_is_left(&world).await;
    }
}
