//! Nothing is told to anyone before the commit that makes it true, and nobody waits for more than that.

use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::enums::v1::EventType;
use abide_cluster::History;
use abide_engine::run::Command;
use abide_store::{MemoryStore, Space};
use tokio::task::JoinSet;

use super::world::*;

async fn holding() -> (World, Arc<HoldingStore>) {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    (World::over(store.clone()).await, store)
}

#[tokio::test]
async fn a_hundred_signals_to_one_run_do_not_wait_for_each_other() {
    let (world, store) = holding().await;
    let run = world.start("a").await;
    let before = store.batches();
    store.hold();
    let mut signals = JoinSet::new();
    for n in 0..100 {
        let (history, run) = (world.history.clone(), reference(&run));
        signals.spawn(async move { history.execute(run, Command::Signal(signal(&format!("s{n}"), ""))).await });
    }
    store.queued(before + 100).await;
    assert!(signals.try_join_next().is_none(), "nobody is told before the disk has it");
    store.release();
    while let Some(told) = soon(signals.join_next()).await {
        told.unwrap().unwrap();
    }
    assert_eq!(world.events(&run).await.len(), 102);
}

#[tokio::test]
async fn readers_never_see_what_a_crash_could_take_back() {
    let (world, store) = holding().await;
    let run = world.start("a").await;
    let before = store.batches();
    store.hold();
    let ask = |command| {
        let (history, run) = (world.history.clone(), reference(&run));
        tokio::spawn(async move { history.execute(run, command).await })
    };
    let signaled = ask(Command::Signal(signal("s", "")));
    store.queued(before + 1).await;
    let (history, key) = (world.history.clone(), reference(&run));
    let reader = tokio::spawn(async move { history.read(key, read(|_| {})).await });
    let (history, key) = (world.history.clone(), reference(&run));
    let describer = tokio::spawn(async move { history.describe(key).await });
    // A run of the same shard that nothing has happened to is not held up, so the shard has seen the readers.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!signaled.is_finished() && !reader.is_finished() && !describer.is_finished());
    store.release();
    assert_eq!(soon(reader).await.unwrap().unwrap().history.len(), 3);
    assert_eq!(soon(describer).await.unwrap().unwrap().workflow_execution_info.unwrap().history_length, 3);
    soon(signaled).await.unwrap().unwrap();
}

#[tokio::test]
async fn who_waits_for_history_is_woken_by_the_next_event() {
    let (world, store) = holding().await;
    let run = world.start("a").await;
    let (history, key) = (world.history.clone(), reference(&run));
    let wait = read(|read| {
        read.first_event_id = 3;
        read.wait = Some(Duration::from_secs(60));
    });
    let waiting = tokio::spawn(async move { history.read(key, wait).await });
    tokio::task::yield_now().await;
    world.page(&run, |_| {}).await.unwrap();
    let before = store.batches();
    store.hold();
    let (history, key) = (world.history.clone(), reference(&run));
    let signaled = tokio::spawn(async move { history.execute(key, Command::Signal(signal("s", ""))).await });
    store.queued(before + 1).await;
    assert!(!waiting.is_finished(), "the event is not durable yet");
    store.release();
    let page = soon(waiting).await.unwrap().unwrap();
    assert_eq!(page.history.len(), 1);
    assert_eq!(decoded(&page.history)[0].event_type(), EventType::WorkflowExecutionSignaled);
    assert_eq!((page.end_event_id, page.open), (4, true));
    soon(signaled).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_wait_without_an_event_ends_with_an_empty_page() {
    let world = World::new().await;
    let run = world.start("a").await;
    let page = world.page(&run, |read| {
        read.only_close = true;
        read.wait = Some(Duration::from_millis(1));
    });
    let page = page.await.unwrap();
    assert!(page.history.is_empty() && page.open);
    assert_eq!(page.run_id, run.run_id);
}

#[tokio::test]
async fn who_waits_for_the_end_gets_the_closing_event() {
    let world = World::new().await;
    let run = world.start("a").await;
    let (history, key) = (world.history.clone(), reference(&run));
    let wait = read(|read| {
        read.only_close = true;
        read.wait = Some(Duration::from_secs(60));
    });
    let waiting = tokio::spawn(async move { history.read(key, wait).await });
    let task = world.next_workflow_task().await;
    world.signal(&run, "s").await.unwrap();
    assert!(!waiting.is_finished());
    let completed = world.complete(&task, |completion| completion.completion.commands = vec![continue_as_new()]).await;
    assert!(completed.unwrap().refused.is_some(), "a signal came in between");
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![continue_as_new()]).await;
    let page = soon(waiting).await.unwrap().unwrap();
    assert_eq!(decoded(&page.history)[0].event_type(), EventType::WorkflowExecutionContinuedAsNew);
    assert!(!page.open);
}

#[tokio::test]
async fn a_worker_is_answered_before_the_start_of_its_task_is_stored() {
    let (world, store) = holding().await;
    world.start("a").await;
    store.hold();
    let task = world.next_workflow_task().await;
    assert_eq!(task.history.len(), 3, "started, scheduled, and the start of this task, which is not stored yet");
    store.release();
}

#[tokio::test]
async fn an_activity_that_may_run_only_once_is_stored_as_started_first() {
    let (world, store) = holding().await;
    world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![schedule_activity("x", 1), schedule_activity("y", 2)]).await;
    let (one, two) = (world.matching.offered().await, world.matching.offered().await);
    let before = store.batches();
    store.hold();
    let history = world.history.clone();
    let once = tokio::spawn(async move { history.start_task(one.run, one.task, poller("w")).await });
    store.queued(before + 1).await;
    assert!(!once.is_finished());
    store.release();
    delivered_activity(soon(once).await.unwrap().unwrap());
    store.hold();
    delivered_activity(soon(world.history.start_task(two.run, two.task, poller("w"))).await.unwrap());
    store.release();
}

#[tokio::test]
async fn one_workflow_with_one_activity_leaves_no_task_rows() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![schedule_activity("x", 0)]).await;
    let activity = delivered_activity(world.start_next().await);
    let resolve = Command::ResolveActivity(Box::new(abide_engine::run::ResolveActivity {
        activity: abide_engine::run::ActivityReference::Attempt {
            scheduled_event_id: activity.started.scheduled_event_id,
            attempt: activity.started.attempt,
        },
        resolution: abide_engine::run::Resolution::Completed(None),
        identity: "w".into(),
    }));
    soon(world.history.execute(reference(&run), resolve)).await.unwrap();
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![complete_workflow()]).await;
    assert_eq!(world.events(&run).await.len(), 11);
    let world = world.reopened().await;
    assert!(world.rows(Space::Dispatch).await.is_empty());
    assert!(world.rows(Space::Timer).await.is_empty());
    assert_eq!(world.events(&run).await.len(), 11);
}
