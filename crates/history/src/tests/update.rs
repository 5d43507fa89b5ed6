//! Updates as their callers see them: when who is told, and what a crash, a full cache or the end of the run leave.

use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::command::v1::{
    Command as WorkerCommand, ProtocolMessageCommandAttributes, command::Attributes,
};
use abide_api::temporal::api::enums::v1::{CommandType, EventType, WorkflowIdConflictPolicy};
use abide_api::temporal::api::failure::v1::Failure;
use abide_api::temporal::api::protocol::v1::Message;
use abide_api::temporal::api::update::v1::{
    Acceptance, Input, Meta, Outcome, Rejection as Rejected, Request, Response, outcome::Value,
};
use abide_cluster::error::UpdateError;
use abide_cluster::history::{
    PollUpdate, RunReference, UpdateAnswer, UpdateStage, UpdateWorkflow, UpdatedWithStart, WithStartError, WorkflowTask,
};
use abide_cluster::matching::{Polled, QueueKind};
use abide_cluster::{Error, History};
use abide_engine::run::Rejection;
use abide_model::RunKey;
use abide_store::{MemoryStore, Space};
use prost_types::Any;
use tokio::task::JoinHandle;

use super::world::*;

type Answering<T = UpdateAnswer> = JoinHandle<Result<T, Error>>;

fn request(id: &str) -> Box<Request> {
    Box::new(Request {
        meta: Some(Meta { update_id: id.into(), ..Meta::default() }),
        input: Some(Input { name: "change".into(), ..Input::default() }),
        ..Request::default()
    })
}

fn wanted(id: &str, stage: UpdateStage) -> UpdateWorkflow {
    UpdateWorkflow { request: request(id), stage, wait: Duration::from_secs(60) }
}

fn update(world: &World, run: RunReference, id: &str, stage: UpdateStage) -> Answering {
    let (history, update) = (world.history.clone(), wanted(id, stage));
    tokio::spawn(async move { history.update(run, update).await })
}

async fn poll(world: &World, run: &RunKey, id: &str) -> Result<UpdateAnswer, Error> {
    let poll = PollUpdate { update_id: id.into(), stage: UpdateStage::Admitted, wait: Duration::from_secs(60) };
    soon(world.history.poll_update(reference(run), poll)).await
}

fn message(kind: &str, id: &str, body: &impl prost::Message) -> Message {
    Message {
        id: format!("{id}/{kind}"),
        protocol_instance_id: id.into(),
        body: Some(Any {
            type_url: format!("type.googleapis.com/temporal.api.update.v1.{kind}"),
            value: body.encode_to_vec(),
        }),
        sequencing_id: None,
    }
}

fn accept(id: &str) -> Message {
    let acceptance = Acceptance {
        accepted_request_message_id: format!("{id}/request"),
        accepted_request_sequencing_event_id: 1,
        accepted_request: Some(*request(id)),
    };
    message("Acceptance", id, &acceptance)
}

fn complete(id: &str) -> Message {
    let meta = Some(Meta { update_id: id.into(), ..Meta::default() });
    let outcome = Some(Outcome { value: Some(Value::Success(Default::default())) });
    message("Response", id, &Response { meta, outcome })
}

fn reject(id: &str) -> Message {
    let failure = Some(Failure { message: "no".into(), ..Failure::default() });
    message("Rejection", id, &Rejected { failure, ..Rejected::default() })
}

/// The command that gives a message its place among the others.
fn command(message: &Message) -> WorkerCommand {
    let attributes = ProtocolMessageCommandAttributes { message_id: message.id.clone() };
    WorkerCommand {
        command_type: CommandType::ProtocolMessage.into(),
        attributes: Some(Attributes::ProtocolMessageCommandAttributes(attributes)),
        ..WorkerCommand::default()
    }
}

async fn say(world: &World, task: &WorkflowTask, messages: Vec<Message>, commands: Vec<WorkerCommand>) {
    let said = messages.iter().filter(|message| !message.id.ends_with("/Rejection")).map(command);
    let commands = said.chain(commands).collect();
    let said = world.complete(task, |completion| {
        completion.completion.messages = messages;
        completion.completion.commands = commands;
    });
    let refused = said.await.unwrap().refused;
    assert_eq!(refused, None);
}

/// A run that waits for nothing.
async fn idle(world: &World, workflow_id: &str) -> RunKey {
    let run = world.start(workflow_id).await;
    let first = world.next_workflow_task().await;
    world.complete_with(&first, Vec::new()).await;
    run
}

fn failure_of(answer: &UpdateAnswer) -> &str {
    match answer.outcome.as_ref().and_then(|outcome| outcome.value.as_ref()) {
        Some(Value::Failure(failure)) => &failure.message,
        Some(Value::Success(_)) | None => panic!("no failure: {answer:?}"),
    }
}

#[tokio::test]
async fn callers_are_told_when_their_update_has_come_as_far_as_they_want() {
    let world = World::new().await;
    let run = idle(&world, "a").await;
    let accepted = update(&world, newest("a"), "u", UpdateStage::Accepted);
    let task = world.next_workflow_task().await;
    let completed = update(&world, reference(&run), "u", UpdateStage::Completed);
    assert_eq!(task.started.messages.len(), 1);
    assert_eq!(poll(&world, &run, "u").await.unwrap().stage, UpdateStage::Admitted);
    say(&world, &task, vec![accept("u")], Vec::new()).await;
    let answer = soon(accepted).await.unwrap().unwrap();
    assert_eq!((answer.run_id, answer.stage, answer.outcome), (run.run_id, UpdateStage::Accepted, None));
    world.signal(&run, "s").await.unwrap();
    let task = world.next_workflow_task().await;
    assert!(task.started.messages.is_empty(), "an accepted update is not sent again");
    say(&world, &task, vec![complete("u")], Vec::new()).await;
    let answer = soon(completed).await.unwrap().unwrap();
    assert_eq!(answer.stage, UpdateStage::Completed);
    assert!(matches!(answer.outcome.unwrap().value, Some(Value::Success(_))));
}

#[tokio::test]
async fn an_update_that_is_turned_down_leaves_no_event_and_is_unknown_later() {
    let world = World::new().await;
    let run = idle(&world, "a").await;
    let before = world.events(&run).await;
    let asked = update(&world, newest("a"), "u", UpdateStage::Accepted);
    let task = world.next_workflow_task().await;
    say(&world, &task, vec![reject("u")], Vec::new()).await;
    let answer = soon(asked).await.unwrap().unwrap();
    assert_eq!((answer.stage, failure_of(&answer)), (UpdateStage::Completed, "no"));
    assert_eq!(world.events(&run).await, before);
    assert!(world.rows(Space::Dispatch).await.is_empty());
    assert_eq!(poll(&world, &run, "u").await, Err(Error::Update(UpdateError::NotFound("u".into()))));
}

#[tokio::test]
async fn a_poller_that_waits_gets_an_update_without_a_row_and_before_anything_is_durable() {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    idle(&world, "a").await;
    let polled = world.matching.wait_at(QueueKind::Workflow, "queue");
    store.hold();
    let asked = update(&world, newest("a"), "u", UpdateStage::Completed);
    let Polled::Started(task) = soon(polled).await.unwrap() else { panic!("a started task") };
    let task = delivered(task);
    let said = world.complete(&task, |completion| completion.completion.messages = vec![reject("u")]);
    let (said, ()) = tokio::join!(said, async {
        store.queued(store.batches() + 1).await;
        assert!(!asked.is_finished(), "a caller is told of a rejection that cannot be taken back");
        store.release();
    });
    said.unwrap();
    assert_eq!(failure_of(&soon(asked).await.unwrap().unwrap()), "no");
}

#[tokio::test]
async fn an_accepted_update_survives_a_crash_and_its_outcome_is_found_for_ever() {
    let world = World::new().await;
    let run = idle(&world, "a").await;
    let asked = update(&world, newest("a"), "u", UpdateStage::Accepted);
    let task = world.next_workflow_task().await;
    say(&world, &task, vec![accept("u")], Vec::new()).await;
    soon(asked).await.unwrap().unwrap();
    let World { store, clock, history, .. } = world;
    drop(history);
    let world = World::with(store, clock, 0).await;
    assert_eq!(poll(&world, &run, "u").await.unwrap().stage, UpdateStage::Accepted);
    world.signal(&run, "s").await.unwrap();
    let task = world.next_workflow_task().await;
    say(&world, &task, vec![complete("u")], vec![complete_workflow()]).await;
    let world = world.reopened().await;
    assert_eq!(poll(&world, &run, "u").await.unwrap().stage, UpdateStage::Completed);
    let again = soon(update(&world, newest("a"), "u", UpdateStage::Completed)).await.unwrap().unwrap();
    assert!(matches!(again.outcome.unwrap().value, Some(Value::Success(_))));
    let late = soon(update(&world, newest("a"), "late", UpdateStage::Completed)).await.unwrap();
    assert_eq!(late, Err(Error::Rejected(Rejection::Closed)));
}

#[tokio::test]
async fn a_crash_before_the_workflow_has_spoken_tells_the_caller_to_ask_again() {
    let store = Arc::new(HoldingStore::around(Arc::new(MemoryStore::open().unwrap())));
    let world = World::over(store.clone()).await;
    let run = idle(&world, "a").await;
    let asked = update(&world, newest("a"), "u", UpdateStage::Accepted);
    let task = world.next_workflow_task().await;
    let World { store, clock, history, .. } = world;
    let history = Arc::try_unwrap(history);
    asked.abort();
    drop((history, task));
    let world = World::with(store, clock, 0).await;
    let asked = update(&world, newest("a"), "u", UpdateStage::Accepted);
    // What was stored of the update, if anything, is one with what was asked again.
    world.clock.advance(Duration::from_secs(11));
    loop {
        let offer = world.matching.offered().await;
        let started = soon(world.history.start_task(offer.run, offer.task, poller("worker"))).await;
        let Ok(started) = started else { continue };
        let task = delivered(started);
        let carried: Vec<_> = task.started.messages.iter().map(|message| message.id.as_str()).collect();
        assert_eq!(carried, ["u/request"]);
        say(&world, &task, vec![accept("u"), complete("u")], Vec::new()).await;
        break;
    }
    assert_eq!(soon(asked).await.unwrap().unwrap().stage, UpdateStage::Completed);
    let events = world.events(&run).await;
    let accepted = events.iter().filter(|kind| **kind == EventType::WorkflowExecutionUpdateAccepted).count();
    assert_eq!(accepted, 1);
}

#[tokio::test]
async fn an_update_follows_the_chain_of_runs_unless_it_is_meant_for_one_of_them() {
    let world = World::new().await;
    let run = idle(&world, "a").await;
    world.signal(&run, "s").await.unwrap();
    let task = world.next_workflow_task().await;
    let follows = update(&world, newest("a"), "follows", UpdateStage::Completed);
    let stays = update(&world, reference(&run), "stays", UpdateStage::Completed);
    for id in ["follows", "stays"] {
        while poll(&world, &run, id).await.is_err() {}
    }
    say(&world, &task, Vec::new(), vec![continue_as_new()]).await;
    assert_eq!(soon(stays).await.unwrap(), Err(Error::Update(UpdateError::RunContinued)));
    let offer = world.matching.offered().await;
    assert_ne!(offer.run.run_id, run.run_id);
    while poll(&world, &offer.run, "follows").await.is_err() {}
    let task = soon(world.history.start_task(offer.run.clone(), offer.task, poller("worker"))).await.unwrap();
    let task = delivered(task);
    say(&world, &task, vec![accept("follows"), complete("follows")], Vec::new()).await;
    assert_eq!(soon(follows).await.unwrap().unwrap().run_id, offer.run.run_id);
}

#[tokio::test]
async fn callers_are_told_of_the_end_of_the_run_as_far_as_their_update_was() {
    let world = World::new().await;
    let run = idle(&world, "a").await;
    let accepted = update(&world, reference(&run), "accepted", UpdateStage::Completed);
    let task = world.next_workflow_task().await;
    say(&world, &task, vec![accept("accepted")], Vec::new()).await;
    let admitted = update(&world, reference(&run), "admitted", UpdateStage::Completed);
    let task = world.next_workflow_task().await;
    say(&world, &task, Vec::new(), vec![complete_workflow()]).await;
    let unfinished = "Workflow Update failed because the Workflow completed before the Update completed.";
    assert_eq!(failure_of(&soon(accepted).await.unwrap().unwrap()), unfinished);
    assert_eq!(soon(admitted).await.unwrap(), Err(Error::Update(UpdateError::RunClosed)));
    assert_eq!(failure_of(&poll(&world, &run, "accepted").await.unwrap()), unfinished);
}

#[tokio::test]
async fn a_caller_that_waited_long_enough_is_told_how_far_its_update_is() {
    let world = World::new().await;
    let run = idle(&world, "a").await;
    let wait = Duration::from_millis(1);
    let asked = UpdateWorkflow { request: request("u"), stage: UpdateStage::Completed, wait };
    let answer = world.history.update(newest("a"), asked).await.unwrap();
    assert_eq!((answer.stage, answer.outcome), (UpdateStage::Admitted, None));
    let again = PollUpdate { update_id: "u".into(), stage: UpdateStage::Accepted, wait };
    assert_eq!(world.history.poll_update(reference(&run), again).await.unwrap().stage, UpdateStage::Admitted);
}

fn with_start(world: &World, id: &str, conflict: WorkflowIdConflictPolicy) -> JoinHandle<WithStart> {
    let mut start = start_request("a", "");
    start.conflict = conflict;
    let (history, update) = (world.history.clone(), wanted(id, UpdateStage::Completed));
    tokio::spawn(async move { history.update_with_start(start, update).await })
}

type WithStart = Result<UpdatedWithStart, WithStartError>;

#[tokio::test]
async fn an_update_with_start_begins_the_run_and_the_update_in_one_commit() {
    let world = World::new().await;
    let asked = with_start(&world, "u", WorkflowIdConflictPolicy::Fail);
    let task = world.next_workflow_task().await;
    assert_eq!(task.started.messages.len(), 1);
    say(&world, &task, vec![reject("u")], Vec::new()).await;
    let UpdatedWithStart { started, update } = soon(asked).await.unwrap().unwrap();
    assert_eq!((started.started, started.run_id, failure_of(&update)), (true, task.run.run_id, "no"));
    let nodes = world.rows(Space::Node).await.len();
    assert_eq!(nodes, 3, "one for the start with its update, one for the task's start, one for its end");
}

#[tokio::test]
async fn an_update_with_start_of_a_running_workflow_is_only_an_update() {
    let world = World::new().await;
    let run = idle(&world, "a").await;
    let asked = with_start(&world, "u", WorkflowIdConflictPolicy::UseExisting);
    let task = world.next_workflow_task().await;
    say(&world, &task, vec![accept("u"), complete("u")], Vec::new()).await;
    let UpdatedWithStart { started, update } = soon(asked).await.unwrap().unwrap();
    assert_eq!((started.started, started.run_id, update.stage), (false, run.run_id, UpdateStage::Completed));
    let refused = soon(with_start(&world, "v", WorkflowIdConflictPolicy::Fail)).await.unwrap();
    assert!(matches!(refused, Err(WithStartError::Start(Error::AlreadyStarted { .. }))), "{refused:?}");
    let known = soon(with_start(&world, "u", WorkflowIdConflictPolicy::Fail)).await.unwrap().unwrap();
    assert_eq!((known.started.run_id, known.update.stage), (run.run_id, UpdateStage::Completed));
}

#[tokio::test]
async fn the_outcome_of_an_update_is_found_by_update_with_start_after_its_run_closed() {
    let world = World::new().await;
    let run = idle(&world, "a").await;
    let asked = update(&world, newest("a"), "u", UpdateStage::Completed);
    let task = world.next_workflow_task().await;
    say(&world, &task, vec![accept("u"), complete("u")], vec![complete_workflow()]).await;
    soon(asked).await.unwrap().unwrap();
    let known = soon(with_start(&world, "u", WorkflowIdConflictPolicy::Fail)).await.unwrap().unwrap();
    assert_eq!((known.started.run_id, known.started.started), (run.run_id, false));
    let anew = with_start(&world, "v", WorkflowIdConflictPolicy::Fail);
    let task = world.next_workflow_task().await;
    assert_ne!(task.run.run_id, run.run_id);
    say(&world, &task, vec![accept("v"), complete("v")], Vec::new()).await;
    assert!(soon(anew).await.unwrap().unwrap().started.started);
}

#[tokio::test]
async fn an_update_with_start_whose_run_closes_under_it_is_tried_once_more() {
    let world = World::new().await;
    idle(&world, "a").await;
    let asked = with_start(&world, "u", WorkflowIdConflictPolicy::UseExisting);
    let task = world.next_workflow_task().await;
    say(&world, &task, Vec::new(), vec![complete_workflow()]).await;
    let again = world.next_workflow_task().await;
    assert_ne!(again.run.run_id, task.run.run_id, "the run is closed, so the second try starts one");
    say(&world, &again, Vec::new(), vec![complete_workflow()]).await;
    let refused = soon(asked).await.unwrap();
    let expected = WithStartError::Update { error: Error::Update(UpdateError::RunClosed), started: true };
    assert_eq!(refused.err(), Some(expected));
}
