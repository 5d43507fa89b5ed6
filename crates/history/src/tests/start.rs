//! Starts beside runs that exist.

use std::sync::Arc;

use abide_api::temporal::api::enums::v1::{EventType, WorkflowExecutionStatus, WorkflowIdConflictPolicy};
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_cluster::{Error, History};
use abide_engine::run::Command;
use abide_model::RunId;
use abide_store::{MemoryStore, Space};
use uuid::Uuid;

use super::world::*;

#[tokio::test]
async fn a_repeated_request_finds_the_run_that_it_started() {
    let world = World::new().await;
    let first = soon(world.history.start(start_request("a", "once"))).await.unwrap();
    let again = soon(world.history.start(start_request("a", "once"))).await.unwrap();
    assert_eq!((first.run_id, first.status), (again.run_id, again.status));
    assert!(first.started && again.started);
    let world = world.reopened().await;
    let again = soon(world.history.start(start_request("a", "once"))).await.unwrap();
    assert_eq!((again.run_id, again.started), (first.run_id, true), "also after a restart");
    assert_eq!(world.rows(Space::Current).await.len(), 1);
}

#[tokio::test]
async fn two_starts_at_once_start_one_run() {
    let world = World::new().await;
    let (one, two) = (start_request("a", "one"), start_request("a", "two"));
    let in_the_way = one.start.key.run_id;
    let (one, two) = tokio::join!(world.history.start(one), world.history.start(two));
    assert!(started(one));
    match two {
        Err(Error::AlreadyStarted { message, start_request_id, run_id, first_run_id }) => {
            assert_eq!((run_id, first_run_id, start_request_id.as_str()), (in_the_way, in_the_way, "one"));
            assert_eq!(message, format!("Workflow execution is already running. WorkflowId: a, RunId: {in_the_way}."));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn terminating_the_old_run_and_starting_the_new_one_is_one_commit() {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    let old = world.start("a").await;
    let batches = store.batches();
    let mut request = start_request("a", "");
    request.conflict = WorkflowIdConflictPolicy::TerminateExisting;
    let new = request.start.key.clone();
    assert!(started(soon(world.history.start(request)).await));
    assert_eq!(store.batches(), batches + 1);

    let page = world.page(&old, |read| read.only_close = true).await.unwrap();
    let Some(Attributes::WorkflowExecutionTerminatedEventAttributes(ended)) =
        decoded(&page.history)[0].attributes.clone()
    else {
        panic!("{page:?}")
    };
    assert_eq!(ended.reason, "TerminateIfRunning WorkflowIdReusePolicy");
    assert_eq!(ended.identity, "history-service");
    let payload = &ended.details.as_ref().unwrap().payloads[0];
    assert_eq!(payload.data, format!("\"terminated by new runID: {}\"", new.run_id));
    assert_eq!(payload.metadata["encoding"], "json/plain");
    let newest = soon(world.history.describe(newest("a"))).await.unwrap();
    let info = newest.workflow_execution_info.unwrap();
    assert_eq!(info.execution.unwrap().run_id, new.run_id.to_string());
    assert_eq!(world.rows(Space::Dispatch).await.len(), 1, "the old run's task is not offered any more");
}

#[tokio::test]
async fn signal_with_start_starts_or_signals() {
    let world = World::new().await;
    let mut request = start_request("a", "");
    request.signal = Some(signal("go", "s1"));
    let run = request.start.key.clone();
    assert!(started(soon(world.history.start(request)).await));
    let mut request = start_request("a", "");
    request.signal = Some(signal("go", "s2"));
    let found = soon(world.history.start(request.clone())).await.unwrap();
    assert_eq!((found.run_id, found.started), (run.run_id, false));
    soon(world.history.start(request)).await.unwrap();
    use EventType::{WorkflowExecutionSignaled, WorkflowExecutionStarted, WorkflowTaskScheduled};
    assert_eq!(
        world.events(&run).await,
        [WorkflowExecutionStarted, WorkflowExecutionSignaled, WorkflowTaskScheduled, WorkflowExecutionSignaled],
        "the repeated signal is known by its request id"
    );
}

#[tokio::test]
async fn a_closed_run_makes_room_and_the_old_one_stays_readable() {
    let world = World::new().await;
    let old = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![complete_workflow()]).await;
    let new = world.start("a").await;
    assert_ne!(old.run_id, new.run_id);
    assert_eq!(world.events(&old).await.len(), 5);
    let described = soon(world.history.describe(reference(&old))).await.unwrap();
    assert_eq!(described.workflow_execution_info.unwrap().status(), WorkflowExecutionStatus::Completed);
}

#[tokio::test]
async fn continuing_as_new_moves_the_pointer_in_the_same_commit() {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    let old = world.start("a").await;
    let task = world.next_workflow_task().await;
    let batches = store.batches();
    world.complete_with(&task, vec![continue_as_new()]).await;
    assert_eq!(store.batches(), batches + 1);
    let described = soon(world.history.describe(newest("a"))).await.unwrap();
    let info = described.workflow_execution_info.unwrap();
    assert_eq!(info.status(), WorkflowExecutionStatus::Running);
    assert_eq!(info.first_run_id, old.run_id.to_string());
    let new = RunId::parse(&info.execution.unwrap().run_id).unwrap();
    assert_eq!(world.matching.offered().await.run.run_id, new);
    assert_eq!(world.rows(Space::Visibility).await.len(), 2);

    let mut chain = newest("a");
    chain.first_run_id = Some(old.run_id);
    chain.run_id = Some(old.run_id);
    let (found, _) = soon(world.history.execute(chain.clone(), Command::Signal(signal("s", "")))).await.unwrap();
    assert_eq!(found, new, "the first run of a chain stands for the newest one");
    chain.first_run_id = Some(RunId(Uuid::from_u128(1)));
    let refused = soon(world.history.execute(chain, Command::Signal(signal("s", "")))).await;
    assert!(matches!(refused, Err(Error::RunNotFound { .. })), "{refused:?}");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let world = World::new().await;
    let run = world.start("a").await;
    let not_found = |result: Result<_, Error>| matches!(result, Err(Error::RunNotFound { .. }));
    assert!(not_found(soon(world.history.describe(newest("b"))).await));
    let mut other = reference(&run);
    other.run_id = Some(RunId(Uuid::from_u128(1)));
    assert!(not_found(soon(world.history.describe(other)).await));
    let mut other = reference(&run);
    other.workflow = workflow("b");
    assert!(not_found(soon(world.history.describe(other)).await), "a run of another workflow id");
}
