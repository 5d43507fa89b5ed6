//! Commits that fail, or whose fate nobody knows.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use abide_api::temporal::api::enums::v1::WorkflowIdConflictPolicy;
use abide_cluster::history::StartRequest;
use abide_cluster::matching::QueueKind;
use abide_cluster::{Error, History};
use abide_engine::namespace::Register;
use abide_model::limits;
use abide_store::MemoryStore;
use abide_store::faults::{Fault, FaultyStore, Operation};

use super::world::*;

async fn faulty() -> (World, Arc<FaultyStore>) {
    let store = Arc::new(FaultyStore::around(Arc::new(MemoryStore::open().unwrap())));
    (World::over(store.clone()).await, store)
}

/// Tries until the shard has a new fence.
async fn signal_again(world: &World, run: &abide_model::RunKey, name: &str) {
    soon(async {
        while let Err(error) = world.signal(run, name).await {
            assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_failed_commit_is_told_and_leaves_the_run_as_it_is_stored() {
    for (fault, events) in [(Fault::Failed, 3), (Fault::FailedButDone, 4)] {
        let (world, store) = faulty().await;
        let run = world.start("a").await;
        store.fail(Operation::Commit, 1, fault);
        let told = world.signal(&run, "lost or not").await;
        assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
        signal_again(&world, &run, "again").await;
        assert_eq!(world.events(&run).await.len(), events, "{fault:?}");
        let task = world.next_workflow_task().await;
        world.complete_with(&task, vec![complete_workflow()]).await;
    }
}

#[tokio::test]
async fn everything_behind_a_failed_commit_fails_with_it() {
    let (world, store) = faulty().await;
    let run = world.start("a").await;
    store.fail(Operation::Commit, 1, Fault::Failed);
    let signals = (0..10).map(|n| {
        world.history.execute(reference(&run), abide_engine::run::Command::Signal(signal(&format!("s{n}"), "")))
    });
    let mut refused = 0;
    for told in futures_join(signals.collect()).await {
        refused += usize::from(told.is_err());
    }
    assert!(refused >= 1);
    signal_again(&world, &run, "again").await;
    assert_eq!(world.events(&run).await.len(), 3 + (10 - refused), "what was refused is not stored, what was told is");
}

// A task that cannot be handed over comes back and is offered to the next poller. While that is decided on top of a failed
// commit, it goes on without a pause.
#[tokio::test]
async fn nothing_is_decided_between_a_failed_commit_and_the_end_of_those_behind_it() {
    let faulty = Arc::new(FaultyStore::around(Arc::new(MemoryStore::open().unwrap())));
    let store = Arc::new(HoldingStore::around(faulty.clone()));
    let world = World::over(store.clone()).await;
    let run = world.start("a").await;
    store.hold();
    faulty.fail(Operation::Commit, 1, Fault::Failed);
    let signals = async { tokio::join!(world.signal(&run, "fails"), world.signal(&run, "behind it")) };
    let held = store.held(2);
    tokio::pin!(signals);
    tokio::select! {
        biased;
        _ = &mut signals => panic!("nobody is told before the commits end"),
        () = held => store.release_first(),
    }

    let mut polled = world.matching.wait_at(QueueKind::Workflow, "queue");
    let again = StartRequest { conflict: WorkflowIdConflictPolicy::TerminateExisting, ..start_request("a", "again") };
    let again = world.history.start(again);
    tokio::pin!(again);
    tokio::select! {
        biased;
        told = &mut again => panic!("decided on top of a failed commit: {told:?}"),
        () = turns(100) => {}
    }
    assert_eq!(world.matching.reserved.load(Ordering::SeqCst), 0, "no poller is bothered");
    assert!(polled.try_recv().is_err());

    store.release();
    let (told, (first, second)) = tokio::join!(soon(again), soon(signals));
    assert!(told.is_err() && first.is_err() && second.is_err(), "{told:?}, {first:?}, {second:?}");
    signal_again(&world, &run, "again").await;
    assert_eq!(world.events(&run).await.len(), 3);
}

/// Lets everything else have its turn, so often.
async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

async fn futures_join<T>(futures: Vec<abide_cluster::BoxFuture<'_, T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(|future| (future, None)).collect();
    soon(std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, result) in futures.iter_mut().filter(|(_, result)| result.is_none()) {
            match future.as_mut().poll(context) {
                std::task::Poll::Ready(value) => *result = Some(value),
                std::task::Poll::Pending => pending = true,
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    }))
    .await;
    futures.into_iter().filter_map(|(_, result)| result).collect()
}

#[tokio::test]
async fn a_start_whose_fate_is_unknown_can_be_repeated() {
    for fault in [Fault::Failed, Fault::FailedButDone] {
        let (world, store) = faulty().await;
        store.fail(Operation::Commit, 1, fault);
        let told = soon(world.history.start(start_request("a", "once"))).await;
        assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
        let again = soon(async {
            loop {
                match world.history.start(start_request("a", "once")).await {
                    Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
                    other => break other.unwrap(),
                }
            }
        });
        assert!(again.await.started, "{fault:?}");
        let task = world.next_workflow_task().await;
        assert_eq!(task.history.len(), 3);
    }
}

#[tokio::test]
async fn a_task_started_in_a_commit_of_unknown_fate_is_offered_again() {
    let (world, store) = faulty().await;
    let polled = world.matching.wait_at(abide_cluster::matching::QueueKind::Workflow, "queue");
    store.fail(Operation::Commit, 1, Fault::FailedButDone);
    soon(world.history.start(start_request("a", ""))).await.unwrap_err();
    // The poller went back to its queue, and the task went back to the run: both meet again.
    let abide_cluster::matching::Polled::Started(task) = soon(polled).await.unwrap() else { panic!("no task") };
    delivered(task);
}

#[tokio::test]
async fn a_lost_fence_or_a_closed_store_ends_the_shard() {
    for fault in [Fault::FenceLost, Fault::Closed] {
        let (world, store) = faulty().await;
        let run = world.start("a").await;
        store.fail(Operation::Commit, 1, fault);
        assert!(matches!(world.signal(&run, "s").await, Err(Error::Unavailable(_))));
        let commits = store.calls(Operation::Commit);
        assert!(matches!(world.signal(&run, "s").await, Err(Error::Unavailable(_))));
        assert_eq!(store.calls(Operation::Commit), commits, "nothing is tried any more");
    }
}

#[tokio::test]
async fn a_read_that_fails_is_told_and_can_be_tried_again() {
    let (world, store) = faulty().await;
    store.fail(Operation::Get, 1, Fault::Failed);
    let told = soon(world.history.start(start_request("a", "once"))).await;
    assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
    assert!(started(soon(world.history.start(start_request("a", "once"))).await));
}

#[tokio::test]
async fn a_namespace_is_registered_once_whatever_the_store_does() {
    let (world, store) = faulty().await;
    let namespaces = world.history.namespaces();
    let register = || Register { name: "shop".into(), retention: limits::RETENTION_MIN, ..Register::default() };
    for fault in [Fault::Failed, Fault::FailedButDone] {
        store.fail(Operation::Commit, 1, fault);
        let told = namespaces.register(register()).await;
        assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
        assert!(matches!(namespaces.by_name("shop"), Err(Error::NamespaceNotFound(_))), "nothing untrue is shown");
    }
    assert_eq!(namespaces.register(register()).await, Err(Error::NamespaceExists("shop".into())));
    let world = world.reopened().await;
    let namespace = world.history.namespaces().by_name("shop").unwrap();
    assert_eq!(world.history.namespaces().by_id(namespace.id()).unwrap(), namespace);
}
