//! What runs owe to each other: carried out once, whatever crashes or fails between asking and recording.

use std::collections::BTreeMap;
use std::sync::Arc;

use abide_api::temporal::api::command::v1::{
    Command as WorkerCommand, SignalExternalWorkflowExecutionCommandAttributes,
    StartChildWorkflowExecutionCommandAttributes, command::Attributes,
};
use abide_api::temporal::api::common::v1::{WorkflowExecution, WorkflowType};
use abide_api::temporal::api::enums::v1::{CommandType, EventType, ParentClosePolicy, WorkflowExecutionStatus};
use abide_api::temporal::api::history::v1::{HistoryEvent, history_event};
use abide_cluster::history::{StartedTask, WorkflowTask};
use abide_cluster::{Error, History};
use abide_engine::namespace::Register;
use abide_engine::run::{Command, Requester, Terminate};
use abide_model::{NamespaceId, RunKey};
use abide_store::faults::{Fault, FaultyStore, Operation};
use abide_store::{MemoryStore, Space, Store};
use uuid::Uuid;

use super::world::*;

/// A server whose runs do not reach each other yet.
async fn apart(store: Arc<dyn Store>) -> World {
    let world = World::apart(store).await;
    let id = Some(NamespaceId(Uuid::from_u128(7)));
    let retention = std::time::Duration::from_secs(24 * 3600);
    let register = Register { id, name: "default".into(), retention, ..Register::default() };
    match soon(world.history.namespaces().register(register)).await {
        Ok(_) | Err(Error::NamespaceExists(_)) => world,
        Err(error) => panic!("{error:?}"),
    }
}

async fn together(store: Arc<dyn Store>) -> World {
    let world = apart(store).await;
    world.history.connect(&world.history);
    world
}

fn memory() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::open().unwrap())
}

fn start_child(workflow_id: &str, policy: ParentClosePolicy) -> WorkerCommand {
    let attributes = StartChildWorkflowExecutionCommandAttributes {
        workflow_id: workflow_id.into(),
        workflow_type: Some(WorkflowType { name: "parcel".into() }),
        parent_close_policy: policy as i32,
        ..Default::default()
    };
    worker_command(
        CommandType::StartChildWorkflowExecution,
        Attributes::StartChildWorkflowExecutionCommandAttributes(attributes),
    )
}

fn signal_external(workflow_id: &str) -> WorkerCommand {
    let attributes = SignalExternalWorkflowExecutionCommandAttributes {
        execution: Some(WorkflowExecution { workflow_id: workflow_id.into(), run_id: String::new() }),
        signal_name: "hello".into(),
        ..Default::default()
    };
    worker_command(
        CommandType::SignalExternalWorkflowExecution,
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(attributes),
    )
}

/// The next workflow task of this workflow; the tasks of others are kept for later.
async fn task_of(world: &World, kept: &mut BTreeMap<String, WorkflowTask>, workflow_id: &str) -> WorkflowTask {
    loop {
        if let Some(task) = kept.remove(workflow_id) {
            return task;
        }
        let offer = world.matching.offered().await;
        // What was offered before a failure may be stale.
        if let Ok(task) = soon(world.history.start_task(offer.run, offer.task, poller("worker"))).await {
            let task = delivered(task);
            kept.insert(task.run.workflow.workflow_id.clone(), task);
        }
    }
}

fn has(task: &WorkflowTask, kind: EventType) -> bool {
    decoded(&task.history).iter().any(|event| event.event_type() == kind)
}

async fn history(world: &World, run: &RunKey) -> Vec<HistoryEvent> {
    decoded(&world.page(run, |read| read.last_event_id = Some(i64::MAX)).await.unwrap().history)
}

/// Waits until nothing is owed.
async fn quiet(world: &World) {
    soon(async {
        while !world.rows(Space::Outbound).await.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn status(world: &World, workflow_id: &str) -> Result<WorkflowExecutionStatus, Error> {
    let description = soon(world.history.describe(newest(workflow_id))).await?;
    Ok(description.workflow_execution_info.unwrap().status())
}

#[tokio::test]
async fn a_child_is_started_works_and_ends_and_its_parent_knows() {
    let world = together(memory()).await;
    let run = world.start("parent").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![start_child("child", ParentClosePolicy::Unspecified)]).await;
    let mut kept = BTreeMap::new();
    let child = task_of(&world, &mut kept, "child").await;
    world.complete_with(&child, vec![complete_workflow()]).await;
    let mut task = task_of(&world, &mut kept, "parent").await;
    while !has(&task, EventType::ChildWorkflowExecutionCompleted) {
        world.complete_with(&task, Vec::new()).await;
        task = task_of(&world, &mut kept, "parent").await;
    }
    world.complete_with(&task, vec![complete_workflow()]).await;
    let seen: Vec<EventType> = world.events(&run).await;
    let about_children = [
        EventType::StartChildWorkflowExecutionInitiated,
        EventType::ChildWorkflowExecutionStarted,
        EventType::ChildWorkflowExecutionCompleted,
    ];
    for kind in about_children {
        assert_eq!(seen.iter().filter(|event| **event == kind).count(), 1, "{kind:?} once in {seen:?}");
    }
    let world = world.reopened().await;
    assert!(world.rows(Space::Outbound).await.is_empty(), "nothing is owed any more");
}

/// Crashes after what is owed was done and stored, and before whoever owes it has heard so.
async fn crash_before_recording(store: Arc<MemoryStore>, command: WorkerCommand) -> (World, RunKey) {
    let holding = Arc::new(HoldingStore::around(store.clone()));
    let world = apart(holding.clone()).await;
    let run = world.start("parent").await;
    world.start("other").await;
    let mut kept = BTreeMap::new();
    let task = task_of(&world, &mut kept, "parent").await;
    world.complete_with(&task, vec![command]).await;
    let stored = rows(&*store, Space::Node).await.len();
    holding.hold();
    world.history.connect(&world.history);
    soon(async {
        while rows(&*store, Space::Node).await.len() == stored {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(world);
    (together(store).await, run)
}

#[tokio::test]
async fn a_child_whose_start_was_stored_before_a_crash_is_not_started_again() {
    let store = memory();
    let (world, run) = crash_before_recording(store, start_child("child", ParentClosePolicy::Unspecified)).await;
    let mut kept = BTreeMap::new();
    let child = task_of(&world, &mut kept, "child").await;
    let started = history(&world, &run).await.into_iter().find_map(|event| match event.attributes {
        Some(history_event::Attributes::ChildWorkflowExecutionStartedEventAttributes(started)) => Some(started),
        _ => None,
    });
    let started = started.expect("a child works only once its start is recorded").workflow_execution.unwrap();
    assert_eq!(started.run_id, child.run.run_id.to_string());
    let runs = world.rows(Space::Visibility).await.len();
    assert_eq!(runs, 3, "the parent, the other one, one child");
}

#[tokio::test]
async fn a_signal_that_was_delivered_before_a_crash_is_not_delivered_again() {
    let (world, run) = crash_before_recording(memory(), signal_external("other")).await;
    quiet(&world).await;
    let parent = world.events(&run).await;
    assert!(parent.contains(&EventType::ExternalWorkflowExecutionSignaled), "{parent:?}");
    let other = soon(world.history.read(newest("other"), read(|read| read.last_event_id = Some(i64::MAX)))).await;
    let signals = decoded(&other.unwrap().history)
        .iter()
        .filter(|event| event.event_type() == EventType::WorkflowExecutionSignaled)
        .count();
    assert_eq!(signals, 1);
}

#[tokio::test]
async fn a_child_of_a_parent_that_ended_meanwhile_is_never_started() {
    let world = apart(memory()).await;
    let run = world.start("parent").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![start_child("child", ParentClosePolicy::Abandon)]).await;
    let terminate = Terminate { reason: "stop".into(), details: None, requester: Requester::default() };
    soon(world.history.execute(reference(&run), Command::Terminate(terminate))).await.unwrap();
    world.history.connect(&world.history);
    quiet(&world).await;
    assert!(matches!(status(&world, "child").await, Err(Error::RunNotFound { .. })));
}

#[tokio::test]
async fn a_child_that_was_started_for_a_parent_that_ended_is_withdrawn_after_a_crash() {
    let (world, run) = crash_before_recording(memory(), start_child("child", ParentClosePolicy::Abandon)).await;
    // The recovered errand and the end of the parent race: either the child was recorded, and goes on, or it is ended.
    let terminate = Terminate { reason: "stop".into(), details: None, requester: Requester::default() };
    soon(world.history.execute(reference(&run), Command::Terminate(terminate))).await.unwrap();
    quiet(&world).await;
    let recorded = world.events(&run).await.contains(&EventType::ChildWorkflowExecutionStarted);
    let expected = if recorded { WorkflowExecutionStatus::Running } else { WorkflowExecutionStatus::Terminated };
    assert_eq!(status(&world, "child").await.unwrap(), expected);
}

#[tokio::test]
async fn the_end_of_a_parent_reaches_its_children() {
    let world = together(memory()).await;
    world.start("parent").await;
    let task = world.next_workflow_task().await;
    let policies = [
        ("terminated", ParentClosePolicy::Terminate),
        ("asked", ParentClosePolicy::RequestCancel),
        ("left", ParentClosePolicy::Abandon),
    ];
    world.complete_with(&task, policies.map(|(id, policy)| start_child(id, policy)).into()).await;
    let mut kept = BTreeMap::new();
    for (id, _) in policies {
        let task = task_of(&world, &mut kept, id).await;
        world.complete_with(&task, Vec::new()).await;
    }
    let task = loop {
        let task = task_of(&world, &mut kept, "parent").await;
        let closed =
            world.complete(&task, |completion| completion.completion.commands = vec![complete_workflow()]).await;
        match closed {
            Ok(completed) if completed.refused.is_none() => break task,
            // News came while it worked.
            Ok(_) | Err(Error::Rejected(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
        if status(&world, "parent").await.unwrap() == WorkflowExecutionStatus::Completed {
            break task;
        }
    };
    assert_eq!(task.run.workflow.workflow_id, "parent");
    quiet(&world).await;
    assert_eq!(status(&world, "terminated").await.unwrap(), WorkflowExecutionStatus::Terminated);
    assert_eq!(status(&world, "left").await.unwrap(), WorkflowExecutionStatus::Running);
    let asked = soon(world.history.describe(newest("asked"))).await.unwrap();
    assert!(asked.workflow_extended_info.unwrap().cancel_requested);
}

#[tokio::test]
async fn whichever_commit_fails_a_child_is_started_once_and_its_end_is_told_once() {
    for nth in 1..=7 {
        for fault in [Fault::Failed, Fault::FailedButDone] {
            let store = Arc::new(FaultyStore::around(memory()));
            let world = apart(store.clone()).await;
            let run = world.start("parent").await;
            let task = world.next_workflow_task().await;
            world.complete_with(&task, vec![start_child("child", ParentClosePolicy::Unspecified)]).await;
            store.fail(Operation::Commit, nth, fault);
            world.history.connect(&world.history);
            let parent = work_until_the_child_has_ended(&world, &run).await;
            let count = |kind| parent.iter().filter(|event| **event == kind).count();
            assert_eq!(count(EventType::ChildWorkflowExecutionStarted), 1, "{nth} {fault:?} {parent:?}");
            assert_eq!(count(EventType::ChildWorkflowExecutionCompleted), 1, "{nth} {fault:?} {parent:?}");
        }
    }
}

/// The types of all events of a run, as soon as its shard answers.
async fn events_of(world: &World, run: &RunKey) -> Vec<EventType> {
    let page = soon(async {
        loop {
            match world.page(run, |read| read.last_event_id = Some(i64::MAX)).await {
                Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
                page => return page.unwrap(),
            }
        }
    });
    decoded(&page.await.history).iter().map(HistoryEvent::event_type).collect()
}

/// A worker that completes children at once and lets their parent look, whatever it is refused.
async fn work_until_the_child_has_ended(world: &World, run: &RunKey) -> Vec<EventType> {
    loop {
        let offer = world.matching.offered().await;
        let is_parent = offer.run == *run;
        let started = soon(async {
            loop {
                match world.history.start_task(offer.run.clone(), offer.task, poller("worker")).await {
                    // The shard has no fence just now.
                    Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
                    started => return started,
                }
            }
        });
        let Ok(task) = started.await else { continue };
        let StartedTask::Workflow(task) = task else { panic!("there are no activities") };
        // Not yet delivered: a task whose completion fails goes back to its queue.
        let commands = if is_parent { Vec::new() } else { vec![complete_workflow()] };
        if world.complete(&task, |completion| completion.completion.commands = commands).await.is_ok() {
            let mut task = task;
            task.lost.delivered();
        }
        if is_parent {
            let events = events_of(world, run).await;
            if events.contains(&EventType::ChildWorkflowExecutionCompleted) {
                return events;
            }
        }
    }
}
