//! Runs that follow others: whatever ended the one, both are in one commit.

use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::RetryPolicy,
    enums::v1::{WorkflowExecutionStatus, WorkflowIdConflictPolicy, WorkflowIdReusePolicy},
    history::v1::history_event::Attributes,
};
use abide_cluster::{Error, History};
use abide_engine::convert::to_proto_duration;
use abide_engine::run::Attach;
use abide_model::RunKey;
use abide_store::faults::{Fault, FaultyStore, Operation};
use abide_store::{MemoryStore, Space};

use super::world::*;

async fn retried(world: &World) -> RunKey {
    let mut request = start_request("a", "");
    let attributes = &mut request.start.attributes;
    attributes.retry_policy = Some(RetryPolicy::default());
    attributes.workflow_run_timeout = Some(to_proto_duration(Duration::from_secs(10)));
    let key = request.start.key.clone();
    assert!(started(soon(world.history.start(request)).await));
    key
}

#[tokio::test]
async fn a_run_out_of_time_is_followed_in_the_same_commit() {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    let old = retried(&world).await;
    let batches = store.batches();
    world.clock.advance(Duration::from_secs(10));
    // Any message makes the shard look at the clock, which stands still for real sleepers.
    drop(soon(world.history.describe(newest("a"))).await);
    soon(async {
        while world.rows(Space::Visibility).await.len() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(store.batches(), batches + 1);
    let page = world.page(&old, |read| read.only_close = true).await.unwrap();
    let Some(Attributes::WorkflowExecutionTimedOutEventAttributes(ended)) =
        decoded(&page.history)[0].attributes.clone()
    else {
        panic!("{page:?}")
    };
    let info = soon(world.history.describe(newest("a"))).await.unwrap().workflow_execution_info.unwrap();
    assert_eq!(info.execution.unwrap().run_id, ended.new_execution_run_id);
    assert_eq!((info.status, info.first_run_id), (WorkflowExecutionStatus::Running as i32, old.run_id.to_string()));
    let world = world.reopened().await;
    world.clock.advance(Duration::from_secs(1));
    drop(soon(world.history.describe(newest("a"))).await);
    let task = world.next_workflow_task().await;
    assert_eq!(task.run.run_id.to_string(), ended.new_execution_run_id, "its first task comes after the backoff");
}

#[tokio::test]
async fn a_chain_has_one_successor_even_if_nobody_knows_whether_it_was_stored() {
    for fault in [Fault::Failed, Fault::FailedButDone] {
        let store = Arc::new(FaultyStore::around(Arc::new(MemoryStore::open().unwrap())));
        let world = World::over(store.clone()).await;
        let old = world.start("a").await;
        let task = world.next_workflow_task().await;
        store.fail(Operation::Commit, 1, fault);
        let told = world.complete(&task, |completion| completion.completion.commands = vec![continue_as_new()]).await;
        assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
        soon(async {
            loop {
                let again = |completion: &mut abide_cluster::history::CompleteWorkflowTask| {
                    completion.completion.commands = vec![continue_as_new()];
                };
                match world.complete(&task, again).await {
                    Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
                    // Not stored: the task was given back with the run, and another worker gets it.
                    Ok(_) | Err(Error::Rejected(_)) => break,
                    Err(error) => panic!("{error:?}"),
                }
            }
        })
        .await;
        let newest = soon(world.history.describe(newest("a"))).await.unwrap().workflow_execution_info.unwrap();
        let runs = world.rows(Space::Visibility).await.len();
        let continued = newest.execution.unwrap().run_id != old.run_id.to_string();
        assert_eq!(runs, 1 + usize::from(continued), "{fault:?}");
        let events = world.events(&old).await;
        assert_eq!(events.len(), if continued { 5 } else { 2 }, "{fault:?}");
    }
}

#[tokio::test]
async fn a_start_that_joins_an_open_run_is_known_by_its_request_from_then_on() {
    let world = World::new().await;
    let run = world.start("a").await;
    let mut join = start_request("a", "second");
    join.conflict = WorkflowIdConflictPolicy::UseExisting;
    join.attach = Some(Box::new(Attach { request_id: "second".into(), ..Attach::default() }));
    let found = soon(world.history.start(join.clone())).await.unwrap();
    assert_eq!((found.run_id, found.started, found.attached), (run.run_id, false, true));
    let again = soon(world.history.start(join.clone())).await.unwrap();
    assert_eq!((again.run_id, again.started, again.attached), (found.run_id, found.started, found.attached));
    assert_eq!(world.events(&run).await.len(), 3, "one event for both, and no workflow task more");
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![complete_workflow()]).await;
    let world = world.reopened().await;
    join.reuse = WorkflowIdReusePolicy::AllowDuplicate;
    let found = soon(world.history.start(join)).await.unwrap();
    assert_eq!((found.run_id, found.attached), (run.run_id, true), "also after it has closed");
    let infos = soon(world.history.describe(reference(&run))).await.unwrap().workflow_extended_info.unwrap();
    assert_eq!(infos.request_id_infos["second"].event_id, 3);
}
