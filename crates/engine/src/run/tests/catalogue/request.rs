//! What others ask of a run: signals, cancellation, termination, pause, other options.

use abide_api::temporal::api::{
    common::v1::{Header, Link, link},
    enums::v1::EventType,
};

use super::golden::Golden;
use crate::run::tests::world::*;
use crate::run::*;

pub const EVENTS: &[Golden] = &[
    Golden { event: EventType::WorkflowExecutionSignaled, play: signaled },
    Golden { event: EventType::WorkflowExecutionCancelRequested, play: cancel_requested },
    Golden { event: EventType::WorkflowExecutionTerminated, play: terminated },
    Golden { event: EventType::WorkflowExecutionOptionsUpdated, play: options_updated },
    Golden { event: EventType::WorkflowExecutionPaused, play: paused },
    Golden { event: EventType::WorkflowExecutionUnpaused, play: unpaused },
];

fn link() -> Link {
    let event = link::WorkflowEvent {
        namespace: "default".into(),
        workflow_id: "caller".into(),
        run_id: "run".into(),
        ..link::WorkflowEvent::default()
    };
    Link { variant: Some(link::Variant::WorkflowEvent(event)) }
}

fn requester() -> Requester {
    Requester { identity: "client".into(), request_id: "request".into(), links: vec![link()], ..Requester::default() }
}

/// While a worker has the task: the signal waits for its end.
fn signaled() -> World {
    let mut world = World::new();
    world.take_task().expect("offered");
    let signal = Signal {
        name: "hello".into(),
        input: Some(payloads(2)),
        header: Some(Header { fields: [("trace".to_owned(), payloads(1).payloads[0].clone())].into() }),
        requester: requester(),
        ends_start_delay: false,
    };
    world.ask(Command::Signal(Box::new(signal))).expect("open");
    world.complete(vec![marker("m")]).expect("valid");
    world
}

fn cancel_requested() -> World {
    let mut world = World::new();
    let cancel = RequestCancel { reason: "enough".into(), requester: requester() };
    world.ask(Command::RequestCancel(cancel)).expect("open");
    world
}

fn terminated() -> World {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.signal("unseen").expect("open");
    let terminate = Terminate { reason: "stop".into(), details: Some(payloads(2)), requester: requester() };
    world.ask(Command::Terminate(terminate)).expect("open");
    world
}

/// Another priority, and a start that joined the run.
fn options_updated() -> World {
    let mut world = World::new();
    world.change_priority(2).expect("open");
    let attach = Attach { request_id: "second start".into(), links: vec![link()], ..Attach::default() };
    world.ask(Command::Attach(Box::new(attach))).expect("open");
    world
}

fn paused() -> World {
    let mut world = World::new();
    world.turn(vec![timer("t", 5)]).expect("valid");
    world.pause("p").expect("open");
    world
}

fn unpaused() -> World {
    let mut world = paused();
    world.signal("meanwhile").expect("open");
    world.unpause().expect("paused");
    world
}
