//! Children, parents, and other workflows that are signalled and cancelled: golden histories of the run that asks and of
//! the one that is asked.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    command::v1::Command as WorkerCommand,
    common::v1::{Priority, WorkflowExecution},
    enums::v1::{ParentClosePolicy, WorkflowExecutionStatus},
    history::v1::{
        WorkflowExecutionCompletedEventAttributes, WorkflowExecutionStartedEventAttributes,
        WorkflowExecutionTerminatedEventAttributes, history_event::Attributes as Event,
    },
};
use abide_model::{NamespaceId, RunId};
use uuid::Uuid;

use super::world::*;
use crate::run::*;

/// The run that a child is started as.
pub const CHILD: RunId = RunId(Uuid::from_u128(7));

/// One line for each event: its number, its name, and what distinguishes it in a family.
fn text(world: &World) -> String {
    let line = |event: &&abide_api::temporal::api::history::v1::HistoryEvent| {
        let name = event.event_type().as_str_name().trim_start_matches("EVENT_TYPE_").to_lowercase();
        let rest = match event.attributes.as_ref().expect("every event has attributes") {
            Event::StartChildWorkflowExecutionInitiatedEventAttributes(e) => format!(
                "id={} completed={} {}",
                e.workflow_id,
                e.workflow_task_completed_event_id,
                e.parent_close_policy().as_str_name()
            ),
            Event::StartChildWorkflowExecutionFailedEventAttributes(e) => {
                format!("initiated={} {}", e.initiated_event_id, e.cause().as_str_name())
            }
            Event::ChildWorkflowExecutionStartedEventAttributes(e) => {
                format!("initiated={} run={}", e.initiated_event_id, run_of(e.workflow_execution.as_ref()))
            }
            Event::ChildWorkflowExecutionCompletedEventAttributes(e) => {
                format!("initiated={} started={}", e.initiated_event_id, e.started_event_id)
            }
            Event::ChildWorkflowExecutionFailedEventAttributes(e) => {
                format!("initiated={} started={}", e.initiated_event_id, e.started_event_id)
            }
            Event::ChildWorkflowExecutionCanceledEventAttributes(e) => {
                format!("initiated={} started={}", e.initiated_event_id, e.started_event_id)
            }
            Event::ChildWorkflowExecutionTimedOutEventAttributes(e) => {
                format!("initiated={} started={}", e.initiated_event_id, e.started_event_id)
            }
            Event::ChildWorkflowExecutionTerminatedEventAttributes(e) => {
                format!("initiated={} started={}", e.initiated_event_id, e.started_event_id)
            }
            Event::SignalExternalWorkflowExecutionFailedEventAttributes(e) => {
                format!("initiated={} {}", e.initiated_event_id, e.cause().as_str_name())
            }
            Event::ExternalWorkflowExecutionSignaledEventAttributes(e) => format!("initiated={}", e.initiated_event_id),
            Event::RequestCancelExternalWorkflowExecutionFailedEventAttributes(e) => {
                format!("initiated={} {}", e.initiated_event_id, e.cause().as_str_name())
            }
            Event::ExternalWorkflowExecutionCancelRequestedEventAttributes(e) => {
                format!("initiated={}", e.initiated_event_id)
            }
            Event::WorkflowTaskFailedEventAttributes(e) => {
                let message = e.failure.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
                format!("{} {message}", e.cause().as_str_name())
            }
            _ => String::new(),
        };
        format!("{} {name} {rest}\n", event.event_id).replace(" \n", "\n")
    };
    world.events().iter().map(line).collect()
}

fn run_of(execution: Option<&WorkflowExecution>) -> &str {
    execution.map_or("", |execution| execution.run_id.trim_start_matches("00000000-0000-0000-0000-"))
}

/// A parent whose first workflow task has asked for this.
pub fn parent(commands: Vec<WorkerCommand>) -> World {
    let mut world = World::new();
    world.turn(commands).expect("valid");
    world
}

/// What the run asks of another one about this subject.
pub fn asked(world: &World, outbound: Outbound) -> (Target, Command) {
    match world.run.effect(outbound).expect("something is owed").action {
        Action::Ask { target, command } => (target, *command),
        action => panic!("expected a question, not {action:?}"),
    }
}

fn step(world: &World, outbound: Outbound) -> Option<Step> {
    world.run.effect(outbound).map(|effect| effect.step)
}

pub fn ended(initiated_event_id: i64, last: Event) -> Command {
    ended_of(RunId(Uuid::from_u128(1)), initiated_event_id, last)
}

fn ended_of(parent: RunId, initiated_event_id: i64, last: Event) -> Command {
    Command::ChildEnded(Box::new(ChildEnded {
        parent_run_id: parent.to_string(),
        initiated_event_id,
        execution: WorkflowExecution { workflow_id: "child".into(), run_id: CHILD.to_string() },
        first_run_id: CHILD.to_string(),
        last: Box::new(last),
    }))
}

pub fn completed() -> Event {
    Event::WorkflowExecutionCompletedEventAttributes(WorkflowExecutionCompletedEventAttributes::default())
}

/// The start that the parent owes, begun.
pub fn child_of(world: &World, initiated_event_id: i64) -> World {
    let effect = world.run.effect(Outbound::Child(initiated_event_id)).expect("a child is owed");
    let Action::Start { start, .. } = effect.action else { panic!("expected a start") };
    World::with(|own| {
        *own = *start;
        own.key.run_id = CHILD;
    })
}

#[test]
fn a_child_works_once_its_start_is_recorded_and_its_end_reaches_its_parent() {
    let mut parent = parent(vec![start_child("child")]);
    let mut child = child_of(&parent, 5);
    assert!(child.offers.is_empty(), "a child waits for its parent");
    child.signal("early").expect("it is open");
    assert!(child.offers.is_empty(), "also when it is signalled");
    parent.outcome(Outbound::Child(5), Outcome::Started(CHILD));
    let (target, release) = asked(&parent, Outbound::Child(5));
    assert_eq!(target.run_id, Some(CHILD));
    child.ask(release).expect("it is open");
    parent.outcome(Outbound::Child(5), Outcome::Done);
    assert!(parent.owed.is_empty(), "a child that works is on its own");
    child.turn(vec![complete()]).expect("valid");
    let (target, report) = asked(&child, Outbound::Parent);
    assert_eq!((target.workflow.workflow_id.as_str(), target.run_id), ("order-1", Some(parent.run.run_id())));
    parent.ask(report.clone()).expect("it waits for its child");
    assert_eq!(parent.ask(report).err(), Some(Rejection::ChildNotFound), "a child ends once");
    child.outcome(Outbound::Parent, Outcome::Done);
    assert!(child.owed.is_empty(), "whoever has told everyone owes nothing");
    insta::assert_snapshot!(text(&parent) + "--\n" + &text(&child));
}

#[test]
fn a_child_knows_its_parent_its_root_and_inherits_its_priority() {
    let mut parent = World::with(|start| {
        start.attributes.priority = Some(Priority { priority_key: 2, fairness_key: "a".into(), fairness_weight: 3.0 });
    });
    let command = start_child_with("child", |child| {
        child.priority = Some(Priority { priority_key: 1, ..Priority::default() });
    });
    parent.turn(vec![command]).expect("valid");
    let child = child_of(&parent, 5);
    let events = child.events();
    let Some(Event::WorkflowExecutionStartedEventAttributes(started)) = &events[0].attributes else { panic!() };
    let expected = WorkflowExecutionStartedEventAttributes {
        parent_workflow_namespace: "default".into(),
        parent_workflow_namespace_id: Uuid::nil().to_string(),
        parent_workflow_execution: Some(parent.run.state.execution_name()),
        parent_initiated_event_id: 5,
        root_workflow_execution: Some(parent.run.state.execution_name()),
        priority: Some(Priority { priority_key: 1, fairness_key: "a".into(), fairness_weight: 3.0 }),
        identity: String::new(),
        ..(**started).clone()
    };
    assert_eq!(**started, expected);
    let queue = started.task_queue.as_ref().map(|queue| queue.name.as_str());
    assert_eq!(queue, Some("orders"), "a child without a queue of its own has its parent's");
    let shown = parent.run.describe().pending_children;
    assert_eq!((shown[0].workflow_id.as_str(), shown[0].initiated_id), ("child", 5));
}

#[test]
fn a_child_that_cannot_be_started_is_a_failure_that_the_workflow_sees() {
    let mut world = parent(vec![start_child("child"), start_child("other")]);
    world.outcome(Outbound::Child(5), Outcome::Failed(Fault::AlreadyExists));
    world.outcome(Outbound::Child(6), Outcome::Failed(Fault::NamespaceNotFound));
    assert!(world.owed.is_empty());
    insta::assert_snapshot!(text(&world));
}

#[test]
fn the_ends_of_children_come_behind_their_starts_with_their_numbers() {
    let mut world = parent(vec![start_child("child"), timer("t", 1)]);
    world.pass(std::time::Duration::from_secs(1));
    world.take_task().expect("the timer fired");
    // All of it arrives while a worker has the task: the end, which says that there was a start, a signal, the start.
    world.ask(ended(5, completed())).expect("the start is recorded with the end");
    world.signal("s").expect("it is open");
    let late = Command::RecordOutcome(Outbound::Child(5), Step::StartChild, Outcome::Started(CHILD));
    world.ask(late).expect("it is not heard");
    world.complete(Vec::new()).expect("valid");
    assert!(world.owed.is_empty());
    insta::assert_snapshot!(text(&world));
}

#[test]
fn every_end_of_a_child_has_its_event() {
    let commands = (0..4).map(|_| start_child("child")).collect();
    let mut world = parent(commands);
    let terminated = WorkflowExecutionTerminatedEventAttributes::default();
    let ends = [
        Event::WorkflowExecutionFailedEventAttributes(Default::default()),
        Event::WorkflowExecutionCanceledEventAttributes(Default::default()),
        Event::WorkflowExecutionTimedOutEventAttributes(Default::default()),
        Event::WorkflowExecutionTerminatedEventAttributes(terminated),
    ];
    for (id, end) in (5..).zip(ends) {
        world.ask(ended(id, end)).expect("it waits for its child");
    }
    insta::assert_snapshot!(text(&world));
}

#[test]
fn the_end_of_a_parent_is_the_end_of_its_children_as_each_was_told() {
    let with =
        |id: &str, policy: ParentClosePolicy| start_child_with(id, |child| child.parent_close_policy = policy as i32);
    let mut world = parent(vec![
        with("child", ParentClosePolicy::Unspecified),
        with("asked", ParentClosePolicy::RequestCancel),
        with("left", ParentClosePolicy::Abandon),
        with("late", ParentClosePolicy::Abandon),
    ]);
    for id in [5, 6, 7] {
        world.outcome(Outbound::Child(id), Outcome::Started(CHILD));
    }
    for id in [5, 6] {
        world.outcome(Outbound::Child(id), Outcome::Done);
    }
    world.turn(vec![complete()]).expect("valid");
    assert_eq!(step(&world, Outbound::Child(5)), Some(Step::TerminateChild));
    assert_eq!(step(&world, Outbound::Child(6)), Some(Step::CancelChild));
    assert_eq!(step(&world, Outbound::Child(7)), Some(Step::ReleaseChild), "it must be able to go on alone");
    assert_eq!(step(&world, Outbound::Child(8)), Some(Step::WithdrawChild), "it was never started");
    let (target, terminate) = asked(&world, Outbound::Child(5));
    assert_eq!((target.run_id, target.first_run_id), (None, Some(CHILD)), "whatever run it is now");
    let Command::Terminate(terminate) = terminate else { panic!("expected a termination") };
    assert_eq!(
        (terminate.reason.as_str(), &*terminate.requester.identity),
        ("by parent close policy", "history-service")
    );
    // A late answer to a step that is not the next one any more.
    let late = Command::RecordOutcome(Outbound::Child(8), Step::StartChild, Outcome::Started(CHILD));
    world.ask(late).expect("it is not heard");
    for id in [5, 6, 7, 8] {
        world.outcome(Outbound::Child(id), Outcome::Done);
    }
    assert!(world.owed.is_empty());
    assert_eq!(world.run.describe().pending_children.len(), 4, "they stay to be shown");
}

#[test]
fn only_the_last_run_of_a_chain_tells_the_parent() {
    let parent = parent(vec![start_child("child")]);
    let mut first = child_of(&parent, 5);
    first.ask(Command::Release).expect("it waits");
    first.now = first.now.after(std::time::Duration::from_secs(1));
    first.turn(vec![continue_as_new()]).expect("valid");
    assert!(first.owed.is_empty(), "another run goes on");
    let successor = first.successor.clone().expect("it has a successor");
    let mut last = World::with(|start| *start = *successor);
    assert!(!last.offers.is_empty(), "the parent knows of the chain");
    last.terminate().expect("it is open");
    let Command::ChildEnded(report) = asked(&last, Outbound::Parent).1 else { panic!("expected a report") };
    assert_eq!((report.initiated_event_id, report.first_run_id), (5, CHILD.to_string()));
    assert_eq!(report.execution.run_id, SUCCESSOR.to_string());
}

#[test]
fn a_child_cancelled_or_terminated_before_it_worked_still_tells_its_parent() {
    let mut parent = parent(vec![start_child("child")]);
    let mut child = child_of(&parent, 5);
    child.terminate().expect("it is open");
    parent.ask(asked(&child, Outbound::Parent).1).expect("it waits for its child");
    assert!(parent.owed.is_empty());
    insta::assert_snapshot!(text(&parent));
}

#[test]
fn signals_and_cancels_of_other_workflows_are_shown_as_done_or_failed() {
    let mut world = parent(vec![
        signal_external("other", false),
        signal_external("other", true),
        cancel_external("other", false),
        cancel_external("other", false),
        signal_external("full", false),
    ]);
    world.outcome(Outbound::Signal(5), Outcome::Done);
    world.outcome(Outbound::Signal(6), Outcome::Failed(Fault::NotFound));
    world.outcome(Outbound::Cancel(7), Outcome::Done);
    world.outcome(Outbound::Cancel(8), Outcome::Failed(Fault::NotFound));
    world.outcome(Outbound::Signal(9), Outcome::Failed(Fault::TooManySignals));
    assert!(world.owed.is_empty());
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_workflow_cannot_signal_or_cancel_itself() {
    let world = parent(vec![signal_external("order-1", false), cancel_external("order-1", false)]);
    for outbound in [Outbound::Signal(5), Outbound::Cancel(6)] {
        let action = world.run.effect(outbound).expect("owed").action;
        assert!(matches!(action, Action::Nothing(Fault::NotFound)), "{action:?}");
    }
}

#[test]
fn who_is_asked_knows_who_asks_and_hears_it_once() {
    let parent_world =
        parent(vec![start_child("child"), signal_external("child", true), cancel_external("elsewhere", true)]);
    let mut child = child_of(&parent_world, 5);
    let (_, signal) = asked(&parent_world, Outbound::Signal(6));
    let (_, cancel) = asked(&parent_world, Outbound::Cancel(7));
    for _ in 0..2 {
        child.ask(signal.clone()).expect("it is the parent");
        child.ask(cancel.clone()).expect("it is the parent");
    }
    let events = child.events();
    assert_eq!(events.len(), 3, "each is heard once");
    let Some(Event::WorkflowExecutionSignaledEventAttributes(signaled)) = &events[1].attributes else { panic!() };
    let sender = Some(parent_world.run.state.execution_name());
    assert_eq!((&signaled.external_workflow_execution, signaled.identity.as_str()), (&sender, "history-service"));
    let Some(Event::WorkflowExecutionCancelRequestedEventAttributes(asked_for)) = &events[2].attributes else {
        panic!()
    };
    assert_eq!((&asked_for.external_workflow_execution, asked_for.external_initiated_event_id), (&sender, 7));
    let mut stranger = World::new();
    assert_eq!(stranger.ask(signal).err(), Some(Rejection::ParentMismatch));
    assert_eq!(stranger.ask(cancel).err(), Some(Rejection::ParentMismatch));
}

#[test]
fn what_a_closed_run_asked_of_others_is_not_asked_any_more() {
    let mut world = parent(vec![signal_external("other", false), complete()]);
    assert!(world.owed.is_empty());
    let late = Command::RecordOutcome(Outbound::Signal(5), Step::Signal, Outcome::Done);
    world.ask(late).expect("it is not heard");
    assert_eq!(world.run.status(), WorkflowExecutionStatus::Completed);
}

#[test]
fn a_run_made_by_a_reset_has_the_children_that_its_history_has() {
    let mut old = parent(vec![start_child("child"), start_child("second")]);
    old.outcome(Outbound::Child(5), Outcome::Started(CHILD));
    let events: Vec<_> = old.events().into_iter().cloned().collect();
    let cut: Vec<_> = events.iter().take_while(|event| event.event_id <= 8).cloned().collect();
    old.outcome(Outbound::Child(6), Outcome::Started(RunId(Uuid::from_u128(8))));
    old.ask(ended(5, completed())).expect("it waits for its child");
    let later = old.events().into_iter().skip(cut.len()).cloned().collect();
    let reset = Reset {
        key: abide_model::RunKey { run_id: SUCCESSOR, ..old.run.key() },
        namespace_name: "default".into(),
        base_run_id: old.run.run_id(),
        create_request_id: "start-1".into(),
        request_id: "reset".into(),
        reason: "again".into(),
        events: cut,
        later,
        options: Vec::new(),
    };
    let new = World::reset(Box::new(reset), old.now).expect("it can be cut there");
    insta::assert_snapshot!(text(&new));
    assert_eq!(step(&new, Outbound::Child(6)), Some(Step::ReleaseChild), "a note is no history");
    assert_eq!(step(&new, Outbound::Child(5)), None, "it has ended");
}

#[test]
fn a_child_that_the_old_run_has_started_and_withdrawn_is_not_the_one_that_the_new_run_starts() {
    let mut old = parent(vec![start_child("child")]);
    old.signal("more").expect("it is open");
    let reset = Reset {
        key: abide_model::RunKey { run_id: SUCCESSOR, ..old.run.key() },
        namespace_name: "default".into(),
        base_run_id: old.run.run_id(),
        create_request_id: "start-1".into(),
        request_id: "reset".into(),
        reason: "again".into(),
        events: old.events().into_iter().cloned().collect(),
        later: Vec::new(),
        options: Vec::new(),
    };
    let mut new = World::reset(Box::new(reset), old.now).expect("it can be cut there");
    let of_the_old = ended_of(old.run.run_id(), 5, completed());
    assert_eq!(new.ask(of_the_old).expect_err("another one"), Rejection::ChildNotFound);
    assert_eq!(step(&new, Outbound::Child(5)), Some(Step::StartChild), "it still starts its own");
    new.ask(ended_of(SUCCESSOR, 5, completed())).expect("its own");
}

#[test]
fn another_namespace_may_be_named_where_it_is_allowed() {
    let mut world = World::new();
    let other = NamespaceId(Uuid::from_u128(9));
    world.take_task().expect("offered");
    let command = in_namespace(start_child("child"), "other");
    let reply = world.complete_with(vec![command], |completion| {
        completion.namespaces = BTreeMap::from([("other".to_owned(), other)]);
    });
    reply.expect("valid");
    let Action::Start { start, .. } = world.run.effect(Outbound::Child(5)).expect("owed").action else { panic!() };
    assert_eq!((start.key.workflow.namespace, start.namespace_name.as_str()), (other, "other"));
}
