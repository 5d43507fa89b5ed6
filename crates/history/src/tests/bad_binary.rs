//! A run that a bad program has worked on is reset to before it did.

use std::time::Duration;

use abide_api::temporal::api::enums::v1::EventType;
use abide_cluster::History;
use abide_engine::namespace::{Register, Update};
use abide_model::{NamespaceId, RunId};
use uuid::Uuid;

use super::world::*;

async fn newest_run(world: &World, workflow_id: &str) -> RunId {
    let found = soon(world.history.describe(newest(workflow_id))).await.unwrap();
    RunId::parse(&found.workflow_execution_info.unwrap().execution.unwrap().run_id).unwrap()
}

/// A workflow task completed by this program.
async fn work(world: &World, program: &str) {
    let task = world.next_workflow_task().await;
    world.complete(&task, |done| done.completion.binary_checksum = program.into()).await.unwrap();
}

#[tokio::test]
async fn a_bad_program_has_its_runs_reset_when_they_change_next() {
    let world = World::new().await;
    let retention = Duration::from_secs(3600);
    let id = Some(NamespaceId(Uuid::from_u128(7)));
    let register = Register { id, name: "seven".into(), retention, ..Register::default() };
    world.history.namespaces().register(register).await.unwrap();
    let run = world.start("a").await;
    work(&world, "good").await;
    world.signal(&run, "first").await.unwrap();
    work(&world, "bad").await;
    let bad = [("bad".to_owned(), ("it loses money".to_owned(), "me".to_owned()))].into();
    let update = Update { bad_binaries: bad, ..Update::default() };
    world.history.namespaces().update("seven".into(), update).await.unwrap();
    assert_eq!(newest_run(&world, "a").await, run.run_id, "only a change of the run has it looked at");
    world.signal(&run, "second").await.unwrap();
    let new = soon(async {
        loop {
            let newest = newest_run(&world, "a").await;
            if newest != run.run_id {
                return newest;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let new = abide_model::RunKey { run_id: new, ..run.clone() };
    use EventType::{
        WorkflowExecutionSignaled as Signaled, WorkflowExecutionStarted as Started, WorkflowTaskCompleted as Completed,
        WorkflowTaskFailed as Failed, WorkflowTaskScheduled as Scheduled, WorkflowTaskStarted as TaskStarted,
    };
    let expected =
        [Started, Scheduled, TaskStarted, Completed, Signaled, Scheduled, TaskStarted, Failed, Signaled, Scheduled];
    assert_eq!(world.events(&new).await, expected);
    world.signal(&new, "third").await.unwrap();
    assert_eq!(newest_run(&world, "a").await, new.run_id, "the new run has no point of the bad program");
}
