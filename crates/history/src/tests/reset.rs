//! Resets: one commit about two or three runs, and what a repetition or a failure leaves behind.

use std::sync::Arc;

use abide_api::temporal::api::enums::v1::{EventType, WorkflowIdConflictPolicy};
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_cluster::history::{ResetRequest, StartRequest};
use abide_cluster::{Error, History};
use abide_engine::run::{Reapply, Rejection};
use abide_model::{RunId, RunKey};
use abide_store::faults::{Fault, FaultyStore, Operation};
use abide_store::{MemoryStore, Space};
use uuid::Uuid;

use super::world::*;
use EventType::{
    WorkflowExecutionSignaled, WorkflowExecutionStarted, WorkflowExecutionTerminated, WorkflowTaskCompleted,
    WorkflowTaskFailed, WorkflowTaskScheduled, WorkflowTaskStarted,
};

fn reset_to(finish_event_id: i64, request_id: &str) -> ResetRequest {
    ResetRequest {
        new_run_id: RunId(Uuid::now_v7()),
        finish_event_id,
        reason: "a bug".into(),
        request_id: request_id.into(),
        reapply: Reapply { signals: true, updates: true },
        options: Vec::new(),
    }
}

fn other(run: &RunKey, run_id: RunId) -> RunKey {
    RunKey { run_id, ..run.clone() }
}

#[tokio::test]
async fn the_old_run_ends_and_the_new_one_begins_in_one_commit() {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    let old = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![]).await;
    world.signal(&old, "s").await.unwrap();
    let batches = store.batches();
    let new = soon(world.history.reset(reference(&old), reset_to(4, "r"))).await.unwrap();
    assert_eq!(store.batches(), batches + 1);
    let expected = [
        WorkflowExecutionStarted,
        WorkflowTaskScheduled,
        WorkflowTaskStarted,
        WorkflowTaskFailed,
        WorkflowExecutionSignaled,
        WorkflowTaskScheduled,
    ];
    assert_eq!(world.events(&other(&old, new)).await, expected);
    let page = world.page(&old, |read| read.only_close = true).await.unwrap();
    let Some(Attributes::WorkflowExecutionTerminatedEventAttributes(ended)) =
        decoded(&page.history)[0].attributes.clone()
    else {
        panic!("{page:?}")
    };
    assert_eq!((ended.reason.as_str(), ended.identity.as_str()), ("a bug", "history-resetter"));
    let described = soon(world.history.describe(reference(&old))).await.unwrap();
    assert_eq!(described.workflow_extended_info.unwrap().reset_run_id, new.to_string());
    let newest = soon(world.history.describe(newest("a"))).await.unwrap().workflow_execution_info.unwrap();
    assert_eq!((newest.execution.unwrap().run_id, newest.first_run_id), (new.to_string(), old.run_id.to_string()));
    assert_eq!(world.rows(Space::Dispatch).await.len(), 1, "the old run's task is not offered any more");
}

#[tokio::test]
async fn a_repeated_reset_finds_the_run_that_it_made() {
    let world = World::new().await;
    let old = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![]).await;
    let new = soon(world.history.reset(reference(&old), reset_to(4, "r"))).await.unwrap();
    assert_eq!(soon(world.history.reset(reference(&old), reset_to(4, "r"))).await.unwrap(), new);
    let world = world.reopened().await;
    assert_eq!(soon(world.history.reset(reference(&old), reset_to(4, "r"))).await.unwrap(), new, "after a restart");
    let newer = soon(world.history.reset(reference(&old), reset_to(4, "other"))).await.unwrap();
    assert_ne!(newer, new);
    assert_eq!(world.events(&other(&old, new)).await.last(), Some(&WorkflowExecutionTerminated));
}

#[tokio::test]
async fn a_reset_whose_fate_is_unknown_can_be_repeated() {
    for fault in [Fault::Failed, Fault::FailedButDone] {
        let store = Arc::new(FaultyStore::around(Arc::new(MemoryStore::open().unwrap())));
        let world = World::over(store.clone()).await;
        let old = world.start("a").await;
        let task = world.next_workflow_task().await;
        world.complete_with(&task, vec![]).await;
        world.signal(&old, "s").await.unwrap();
        store.fail(Operation::Commit, 1, fault);
        let told = soon(world.history.reset(reference(&old), reset_to(4, "r"))).await;
        assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
        let new = soon(async {
            loop {
                match world.history.reset(reference(&old), reset_to(4, "r")).await {
                    Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
                    other => break other.unwrap(),
                }
            }
        })
        .await;
        let events = world.events(&other(&old, new)).await;
        assert_eq!(events.iter().filter(|kind| **kind == WorkflowExecutionSignaled).count(), 1, "{fault:?}");
        assert_eq!(world.rows(Space::Visibility).await.len(), 2, "one run was made, {fault:?}");
    }
}

#[tokio::test]
async fn a_closed_run_is_reset_and_its_chain_is_followed() {
    let world = World::new().await;
    let first = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![continue_as_new()]).await;
    let task = world.next_workflow_task().await;
    world.signal(&task.run, "to the second").await.unwrap();
    let new = soon(world.history.reset(reference(&first), reset_to(4, "r"))).await.unwrap();
    let events = world.events(&other(&first, new)).await;
    assert_eq!(events[3..], [WorkflowTaskFailed, WorkflowExecutionSignaled, WorkflowTaskScheduled]);
    let second = world.events(&task.run).await;
    // The signal that waited for the task was written when the run ended; it is brought along once.
    assert_eq!(second.last(), Some(&WorkflowExecutionTerminated));
    assert!(second.contains(&WorkflowExecutionSignaled));
}

#[tokio::test]
async fn what_comes_while_a_reset_reads_is_not_lost() {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    let old = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![]).await;
    let ids: Vec<String> = (0..20).map(|n| format!("s{n}")).collect();
    let reset = world.history.reset(reference(&old), reset_to(4, "r"));
    let signals = async {
        let mut told = 0;
        for id in &ids {
            told += usize::from(world.signal(&old, id).await.is_ok());
        }
        told
    };
    let (new, told) = soon(async { tokio::join!(reset, signals) }).await;
    let events = world.events(&other(&old, new.unwrap())).await;
    let signaled = events.iter().filter(|kind| **kind == WorkflowExecutionSignaled).count();
    assert_eq!(signaled, told, "what was acknowledged is in the new run, the rest found the old one closed");
}

#[tokio::test]
async fn a_history_cannot_be_cut_just_anywhere() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![start_timer("t", std::time::Duration::from_secs(60))]).await;
    for (cut, expected) in [
        (0, Rejection::NoEventToReset),
        (1, Rejection::NoEventToReset),
        (2, Rejection::NoWorkflowTaskToReset(2)),
        (5, Rejection::NoWorkflowTaskToReset(5)),
        (6, Rejection::NoEventToReset),
    ] {
        let told = soon(world.history.reset(reference(&run), reset_to(cut, "r"))).await;
        assert!(matches!(&told, Err(Error::Rejected(rejection)) if *rejection == expected), "{cut}: {told:?}");
    }
    assert_eq!(world.events(&run).await[3], WorkflowTaskCompleted, "nothing has happened");
    let mut unknown = reference(&run);
    unknown.run_id = Some(RunId(Uuid::from_u128(1)));
    let told = soon(world.history.reset(unknown, reset_to(4, "r"))).await;
    assert!(matches!(told, Err(Error::RunNotFound { .. })), "{told:?}");
}

#[tokio::test]
async fn a_task_that_a_worker_has_can_be_the_cut() {
    let world = World::new().await;
    let old = world.start("a").await;
    let task = world.next_workflow_task().await;
    let new = soon(world.history.reset(reference(&old), reset_to(3, "r"))).await.unwrap();
    let late = world.complete(&task, |completion| completion.completion.commands = vec![complete_workflow()]).await;
    assert!(late.is_err(), "the old run is over");
    let task = world.next_workflow_task().await;
    assert_eq!(task.run.run_id, new);
    assert_eq!(task.history.len(), 6, "started, scheduled, started, failed, scheduled, started");
    world.complete_with(&task, vec![complete_workflow()]).await;
}

#[tokio::test]
async fn a_long_history_is_copied_in_nodes_of_bounded_length() {
    let world = World::new().await;
    let old = world.start("a").await;
    let task = world.next_workflow_task().await;
    let timers = (0..1500).map(|n| start_timer(&format!("t{n}"), std::time::Duration::from_secs(3600)));
    world.complete_with(&task, timers.collect()).await;
    world.signal(&old, "s").await.unwrap();
    // 4 events, 1,500 timers, the signal, the schedule and the start of the task at which the history is cut.
    let task = world.next_workflow_task().await;
    assert_eq!(task.started.token.started_event_id, 1507);
    let new = soon(world.history.reset(reference(&old), reset_to(1507, "r"))).await.unwrap();
    let nodes = world.rows(Space::Node).await;
    assert!(nodes.iter().all(|row| row.value.len() < 256 * 1024), "no node has the whole history");
    let world = world.reopened().await;
    let new = other(&old, new);
    let described = soon(world.history.describe(reference(&new))).await.unwrap();
    assert_eq!(described.workflow_execution_info.unwrap().history_length, 1509);
    let page = world.page(&new, |read| read.first_event_id = 1400).await.unwrap();
    let ids: Vec<i64> = decoded(&page.history).iter().map(|event| event.event_id).collect();
    assert_eq!(ids, (1400..=1509).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_reset_of_an_older_run_is_done_although_the_cache_holds_neither() {
    let store = Arc::new(MemoryStore::open().unwrap());
    let world = World::with(store, Arc::default(), 1).await;
    let old = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![complete_workflow()]).await;
    let newest = world.start("a").await;
    let new = soon(world.history.reset(reference(&old), reset_to(4, "r"))).await.unwrap();
    assert_eq!(world.events(&newest).await.last(), Some(&WorkflowExecutionTerminated));
    assert_eq!(world.events(&other(&old, new)).await.len(), 5);
}

/// As long as the end of the run that was read last is not stored, reading it once more finds the same.
#[tokio::test]
async fn a_reset_of_an_older_run_does_not_go_round_in_circles_while_the_store_is_slow() {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    let first = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![continue_as_new()]).await;
    let second = world.next_workflow_task().await.run;
    let batches = store.batches();
    store.stall();
    let instead = StartRequest { conflict: WorkflowIdConflictPolicy::TerminateExisting, ..start_request("a", "") };
    let third = instead.start.key.clone();
    let (start, reset) = tokio::join!(world.history.start(instead), async {
        store.queued(batches + 1).await;
        let reads = store.reads();
        let reset = world.history.reset(reference(&first), reset_to(4, "r"));
        let look = async {
            for _ in 0..1000 {
                tokio::task::yield_now().await;
            }
            let reads = store.reads() - reads;
            assert!((1..10).contains(&reads), "{reads} reads");
            store.go_on();
        };
        tokio::join!(soon(reset), look).0
    },);
    assert!(started(start));
    for old in [&second, &third] {
        assert_eq!(world.events(old).await.last(), Some(&WorkflowExecutionTerminated));
    }
    assert_eq!(world.events(&other(&first, reset.unwrap())).await[3], WorkflowTaskFailed);
}
