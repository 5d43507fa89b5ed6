//! Updates: requests that the workflow validates, answers, or turns down. A request waits here (a note) until a workflow
//! task carries it to a worker; only its acceptance and its outcome are events. What was turned down leaves no event.
//! Invariant: an accepted update stays until it completes or the run closes; what is not accepted never outlives the run.

mod message;

pub(super) use message::{Messages, UpdateDecision, check_bodies, only_rejections};

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    enums::v1::UpdateAdmittedEventOrigin,
    failure::v1::{ApplicationFailureInfo, Failure, failure::FailureInfo},
    history::v1::{
        HistoryEvent, WorkflowExecutionUpdateAcceptedEventAttributes, WorkflowExecutionUpdateAdmittedEventAttributes,
        WorkflowExecutionUpdateCompletedEventAttributes, history_event::Attributes,
    },
    protocol::v1::{Message, message::SequencingId},
    update::v1::Request,
};
use abide_model::settings::UpdateLimits;
use abide_model::{Timestamp, limits};
use prost::Message as _;
use prost_types::Any;

use super::event::event;
use super::note::{NoteKind, UpdateAdmitted, UpdateDropped};
use super::rejection::{Rejection, UpdateRefusal};
use super::reply::Reply;
use super::state::State;
use super::{Change, Out, Run};

/// The updates of a run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Updates {
    /// Those without an outcome, by id.
    #[prost(btree_map = "string, message", tag = "1")]
    pub open: BTreeMap<String, OpenUpdate>,
    /// Those with an outcome, by id: the event that has it.
    #[prost(btree_map = "string, int64", tag = "2")]
    pub completed: BTreeMap<String, i64>,
    /// How many were ever admitted.
    #[prost(uint64, tag = "3")]
    pub admitted: u64,
}

/// An update without an outcome.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OpenUpdate {
    /// Its place in the order of admission.
    #[prost(uint64, tag = "1")]
    pub place: u64,
    /// How far it is; always set.
    #[prost(oneof = "Stage", tags = "2, 3, 4")]
    pub stage: Option<Stage>,
}

/// How far an update is.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Stage {
    /// It waits for a workflow task.
    #[prost(message, tag = "2")]
    Admitted(Asked),
    /// A worker was shown it, and has not said a word about it.
    #[prost(message, tag = "3")]
    Sent(Asked),
    /// The workflow works on it.
    #[prost(message, tag = "4")]
    Accepted(Accepted),
}

/// What an update asks.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Asked {
    /// None when an event of the history says it, as after a reset.
    #[prost(message, optional, tag = "1")]
    pub request: Option<Request>,
}

/// An accepted update.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Accepted {
    /// The event that says so.
    #[prost(int64, tag = "1")]
    pub event_id: i64,
}

/// How an update left the run without an event.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum UpdateEnd {
    /// The workflow turned it down, or the server did because the worker ignored it.
    #[prost(message, tag = "2")]
    Rejected(Failure),
    /// It was not looked at to the end.
    #[prost(enumeration = "UpdateAbort", tag = "3")]
    Aborted(i32),
}

/// Why an update was not looked at to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum UpdateAbort {
    /// The run closed.
    RunClosed = 0,
    /// The run closed, and another one goes on with its work, which may take the update.
    RunContinued = 1,
    /// The workflow task that carried it was refused.
    TaskRefused = 2,
}

/// How far an update is, as its callers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateStatus {
    /// It waits for the workflow.
    Admitted,
    /// The workflow works on it.
    Accepted,
    /// It has an outcome.
    Completed {
        /// The event that has it.
        event_id: i64,
    },
    /// The run closed while the workflow worked on it.
    Unfinished,
}

impl Change {
    /// The update that left the run without an event by this change, and how.
    pub fn dropped_update(&self) -> Option<(&str, UpdateEnd)> {
        match self {
            Change::Note(super::Note { kind: Some(NoteKind::UpdateDropped(dropped)) }) => {
                // A reason that a later version wrote.
                let end = dropped.end.clone().unwrap_or(UpdateEnd::Aborted(UpdateAbort::RunClosed as i32));
                Some((&dropped.update_id, end))
            }
            Change::Note(_) | Change::Event(_) => None,
        }
    }
}

/// The id of an update.
pub fn update_id(request: &Request) -> &str {
    request.meta.as_ref().map_or("", |meta| &meta.update_id)
}

/// What the caller of an accepted update is told when the run closed before it had an outcome.
pub fn unfinished_update_failure() -> Failure {
    let message = "Workflow Update failed because the Workflow completed before the Update completed.";
    server_failure(message, "AcceptedUpdateCompletedWorkflow")
}

fn unprocessed_failure() -> Failure {
    let message = "Workflow Update is rejected because it wasn't processed by worker. Probably, Workflow Update is not \
                   supported by the worker.";
    server_failure(message, "UnprocessedUpdate")
}

fn server_failure(message: &str, kind: &str) -> Failure {
    let info = ApplicationFailureInfo { r#type: kind.into(), non_retryable: true, ..ApplicationFailureInfo::default() };
    Failure {
        message: message.into(),
        source: "Server".into(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
        ..Failure::default()
    }
}

/// The id of the message that carries the request of an update.
fn request_message_id(update_id: &str) -> String {
    format!("{update_id}/request")
}

impl Updates {
    /// Whether one waits for a workflow task.
    pub fn wait_for_task(&self) -> bool {
        self.open.values().any(|update| matches!(update.stage, Some(Stage::Admitted(_))))
    }

    /// Those that a worker was shown and has not said a word about.
    pub fn sent(&self) -> Vec<String> {
        let sent = self.open.iter().filter(|(_, update)| matches!(update.stage, Some(Stage::Sent(_))));
        sent.map(|(id, _)| id.clone()).collect()
    }

    /// Whether there were so many that the workflow had better continue as new.
    pub fn suggest_continue(&self, limits: UpdateLimits) -> bool {
        let percent = limits::UPDATES_SUGGEST_CONTINUE_PERCENT;
        limits.total_max > 0 && self.total() >= (limits.total_max * percent).div_ceil(100)
    }

    fn total(&self) -> usize {
        self.open.len() + self.completed.len()
    }

    fn is_full(&self, limits: UpdateLimits) -> bool {
        limits.total_max > 0 && self.total() >= limits.total_max
    }

    fn status(&self, id: &str) -> Option<UpdateStatus> {
        if let Some(event_id) = self.completed.get(id) {
            return Some(UpdateStatus::Completed { event_id: *event_id });
        }
        Some(match self.open.get(id)?.stage {
            Some(Stage::Accepted(_)) => UpdateStatus::Accepted,
            Some(Stage::Admitted(_) | Stage::Sent(_)) | None => UpdateStatus::Admitted,
        })
    }

    fn check_room(&self, request: &Request, limits: UpdateLimits) -> Result<(), UpdateRefusal> {
        if limits.in_flight_max > 0 && self.open.len() >= limits.in_flight_max {
            return Err(UpdateRefusal::TooManyInFlight { max: limits.in_flight_max });
        }
        if self.is_full(limits) {
            return Err(UpdateRefusal::TooMany { max: limits.total_max });
        }
        let in_flight: usize = self.open.iter().map(|(id, update)| 2 * id.len() + update.request_bytes()).sum();
        if in_flight + request.encoded_len() >= limits.in_flight_bytes_max {
            return Err(UpdateRefusal::TooLargeInFlight { max: limits.in_flight_bytes_max });
        }
        Ok(())
    }

    fn enter(&mut self, id: String, stage: Stage) {
        self.admitted += 1;
        self.open.insert(id, OpenUpdate { place: self.admitted, stage: Some(stage) });
    }
}

impl OpenUpdate {
    fn request_bytes(&self) -> usize {
        match &self.stage {
            Some(Stage::Admitted(asked) | Stage::Sent(asked)) => {
                asked.request.as_ref().map_or(0, prost::Message::encoded_len)
            }
            Some(Stage::Accepted(_)) | None => 0,
        }
    }
}

impl State {
    /// How far an update is; none when there is no such update (any more).
    pub fn update_status(&self, id: &str) -> Option<UpdateStatus> {
        match self.updates.status(id)? {
            UpdateStatus::Accepted if !self.is_open() => Some(UpdateStatus::Unfinished),
            status => Some(status),
        }
    }

    /// The requests that the started workflow task carries: those that no worker has answered, in the order in which
    /// they were admitted. A request that the history tells is not told twice.
    pub fn update_messages(&self, started_event_id: i64) -> Vec<Message> {
        let mut sent: Vec<_> = self.updates.open.iter().collect();
        sent.sort_by_key(|(_, update)| update.place);
        let message = |(id, update): (&String, &OpenUpdate)| match &update.stage {
            Some(Stage::Sent(Asked { request: Some(request) })) => Some(Message {
                id: request_message_id(id),
                protocol_instance_id: id.clone(),
                body: Some(Any {
                    type_url: "type.googleapis.com/temporal.api.update.v1.Request".into(),
                    value: request.encode_to_vec(),
                }),
                sequencing_id: Some(SequencingId::EventId(started_event_id - 1)),
            }),
            Some(Stage::Sent(_) | Stage::Admitted(_) | Stage::Accepted(_)) | None => None,
        };
        sent.into_iter().filter_map(message).collect()
    }
}

impl Run {
    /// Admits an update: the next workflow task carries it. An update that is known already is not admitted again.
    pub(super) fn update(&mut self, request: Request, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        let tasks = &self.state.workflow_tasks;
        let attempt = tasks.open.as_ref().map_or(tasks.next_attempt, |open| open.attempt);
        if self.state.is_paused() {
            return Err(UpdateRefusal::Paused.into());
        }
        if attempt >= limits::UPDATE_ATTEMPT_GATE {
            return Err(UpdateRefusal::TaskFails.into());
        }
        self.state.takes_news()?;
        if self.state.updates.status(update_id(&request)).is_none() {
            self.state.updates.check_room(&request, out.limits.updates)?;
            self.admit_update(request, out);
            self.want_speculative_task(now, out);
        }
        Ok(Reply::Done)
    }

    pub(super) fn admit_update(&mut self, request: Request, out: &mut Out) {
        self.emit_note(NoteKind::UpdateAdmitted(Box::new(UpdateAdmitted { request: Some(request) })), out);
    }

    /// Admits an update of the run that this one was reset from, unless it is known here: an event says it, so that a
    /// replay does, too. An acceptance without its request follows an event that had it.
    pub(super) fn admit_reapplied_update(&mut self, request: Option<Request>, now: Timestamp, out: &mut Out) {
        let Some(request) = request else { return };
        if self.state.updates.status(update_id(&request)).is_none() {
            let attributes = WorkflowExecutionUpdateAdmittedEventAttributes {
                request: Some(request),
                origin: UpdateAdmittedEventOrigin::Reapply as i32,
            };
            self.record(now, event(Attributes::WorkflowExecutionUpdateAdmittedEventAttributes(attributes)), out);
        }
    }

    /// The workflow turned it down. Of one that was lost with a crash, nobody waits for that.
    pub(super) fn reject_update(&mut self, id: String, failure: Failure, out: &mut Out) {
        if self.state.updates.open.contains_key(&id) {
            self.drop_update(id, UpdateEnd::Rejected(failure), out);
        }
    }

    /// What the worker's completion said nothing about is turned down: it would be sent again and again.
    pub(super) fn reject_unprocessed_updates(&mut self, out: &mut Out) {
        for id in self.state.updates.sent() {
            self.drop_update(id, UpdateEnd::Rejected(unprocessed_failure()), out);
        }
    }

    /// The worker's completion was refused: whoever asked what it carried is told, lest the same thing happens again.
    pub(super) fn abort_sent_updates(&mut self, out: &mut Out) {
        for id in self.state.updates.sent() {
            self.drop_update(id, UpdateEnd::Aborted(UpdateAbort::TaskRefused as i32), out);
        }
    }

    /// The run closes with this event: what is not accepted goes.
    pub(super) fn abort_updates(&mut self, last: &HistoryEvent, out: &mut Out) {
        let why = if has_successor(last) { UpdateAbort::RunContinued } else { UpdateAbort::RunClosed };
        let open = self.state.updates.open.iter();
        let unaccepted = open.filter(|(_, update)| !matches!(update.stage, Some(Stage::Accepted(_))));
        for id in unaccepted.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.drop_update(id, UpdateEnd::Aborted(why as i32), out);
        }
    }

    fn drop_update(&mut self, update_id: String, end: UpdateEnd, out: &mut Out) {
        self.emit_note(NoteKind::UpdateDropped(Box::new(UpdateDropped { update_id, end: Some(end) })), out);
    }

    pub(super) fn apply_update_admitted(&mut self, admitted: &UpdateAdmitted) {
        let request = admitted.request.clone().unwrap_or_default();
        let id = update_id(&request).to_owned();
        self.state.updates.enter(id, Stage::Admitted(Asked { request: Some(request) }));
    }

    pub(super) fn apply_update_reapplied(&mut self, admitted: &WorkflowExecutionUpdateAdmittedEventAttributes) {
        let id = admitted.request.as_ref().map(update_id).unwrap_or_default().to_owned();
        self.state.updates.enter(id, Stage::Admitted(Asked { request: None }));
    }

    pub(super) fn apply_update_accepted(
        &mut self,
        event_id: i64,
        accepted: &WorkflowExecutionUpdateAcceptedEventAttributes,
    ) {
        let stage = Stage::Accepted(Accepted { event_id });
        match self.state.updates.open.get_mut(&accepted.protocol_instance_id) {
            Some(update) => update.stage = Some(stage),
            None => self.state.updates.enter(accepted.protocol_instance_id.clone(), stage),
        }
    }

    pub(super) fn apply_update_completed(
        &mut self,
        event_id: i64,
        completed: &WorkflowExecutionUpdateCompletedEventAttributes,
    ) {
        let id = completed.meta.as_ref().map(|meta| meta.update_id.clone()).unwrap_or_default();
        self.state.updates.open.remove(&id);
        self.state.updates.completed.insert(id, event_id);
    }

    pub(super) fn apply_update_dropped(&mut self, dropped: &UpdateDropped) {
        self.state.updates.open.remove(&dropped.update_id);
    }

    /// A workflow task was started: its worker is shown everything that waits.
    pub(super) fn apply_updates_sent(&mut self) {
        for update in self.state.updates.open.values_mut() {
            if let Some(Stage::Admitted(asked)) = &mut update.stage {
                update.stage = Some(Stage::Sent(std::mem::take(asked)));
            }
        }
    }
}

/// Whether another run goes on with the work of the one that this event closes.
fn has_successor(last: &HistoryEvent) -> bool {
    match &last.attributes {
        Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(_)) => true,
        Some(Attributes::WorkflowExecutionCompletedEventAttributes(end)) => !end.new_execution_run_id.is_empty(),
        Some(Attributes::WorkflowExecutionFailedEventAttributes(end)) => !end.new_execution_run_id.is_empty(),
        Some(Attributes::WorkflowExecutionTimedOutEventAttributes(end)) => !end.new_execution_run_id.is_empty(),
        _ => false,
    }
}
