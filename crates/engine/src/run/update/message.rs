//! What a worker says about updates when it completes a workflow task: accepted, turned down, or done, each in a message.
//! Checked as a whole with the commands, which give the order of the messages that lead to events.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    enums::v1::WorkflowTaskFailedCause as Cause,
    failure::v1::Failure,
    history::v1::{
        WorkflowExecutionUpdateAcceptedEventAttributes, WorkflowExecutionUpdateCompletedEventAttributes,
        history_event::Attributes,
    },
    protocol::v1::Message,
    update::v1::{Acceptance, Rejection as Rejected, Request, Response, outcome::Value},
};

use abide_model::settings::{Limits, UpdateLimits};

use super::{Asked, Stage, request_message_id};
use crate::convert::without_deep_causes;
use crate::run::event::{Annotation, annotated};
use crate::run::rejection::Rejection;
use crate::run::worker_command::{Checked, Turn, refuse, too_large};
use crate::run::{Out, Run};

const CAUSE: Cause = Cause::BadUpdateWorkflowExecutionMessage;
const PROTOCOL: &str = "temporal.api.update.v1";

/// One checked message.
pub enum UpdateDecision {
    /// The workflow works on it.
    Accept {
        /// Which update.
        id: String,
        /// What the worker said.
        acceptance: Acceptance,
    },
    /// The workflow turned it down.
    Reject {
        /// Which update.
        id: String,
        /// Why.
        failure: Failure,
    },
    /// It has an outcome.
    Complete {
        /// Which update.
        id: String,
        /// What the worker said.
        response: Response,
    },
}

/// The messages of a completion, and what those looked at so far have made of their updates.
#[derive(Default)]
pub struct Messages {
    left: Vec<Message>,
    stages: BTreeMap<String, &'static str>,
    limits: UpdateLimits,
}

impl Messages {
    /// All of them.
    pub fn of(messages: &[Message], limits: UpdateLimits) -> Self {
        Self { left: messages.to_vec(), stages: BTreeMap::new(), limits }
    }

    fn take(&mut self, message_id: &str) -> Option<Message> {
        let position = self.left.iter().position(|message| message.id == message_id)?;
        Some(self.left.remove(position))
    }
}

/// A message without a body that says of what kind it is means a broken worker; nothing at all is recorded.
pub fn check_bodies(messages: &[Message]) -> Result<(), Rejection> {
    for message in messages {
        let Some(body) = &message.body else {
            return Err(Rejection::InvalidCommandSequence("nil message body".into()));
        };
        let name = message_name(&body.type_url);
        if name.is_empty() {
            return Err(Rejection::InvalidCommandSequence("no message name specified".into()));
        }
        if !name.contains('.') {
            let text = format!("failed to extract protocol type: no . found in \"{name}\"");
            return Err(Rejection::InvalidCommandSequence(text));
        }
    }
    Ok(())
}

fn message_name(type_url: &str) -> &str {
    type_url.rsplit('/').next().unwrap_or_default()
}

impl Run {
    /// A command that stands for a message.
    pub(in crate::run) fn check_message_command(
        &self,
        message_id: &str,
        messages: &mut Messages,
        limits: &Limits,
    ) -> Checked<UpdateDecision> {
        if message_id.is_empty() {
            return refuse(CAUSE, "MessageID is not set on ProtocolMessageCommand.");
        }
        match messages.take(message_id) {
            Some(message) => self.check_message(message, messages, limits),
            None => refuse(CAUSE, format!("ProtocolMessageCommand referenced absent message ID {message_id}")),
        }
    }

    /// The messages that no command stands for: rejections, and what workers send that leave the commands out.
    pub(in crate::run) fn check_other_messages(
        &self,
        messages: &mut Messages,
        limits: &Limits,
    ) -> Checked<Vec<UpdateDecision>> {
        let left = std::mem::take(&mut messages.left);
        left.into_iter().map(|message| self.check_message(message, messages, limits)).collect()
    }

    fn check_message(&self, message: Message, seen: &mut Messages, limits: &Limits) -> Checked<UpdateDecision> {
        let id = message.protocol_instance_id;
        let body = message.body.unwrap_or_default();
        let name = message_name(&body.type_url);
        if body.value.len() > limits.blob_bytes_max {
            return too_large(CAUSE, format!("Message type {name} exceeds size limit."));
        }
        let Some(kind) = name.strip_prefix(PROTOCOL).and_then(|rest| rest.strip_prefix('.')) else {
            let protocol = name.rsplit_once('.').map_or(name, |(protocol, _)| protocol);
            return refuse(CAUSE, format!("unsupported protocol type {protocol}"));
        };
        match kind {
            "Acceptance" => self.check_acceptance(id, parse(&body.value)?, seen),
            "Rejection" => self.check_rejection(id, parse(&body.value)?, seen),
            "Response" => self.check_response(id, parse(&body.value)?, seen),
            kind => {
                self.known(&id, None, seen)?;
                refuse(CAUSE, format!("Message type *update.{kind} not supported"))
            }
        }
    }

    fn check_acceptance(&self, id: String, acceptance: Acceptance, seen: &mut Messages) -> Checked<UpdateDecision> {
        let stage = self.known(&id, acceptance.accepted_request.as_ref(), seen)?;
        expect_stage(&id, stage, &["Sent", "Admitted"], "Acceptance")?;
        is_set(
            acceptance.accepted_request_sequencing_event_id != 0,
            "Acceptance",
            "accepted_request_sequencing_event_id",
        )?;
        is_set(!acceptance.accepted_request_message_id.is_empty(), "Acceptance", "accepted_request_message_id")?;
        seen.stages.insert(id.clone(), "ProvisionallyAccepted");
        Ok(UpdateDecision::Accept { id, acceptance })
    }

    fn check_rejection(&self, id: String, rejected: Rejected, seen: &mut Messages) -> Checked<UpdateDecision> {
        let stage = self.known(&id, rejected.rejected_request.as_ref(), seen)?;
        expect_stage(&id, stage, &["Sent", "Admitted"], "Rejection")?;
        seen.stages.insert(id.clone(), "ProvisionallyCompleted");
        let failure = without_deep_causes(rejected.failure).unwrap_or_default();
        Ok(UpdateDecision::Reject { id, failure })
    }

    fn check_response(&self, id: String, mut response: Response, seen: &mut Messages) -> Checked<UpdateDecision> {
        let stage = self.known(&id, None, seen)?;
        expect_stage(&id, stage, &["ProvisionallyAccepted", "Accepted"], "Response")?;
        let Some(meta) = &response.meta else { return not_set("Response", "meta") };
        is_set(!meta.update_id.is_empty(), "Response", "meta.update_id")?;
        if meta.update_id != id {
            return refuse(CAUSE, format!("invalid *update.Response: meta.update_id != {id}"));
        }
        is_set(response.outcome.is_some(), "Response", "outcome")?;
        if let Some(Value::Failure(failure)) = response.outcome.as_mut().and_then(|outcome| outcome.value.as_mut()) {
            *failure = without_deep_causes(Some(std::mem::take(failure))).unwrap_or_default();
        }
        seen.stages.insert(id.clone(), "ProvisionallyCompleted");
        Ok(UpdateDecision::Complete { id, response })
    }

    /// How far the update of a message is. One that was lost with a crash comes back by what its worker says of it.
    fn known(&self, id: &str, told: Option<&Request>, seen: &Messages) -> Checked<&'static str> {
        if let Some(stage) = seen.stages.get(id) {
            return Ok(stage);
        }
        let updates = &self.state.updates;
        if updates.completed.contains_key(id) {
            return Ok("Completed");
        }
        match updates.open.get(id).and_then(|update| update.stage.as_ref()) {
            Some(Stage::Admitted(_)) => Ok("Admitted"),
            Some(Stage::Sent(_)) => Ok("Sent"),
            Some(Stage::Accepted(_)) => Ok("Accepted"),
            None if told.is_some() && !updates.is_full(seen.limits) => Ok("Admitted"),
            None => refuse(
                CAUSE,
                format!(
                    "update {id} wasn't found on the server. This is most likely a transient error which will be \
                     resolved automatically by retries"
                ),
            ),
        }
    }

    /// Carries out a checked message.
    pub(in crate::run) fn decide_update(
        &mut self,
        decision: UpdateDecision,
        annotation: Annotation,
        turn: &Turn,
        out: &mut Out,
    ) {
        match decision {
            UpdateDecision::Accept { id, acceptance } => {
                let known = self.state.updates.open.get(&id).and_then(|update| update.stage.clone());
                let accepted_request = match known {
                    Some(Stage::Admitted(Asked { request }) | Stage::Sent(Asked { request })) => request,
                    Some(Stage::Accepted(_)) | None => acceptance.accepted_request,
                };
                let attributes = WorkflowExecutionUpdateAcceptedEventAttributes {
                    accepted_request_message_id: request_message_id(&id),
                    protocol_instance_id: id,
                    accepted_request_sequencing_event_id: acceptance.accepted_request_sequencing_event_id,
                    accepted_request,
                };
                let attributes = Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(attributes);
                self.emit_event(turn.now, annotated(attributes, annotation), out);
            }
            UpdateDecision::Complete { id, response } => {
                let accepted = self.state.updates.open.get(&id).and_then(|update| update.stage.as_ref());
                let accepted_event_id = match accepted {
                    Some(Stage::Accepted(accepted)) => accepted.event_id,
                    Some(Stage::Admitted(_) | Stage::Sent(_)) | None => 0,
                };
                let attributes = WorkflowExecutionUpdateCompletedEventAttributes {
                    meta: response.meta,
                    accepted_event_id,
                    outcome: response.outcome,
                };
                let attributes = Attributes::WorkflowExecutionUpdateCompletedEventAttributes(attributes);
                self.emit_event(turn.now, annotated(attributes, annotation), out);
            }
            UpdateDecision::Reject { id, failure } => self.reject_update(id, failure, out),
        }
    }
}

fn parse<T: prost::Message + Default>(bytes: &[u8]) -> Checked<T> {
    match T::decode(bytes) {
        Ok(message) => Ok(message),
        Err(error) => refuse(CAUSE, format!("unable to unmarshal request: {error}")),
    }
}

fn expect_stage(id: &str, stage: &str, allowed: &[&str], kind: &str) -> Checked<()> {
    if allowed.contains(&stage) {
        return Ok(());
    }
    refuse(
        CAUSE,
        format!(
            "invalid state transition attempted for Update {id}: received *update.{kind} message while in state {stage}"
        ),
    )
}

fn is_set(set: bool, kind: &str, field: &str) -> Checked<()> {
    if set { Ok(()) } else { not_set(kind, field) }
}

fn not_set<T>(kind: &str, field: &str) -> Checked<T> {
    refuse(CAUSE, format!("invalid *update.{kind}: {field} is not set"))
}

/// Whether a completion says nothing but that updates are turned down.
pub fn only_rejections(messages: &[Message]) -> bool {
    messages.iter().all(|message| {
        message.body.as_ref().is_some_and(|body| message_name(&body.type_url) == "temporal.api.update.v1.Rejection")
    })
}
