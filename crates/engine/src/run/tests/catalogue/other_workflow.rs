//! Other workflows that are signalled and cancelled, as the history of the one that asks shows it.

use abide_api::temporal::api::{
    common::v1::Header,
    enums::v1::{CommandType, EventType},
};

use super::golden::{Golden, Refusals, Row, bare, long};
use crate::run::tests::family::parent;
use crate::run::tests::world::*;
use crate::run::*;

pub const EVENTS: &[Golden] = &[
    Golden { event: EventType::SignalExternalWorkflowExecutionInitiated, play: signaled },
    Golden { event: EventType::SignalExternalWorkflowExecutionFailed, play: signal_failed },
    Golden { event: EventType::ExternalWorkflowExecutionSignaled, play: signaled },
    Golden { event: EventType::RequestCancelExternalWorkflowExecutionInitiated, play: canceled },
    Golden { event: EventType::RequestCancelExternalWorkflowExecutionFailed, play: cancel_failed },
    Golden { event: EventType::ExternalWorkflowExecutionCancelRequested, play: canceled },
];

pub const COMMANDS: &[Row] = &[
    Row {
        command: CommandType::SignalExternalWorkflowExecution,
        accepted: Some(signal_initiated),
        refused: signals_refused,
    },
    Row {
        command: CommandType::RequestCancelExternalWorkflowExecution,
        accepted: Some(cancel_initiated),
        refused: cancels_refused,
    },
];

#[expect(deprecated, reason = "old workers still set the control field")]
fn signal_initiated() -> World {
    parent(vec![signal_external_with("other", |signal| {
        signal.input = Some(payloads(2));
        signal.control = "control".into();
        signal.header = Some(Header { fields: [("trace".to_owned(), payloads(1).payloads[0].clone())].into() });
    })])
}

fn signaled() -> World {
    let mut world = signal_initiated();
    world.outcome(Outbound::Signal(5), Outcome::Done);
    world
}

fn signal_failed() -> World {
    let mut world = signal_initiated();
    world.outcome(Outbound::Signal(5), Outcome::Failed(Fault::NotFound));
    world
}

fn cancel_initiated() -> World {
    parent(vec![cancel_external("other", false)])
}

fn canceled() -> World {
    let mut world = cancel_initiated();
    world.outcome(Outbound::Cancel(5), Outcome::Done);
    world
}

fn cancel_failed() -> World {
    let mut world = cancel_initiated();
    world.outcome(Outbound::Cancel(5), Outcome::Failed(Fault::NamespaceNotFound));
    world
}

fn signals_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::SignalExternalWorkflowExecution));
    refusals.alone("of nobody", signal_external_with("other", |signal| signal.execution = None));
    refusals.alone("without an id", signal_external("", false));
    refusals.alone("with an id that is too long", signal_external(&long(), false));
    let of_no_run = signal_external_with("other", |signal| {
        signal.execution.as_mut().expect("it names a workflow").run_id = "no run".into();
    });
    refusals.alone("with a run id that is none", of_no_run);
    refusals.alone("without a name", signal_external_with("other", |signal| signal.signal_name.clear()));
    let large = signal_external_with("other", |signal| signal.input = Some(payloads(1001)));
    refusals.alone("with an input that is too large", large);
    refusals.list("one too many", (0..2001).map(|_| signal_external("other", false)).collect());
}

fn cancels_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::RequestCancelExternalWorkflowExecution));
    refusals.alone("without an id", cancel_external("", false));
    refusals.alone("with an id that is too long", cancel_external(&long(), false));
    refusals.alone("with a run id that is none", cancel_external_with("other", |it| it.run_id = "no run".into()));
    let child = vec![start_child("child"), cancel_external("child", true)];
    refusals.list("of a child that starts in the same task", child);
    refusals.list("one too many", (0..2001).map(|_| cancel_external("other", false)).collect());
}
