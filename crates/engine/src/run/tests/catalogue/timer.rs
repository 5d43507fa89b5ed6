//! Timers.

use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{Command as WorkerCommand, command::Attributes},
    enums::v1::{CommandType, EventType},
    sdk::v1::UserMetadata,
};
use abide_model::limits;

use super::golden::{Golden, Refusals, Row, bare, long, negative};
use crate::run::tests::world::*;

pub const EVENTS: &[Golden] = &[
    Golden { event: EventType::TimerStarted, play: fired },
    Golden { event: EventType::TimerFired, play: fired },
    Golden { event: EventType::TimerCanceled, play: canceled },
];

pub const COMMANDS: &[Row] = &[
    Row { command: CommandType::StartTimer, accepted: Some(started), refused: starts_refused },
    Row { command: CommandType::CancelTimer, accepted: Some(canceled), refused: cancels_refused },
];

fn started() -> World {
    let mut world = World::new();
    world.turn(vec![timer("t", 60), timer("u", 0)]).expect("valid");
    world
}

fn fired() -> World {
    let mut world = World::new();
    world.turn(vec![timer("t", 60)]).expect("valid");
    world.pass(Duration::from_secs(60));
    world
}

fn canceled() -> World {
    let mut world = World::new();
    world.turn(vec![timer("t", 60)]).expect("valid");
    world.signal("wake").expect("open");
    world.turn(vec![cancel_timer("t")]).expect("valid");
    world
}

fn backwards() -> WorkerCommand {
    let mut command = timer("t", 1);
    if let Some(Attributes::StartTimerCommandAttributes(start)) = &mut command.attributes {
        start.start_to_fire_timeout = negative();
    }
    command
}

fn annotated(bytes: usize) -> WorkerCommand {
    let summary = payloads(bytes).payloads.pop();
    WorkerCommand { user_metadata: Some(UserMetadata { summary, details: None }), ..timer("t", 1) }
}

fn starts_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::StartTimer));
    refusals.alone("without an id", timer("", 1));
    refusals.alone("with an id that is too long", timer(&long(), 1));
    refusals.alone("backwards", backwards());
    refusals.list("with an id that another has", vec![timer("t", 1), timer("t", 2)]);
    refusals.alone("with a summary that is too large", annotated(limits::SUMMARY_BYTES_MAX + 1));
}

fn cancels_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::CancelTimer));
    refusals.alone("without an id", cancel_timer(""));
    refusals.alone("with an id that is too long", cancel_timer(&long()));
    refusals.alone("of none", cancel_timer("t"));
    let mut fired = fired();
    fired.take_task().expect("offered");
    refusals.after("of one that has fired", fired, vec![cancel_timer("t")]);
    refusals.list("of one that was canceled", vec![timer("t", 1), cancel_timer("t"), cancel_timer("t")]);
}
