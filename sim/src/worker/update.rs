//! What a worker says about updates. How it takes one follows from its id: done at once, accepted now and done with the
//! next task, or turned down.

use abide_api::temporal::api::{
    command::v1::{Command, ProtocolMessageCommandAttributes, command::Attributes},
    enums::v1::CommandType,
    protocol::v1::Message,
    update::v1::{Acceptance, Meta, Outcome, Rejection, Request, Response, outcome},
};
use prost::Message as _;
use prost_types::Any;

use super::decide::{Retry, command, failure};
use super::view::View;
use crate::calls::text;
use crate::dice::Dice;

/// How an update is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// Accepted and done in one task.
    AtOnce,
    /// Accepted, and done with a later task.
    Later,
    /// Turned down.
    Never,
}

/// How the update with this id is taken.
pub fn taking(update_id: &str) -> Taking {
    *Dice::of(0, update_id).pick(&[Taking::AtOnce, Taking::AtOnce, Taking::Later, Taking::Never])
}

/// Messages about updates, and the commands that say where they stand.
pub fn answers(asked: &[Message], view: &View) -> (Vec<Message>, Vec<Command>) {
    let mut said = Vec::new();
    let mut commands = Vec::new();
    for id in &view.open_updates {
        say(&mut said, &mut commands, done(id));
    }
    for message in asked {
        let Some(request) = message.body.as_ref().and_then(|body| Request::decode(&body.value[..]).ok()) else {
            continue;
        };
        let id = message.protocol_instance_id.clone();
        match taking(&id) {
            Taking::Never => said.push(rejection(&id, message, request)),
            Taking::Later => say(&mut said, &mut commands, acceptance(&id, message, request)),
            Taking::AtOnce => {
                say(&mut said, &mut commands, acceptance(&id, message, request));
                say(&mut said, &mut commands, done(&id));
            }
        }
    }
    (said, commands)
}

fn say(said: &mut Vec<Message>, commands: &mut Vec<Command>, message: Message) {
    let attributes = ProtocolMessageCommandAttributes { message_id: message.id.clone() };
    commands.push(command(CommandType::ProtocolMessage, Attributes::ProtocolMessageCommandAttributes(attributes)));
    said.push(message);
}

fn acceptance(id: &str, asked: &Message, request: Request) -> Message {
    let body = Acceptance {
        accepted_request_message_id: asked.id.clone(),
        accepted_request_sequencing_event_id: sequencing_event_id(asked),
        accepted_request: Some(request),
    };
    message(id, "Acceptance", &body)
}

fn rejection(id: &str, asked: &Message, request: Request) -> Message {
    let body = Rejection {
        rejected_request_message_id: asked.id.clone(),
        rejected_request_sequencing_event_id: sequencing_event_id(asked),
        rejected_request: Some(request),
        failure: Some(failure("turned down", Retry::No)),
    };
    message(id, "Rejection", &body)
}

fn done(id: &str) -> Message {
    let meta = Some(Meta { update_id: id.to_owned(), ..Meta::default() });
    let value = text(id).map(outcome::Value::Success);
    message(id, "Response", &Response { meta, outcome: Some(Outcome { value }) })
}

fn message(id: &str, kind: &str, body: &impl prost::Message) -> Message {
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

fn sequencing_event_id(asked: &Message) -> i64 {
    use abide_api::temporal::api::protocol::v1::message::SequencingId;
    match asked.sequencing_id {
        Some(SequencingId::EventId(id)) => id,
        Some(SequencingId::CommandIndex(_)) | None => 0,
    }
}
