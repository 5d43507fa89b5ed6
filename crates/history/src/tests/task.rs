//! Tasks on their way to workers, and back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use abide_cluster::history::is_stale;
use abide_cluster::matching::{Polled, QueueKind};
use abide_cluster::{Error, History};
use abide_engine::run::QueueName;
use abide_store::faults::{Fault, FaultyStore, Operation};
use abide_store::{MemoryStore, Space};

use super::world::*;

#[tokio::test]
async fn a_waiting_poller_gets_the_task_in_the_commit_that_schedules_it() {
    let world = World::new().await;
    let polled = world.matching.wait_at(QueueKind::Workflow, "queue");
    let run = world.start("a").await;
    let Polled::Started(task) = soon(polled).await.unwrap() else { panic!("nothing was started") };
    let task = delivered(task);
    assert_eq!(task.run, run);
    assert_eq!(task.history.len(), 3);
    assert_eq!(world.rows(Space::Node).await.len(), 1);
    assert!(world.rows(Space::Dispatch).await.is_empty());
    assert_eq!(world.matching.offers_made.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_task_whose_worker_is_gone_is_offered_again() {
    let world = World::new().await;
    world.start("a").await;
    let first = world.matching.offered().await;
    let lost = soon(world.history.start_task(first.run.clone(), first.task, poller("gone"))).await.unwrap();
    drop(lost);
    let again = world.matching.offered().await;
    assert_eq!(again.run, first.run);
    let stale = soon(world.history.start_task(first.run.clone(), first.task, poller("late"))).await;
    assert!(is_stale(&stale.unwrap_err()), "only the newest offer can be started");
    delivered(soon(world.history.start_task(again.run, again.task, poller("w"))).await.unwrap());
}

#[tokio::test]
async fn a_caller_that_hangs_up_gives_its_task_back() {
    let world = World::new().await;
    let polled = world.matching.wait_at(QueueKind::Workflow, "queue");
    drop(polled);
    world.start("a").await;
    delivered(world.start_next().await);
}

#[tokio::test]
async fn a_sticky_task_carries_only_what_its_worker_has_not_seen() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.matching.seen_at("sticky");
    let sticky = QueueName { name: "sticky".into(), normal_name: "queue".into() };
    let completed = world.complete(&task, |completion| {
        completion.completion.sticky = Some((sticky, Duration::from_secs(5)));
    });
    completed.await.unwrap();
    world.signal(&run, "s").await.unwrap();
    let offer = world.matching.offered().await;
    assert_eq!(offer.queue.queue.name, "sticky");
    let task = delivered(soon(world.history.start_task(offer.run, offer.task, poller("w"))).await.unwrap());
    let ids: Vec<i64> = decoded(&task.history).iter().map(|event| event.event_id).collect();
    assert_eq!(ids, [4, 5, 6, 7]);
}

#[tokio::test]
async fn a_sticky_queue_whose_worker_has_gone_is_left_at_once() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    let sticky = QueueName { name: "sticky".into(), normal_name: "queue".into() };
    let completed = world.complete(&task, |completion| {
        completion.completion.sticky = Some((sticky, Duration::from_secs(5)));
    });
    completed.await.unwrap();
    world.signal(&run, "s").await.unwrap();
    assert_eq!(world.matching.offered().await.queue.queue.name, "queue");
    assert_eq!(world.rows(Space::Dispatch).await.len(), 1);
}

#[tokio::test]
async fn the_next_task_comes_with_the_answer_when_the_worker_takes_it() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.signal(&run, "s").await.unwrap();
    let completed = world.complete(&task, |completion| completion.completion.return_new_task = true).await.unwrap();
    let mut next = completed.next.expect("a signal waits");
    next.lost.delivered();
    world.complete_with(&next, vec![complete_workflow()]).await;
}

#[tokio::test]
async fn a_long_history_comes_in_pages_that_end_where_the_task_began() {
    let world = World::new().await;
    let run = world.start("a").await;
    for n in 0..400 {
        world.signal(&run, &format!("s{n}")).await.unwrap();
    }
    let task = world.next_workflow_task().await;
    assert_eq!((task.history.len(), task.next_event_id), (256, Some(257)));
    let rest = world
        .page(&run, |read| {
            read.first_event_id = 257;
            read.last_event_id = Some(task.started.last_event_id);
        })
        .await
        .unwrap();
    assert_eq!((rest.history.len(), rest.next_event_id), (402 - 256, None));
    assert_eq!(decoded(&rest.history).last().unwrap().event_id, task.started.last_event_id);
    assert_eq!(task.started.virtual_events.len(), 1);
}

#[tokio::test]
async fn a_run_that_breaks_down_takes_nobody_with_it() {
    let world = World::new().await;
    let run = world.start("a").await;
    let other = world.start("b").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, Vec::new()).await;
    world.matching.panics.store(true, Ordering::SeqCst);
    let broken = world.signal(&run, "s").await;
    assert!(matches!(broken, Err(Error::Internal(_))), "{broken:?}");
    world.matching.panics.store(false, Ordering::SeqCst);
    world.signal(&other, "s").await.unwrap();
    assert_eq!(world.events(&run).await.len(), 4, "the signal left no trace");
    world.signal(&run, "again").await.unwrap();
    assert_eq!(world.events(&run).await.len(), 6);
}

#[tokio::test]
async fn tiny_caches_change_nothing_but_speed() {
    let store = Arc::new(MemoryStore::open().unwrap());
    let world = World::with(store, Arc::default(), 1).await;
    let mut runs = Vec::new();
    for n in 0..20 {
        runs.push(world.start(&format!("w{n}")).await);
    }
    for round in 0..20 {
        for run in &runs {
            world.signal(run, &format!("s{round}")).await.unwrap();
        }
    }
    for _ in &runs {
        let task = delivered(world.start_next().await);
        world.complete_with(&task, vec![complete_workflow()]).await;
    }
    for run in &runs {
        assert_eq!(world.events(run).await.len(), 25);
    }
    assert!(!world.rows(Space::Snapshot).await.is_empty(), "some runs left memory with a snapshot");
    assert!(world.rows(Space::Dispatch).await.is_empty() && world.rows(Space::Timer).await.is_empty());
}

#[tokio::test]
async fn a_poller_whose_commit_failed_keeps_its_place() {
    let store = Arc::new(FaultyStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    let polled = world.matching.wait_at(QueueKind::Workflow, "queue");
    store.fail(Operation::Commit, 1, Fault::Failed);
    soon(world.history.start(start_request("a", ""))).await.unwrap_err();
    soon(async {
        while world.history.start(start_request("b", "")).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let Polled::Started(task) = soon(polled).await.unwrap() else { panic!("nothing was started") };
    assert_eq!(delivered(task).run.workflow.workflow_id, "b");
    assert_eq!(world.matching.waiting_at(QueueKind::Workflow, "queue"), 0);
}
