//! Updates: accepted and completed by what a worker says in messages, admitted again by a reset.

use abide_api::temporal::api::{
    command::v1::{Command as WorkerCommand, ProtocolMessageCommandAttributes, command::Attributes},
    enums::v1::{CommandType, EventType},
    protocol::v1::Message,
    update::v1::{Acceptance, Response},
};
use prost_types::Any;

use super::golden::{Golden, Refusals, Row, bare};
use crate::run::tests::reset::{ALL, reset};
use crate::run::tests::update::{accept, answer, message, reject, request, say};
use crate::run::tests::world::*;

pub const EVENTS: &[Golden] = &[
    Golden { event: EventType::WorkflowExecutionUpdateAdmitted, play: admitted },
    Golden { event: EventType::WorkflowExecutionUpdateAccepted, play: completed },
    Golden { event: EventType::WorkflowExecutionUpdateCompleted, play: completed },
];

pub const COMMANDS: &[Row] =
    &[Row { command: CommandType::ProtocolMessage, accepted: Some(completed), refused: messages_refused }];

/// A run whose worker has an update and nothing else.
fn asked() -> World {
    let mut world = World::new();
    world.turn(vec![]).expect("valid");
    world.update("u").expect("open");
    world.take_task().expect("offered");
    world
}

fn completed() -> World {
    let mut world = asked();
    world.speak(vec![accept("u"), answer("u")], vec![]).expect("valid");
    world
}

/// What was accepted behind the cut is asked again.
fn admitted() -> World {
    reset(&completed(), 4, ALL).expect("a workflow task is open there")
}

fn absent(message_id: &str) -> WorkerCommand {
    let attributes = ProtocolMessageCommandAttributes { message_id: message_id.into() };
    command(CommandType::ProtocolMessage, Attributes::ProtocolMessageCommandAttributes(attributes))
}

fn messages_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::ProtocolMessage));
    refusals.alone("of no message", absent(""));
    refusals.alone("of a message that is not there", absent("m"));
    let mut said = |case, messages: Vec<Message>| {
        let commands = messages.iter().map(say).collect();
        refusals.answer(case, asked(), commands, messages);
    };
    said("an answer before its acceptance", vec![answer("u")]);
    said("an acceptance behind an acceptance", vec![accept("u"), Message { id: "second".into(), ..accept("u") }]);
    said("a rejection behind an answer", vec![accept("u"), answer("u"), reject("u")]);
    said("an answer to nobody", vec![Message { protocol_instance_id: "x".into(), ..answer("u") }]);
    said("an answer without a word", vec![accept("u"), message("m".into(), "u", "Response", &Response::default())]);
    said("an acceptance without a word", vec![message("m".into(), "u", "Acceptance", &Acceptance::default())]);
    said("a message that is no worker's", vec![message("m".into(), "u", "Request", &request("u"))]);
    let other = Any { type_url: "type.googleapis.com/temporal.api.query.v1.Answer".into(), value: Vec::new() };
    said("a message of another protocol", vec![Message { body: Some(other), ..accept("u") }]);
    let nameless = Any { type_url: "type.googleapis.com/Answer".into(), value: Vec::new() };
    said("a message of no protocol", vec![Message { body: Some(nameless), ..accept("u") }]);
    said("a message without a body", vec![Message { body: None, ..accept("u") }]);
    let large = Any { value: vec![0; 1001], ..accept("u").body.unwrap_or_default() };
    said("a message that is too large", vec![Message { body: Some(large), ..accept("u") }]);
}
