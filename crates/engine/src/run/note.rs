//! Notes: what history does not show. Their stored form is protobuf; tags are for ever.

use std::time::Duration;

use abide_api::temporal::api::{
    activity::v1::ActivityOptions, common::v1::Payloads, failure::v1::Failure, history::v1::HistoryEvent,
    sdk::v1::UserMetadata,
};
use abide_model::Timestamp;
use bytes::{Buf, Bytes};
use prost::Message;

use super::command::QueueName;
use super::state::{ActivityStarted, Identity, Pause, StartedPart, Sticky};
use super::update::UpdateEnd;
use super::{Change, DecodeError};

/// What history does not show.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Note {
    /// Which; always set.
    #[prost(
        oneof = "NoteKind",
        tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 30, 31, 32, 33, 40, 41, 50, 51, 52, 53, 54, 60, 61"
    )]
    pub kind: Option<NoteKind>,
}

/// Which note.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum NoteKind {
    /// What event 1 does not say.
    #[prost(message, boxed, tag = "1")]
    Began(Box<Began>),
    /// An event that waits for the started workflow task to end.
    #[prost(message, boxed, tag = "2")]
    Buffered(Box<HistoryEvent>),
    /// The buffer is empty; the next events are those that were in it.
    #[prost(message, tag = "3")]
    Flushed(Flushed),
    /// A buffered firing of a timer is taken back, because the workflow cancelled the timer first.
    #[prost(message, tag = "4")]
    FiringWithdrawn(FiringWithdrawn),
    /// A transient workflow task is offered.
    #[prost(message, tag = "5")]
    WorkflowTaskScheduled(WorkflowTaskScheduled),
    /// A worker has the workflow task.
    #[prost(message, tag = "6")]
    WorkflowTaskStarted(StartedPart),
    /// The workflow task waits again, in this queue.
    #[prost(message, tag = "7")]
    WorkflowTaskOffered(QueueName),
    /// A transient workflow task ended without an event.
    #[prost(message, tag = "8")]
    WorkflowTaskDropped(WorkflowTaskDropped),
    /// The worker that has the run cached, or that none has.
    #[prost(message, tag = "9")]
    Stickiness(Stickiness),
    /// A worker has the activity.
    #[prost(message, tag = "10")]
    ActivityStarted(ActivityStartedNote),
    /// A worker said that the activity goes on.
    #[prost(message, tag = "11")]
    ActivityHeartbeat(ActivityHeartbeat),
    /// An attempt failed; another follows.
    #[prost(message, boxed, tag = "12")]
    ActivityRetry(Box<ActivityRetry>),
    /// An attempt waits for a worker (again).
    #[prost(message, tag = "13")]
    ActivityOffered(ActivityOffered),
    /// The delay before the first workflow task is over.
    #[prost(message, tag = "14")]
    StartDelayOver(StartDelayOver),
    /// The attempt number that the next workflow task has.
    #[prost(int32, tag = "15")]
    NextAttempt(i32),
    /// An update waits for a workflow task.
    #[prost(message, boxed, tag = "20")]
    UpdateAdmitted(Box<UpdateAdmitted>),
    /// An update left the run without an event.
    #[prost(message, boxed, tag = "21")]
    UpdateDropped(Box<UpdateDropped>),
    /// A workflow task is offered that may never have been.
    #[prost(message, tag = "22")]
    SpeculativeTaskScheduled(SpeculativeTaskScheduled),
    /// A speculative workflow task never was.
    #[prost(message, tag = "23")]
    WorkflowTaskDiscarded(WorkflowTaskDiscarded),
    /// A child whose start is recorded may work.
    #[prost(message, tag = "30")]
    ChildReleased(ChildReleased),
    /// What the end of the run means for a child is done.
    #[prost(message, tag = "31")]
    ChildLeft(ChildLeft),
    /// The parent knows of this child.
    #[prost(message, tag = "32")]
    Released(Released),
    /// The parent knows how this child ended.
    #[prost(message, tag = "33")]
    ParentTold(ParentTold),
    /// The history up to here was that of another run.
    #[prost(message, boxed, tag = "40")]
    Reset(Box<ResetNote>),
    /// Another run was made of this one.
    #[prost(message, tag = "41")]
    ReplacedBy(ReplacedBy),
    /// An activity is paused.
    #[prost(message, tag = "50")]
    ActivityPaused(ActivityPaused),
    /// An activity is not paused any more.
    #[prost(message, tag = "51")]
    ActivityUnpaused(ActivityUnpaused),
    /// An activity begins again at its first attempt.
    #[prost(message, tag = "52")]
    ActivityReset(ActivityReset),
    /// An activity has other options.
    #[prost(message, boxed, tag = "53")]
    ActivityOptionsChanged(Box<ActivityOptionsChanged>),
    /// The open workflow task goes on for one that was scheduled then.
    #[prost(message, tag = "54")]
    WorkflowTaskGoesOnSince(Timestamp),
    /// The address of a callback was told, or not.
    #[prost(message, boxed, tag = "60")]
    CallbackAttempted(Box<CallbackAttempted>),
    /// The address of a callback is to be told again.
    #[prost(message, tag = "61")]
    CallbackDue(CallbackDue),
}

/// An activity is paused.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityPaused {
    /// Which.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// By whom.
    #[prost(message, required, tag = "2")]
    pub pause: Pause,
}

/// When an attempt that no worker has is offered, instead of the time that was set before.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Rescheduled {
    /// When this was decided.
    #[prost(message, required, tag = "1")]
    pub now: Timestamp,
    /// When it is offered.
    #[prost(message, required, tag = "2")]
    pub next_at: Timestamp,
}

/// An activity is not paused any more.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ActivityUnpaused {
    /// Which.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// Whether its attempts are counted from one again.
    #[prost(bool, tag = "2")]
    pub resets_attempts: bool,
    /// Whether what it said it had done is forgotten.
    #[prost(bool, tag = "3")]
    pub forgets_heartbeat: bool,
    /// None when a worker has it.
    #[prost(message, optional, tag = "4")]
    pub rescheduled: Option<Rescheduled>,
}

/// An activity begins again at its first attempt.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ActivityReset {
    /// Which.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// Whether what it said it had done is forgotten.
    #[prost(bool, tag = "2")]
    pub forgets_heartbeat: bool,
    /// Whether it is not paused any more.
    #[prost(bool, tag = "3")]
    pub unpauses: bool,
    /// None when a worker has it, or it stays paused.
    #[prost(message, optional, tag = "4")]
    pub rescheduled: Option<Rescheduled>,
}

/// An activity has other options.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityOptionsChanged {
    /// Which.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// All of them.
    #[prost(message, required, tag = "2")]
    pub options: ActivityOptions,
    /// None when a worker has it, or it is about to be reset.
    #[prost(message, optional, tag = "3")]
    pub rescheduled: Option<Rescheduled>,
}

/// A child may work.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ChildReleased {
    /// Which.
    #[prost(int64, tag = "1")]
    pub initiated_event_id: i64,
}

/// What the end of the run means for a child is done.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ChildLeft {
    /// Which.
    #[prost(int64, tag = "1")]
    pub initiated_event_id: i64,
}

/// The parent knows of this child.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Released {}

/// The parent knows how this child ended.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ParentTold {}

/// An update waits for a workflow task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateAdmitted {
    /// What it asks; always set.
    #[prost(message, optional, tag = "1")]
    pub request: Option<abide_api::temporal::api::update::v1::Request>,
}

/// An update left the run without an event.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateDropped {
    /// Which.
    #[prost(string, tag = "1")]
    pub update_id: String,
    /// How; always set.
    #[prost(oneof = "UpdateEnd", tags = "2, 3")]
    pub end: Option<UpdateEnd>,
}

/// A workflow task is offered that may never have been.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SpeculativeTaskScheduled {
    /// When.
    #[prost(message, required, tag = "1")]
    pub at: Timestamp,
    /// Where.
    #[prost(message, required, tag = "2")]
    pub queue: QueueName,
    /// Start to close: nanoseconds.
    #[prost(int64, tag = "3")]
    pub timeout_nanos: i64,
}

/// A speculative workflow task never was.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct WorkflowTaskDiscarded {}

/// What event 1 does not say.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Began {
    /// Which run this is.
    #[prost(message, required, tag = "1")]
    pub identity: Identity,
    /// What a user interface shows with the run.
    #[prost(message, optional, tag = "2")]
    pub user_metadata: Option<UserMetadata>,
}

/// The buffer is empty.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Flushed {
    /// How many events were in it.
    #[prost(uint32, tag = "1")]
    pub events: u32,
}

/// A buffered firing is taken back.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct FiringWithdrawn {
    /// The event that started the timer.
    #[prost(int64, tag = "1")]
    pub started_event_id: i64,
}

/// A transient workflow task is offered.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WorkflowTaskScheduled {
    /// When.
    #[prost(message, required, tag = "1")]
    pub at: Timestamp,
    /// Where.
    #[prost(message, required, tag = "2")]
    pub queue: QueueName,
    /// Start to close: nanoseconds.
    #[prost(int64, tag = "3")]
    pub timeout_nanos: i64,
    /// More than 1.
    #[prost(int32, tag = "4")]
    pub attempt: i32,
}

/// A workflow task ended without an event.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct WorkflowTaskDropped {}

/// The worker that has the run cached.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Stickiness {
    /// None clears it.
    #[prost(message, optional, tag = "1")]
    pub sticky: Option<Sticky>,
}

/// A worker has the activity.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityStartedNote {
    /// Which.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// Its part.
    #[prost(message, required, tag = "2")]
    pub started: ActivityStarted,
}

/// A worker said that the activity goes on.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityHeartbeat {
    /// Which.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// When.
    #[prost(message, required, tag = "2")]
    pub at: Timestamp,
    /// For the next attempt.
    #[prost(message, optional, tag = "3")]
    pub details: Option<Payloads>,
    /// The worker.
    #[prost(string, tag = "4")]
    pub identity: String,
}

/// An attempt failed; another follows.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityRetry {
    /// Which.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// When the attempt ended.
    #[prost(message, required, tag = "2")]
    pub ended_at: Timestamp,
    /// When the next one is offered.
    #[prost(message, required, tag = "3")]
    pub next_at: Timestamp,
    /// Why it failed.
    #[prost(message, optional, tag = "4")]
    pub failure: Option<Failure>,
}

/// An attempt waits for a worker.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct ActivityOffered {
    /// Which.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
}

/// The delay before the first workflow task is over.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct StartDelayOver {}

/// The history up to here was that of another run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResetNote {
    /// When.
    #[prost(message, required, tag = "1")]
    pub at: Timestamp,
    /// The other run, as text.
    #[prost(string, tag = "2")]
    pub base_run_id: String,
    /// The request to reset.
    #[prost(string, tag = "3")]
    pub request_id: String,
}

/// Another run was made of this one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ReplacedBy {
    /// That run, as text.
    #[prost(string, tag = "1")]
    pub run_id: String,
}

/// The address of a callback was told, or not.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CallbackAttempted {
    /// Which callback.
    #[prost(int64, tag = "1")]
    pub number: i64,
    /// When the attempt ended.
    #[prost(message, required, tag = "2")]
    pub at: Timestamp,
    /// Why it failed, if it did.
    #[prost(message, optional, tag = "3")]
    pub failure: Option<Failure>,
    /// When the next one begins; none when there is no next one.
    #[prost(message, optional, tag = "4")]
    pub next_at: Option<Timestamp>,
}

/// The address of a callback is to be told again.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct CallbackDue {
    /// Which callback.
    #[prost(int64, tag = "1")]
    pub number: i64,
}

/// Before a stored event, and before a stored note: keys of a protobuf message with a choice of the two.
const EVENT_TAG: u8 = 0x0A;
const NOTE_TAG: u8 = 0x12;

/// The changes of one transition as one history node stores them: protobuf messages, each behind its length.
pub fn encode_changes(changes: &[Change]) -> Bytes {
    // Written by hand, because a message would own what it encodes.
    let lengths: Vec<usize> = changes.iter().map(change_length).collect();
    let total = lengths.iter().map(|length| length + 2 * prost::length_delimiter_len(*length) + 1).sum();
    let mut bytes = Vec::with_capacity(total);
    for (change, length) in changes.iter().zip(lengths) {
        let tag: u8 = match change {
            Change::Event(_) => EVENT_TAG,
            Change::Note(_) => NOTE_TAG,
        };
        let outer = 1 + prost::length_delimiter_len(length) + length;
        prost::encode_length_delimiter(outer, &mut bytes).expect("a vector grows");
        bytes.push(tag);
        prost::encode_length_delimiter(length, &mut bytes).expect("a vector grows");
        match change {
            Change::Event(event) => event.encode_raw(&mut bytes),
            Change::Note(note) => note.encode_raw(&mut bytes),
        }
    }
    Bytes::from(bytes)
}

fn change_length(change: &Change) -> usize {
    match change {
        Change::Event(event) => event.encoded_len(),
        Change::Note(note) => note.encoded_len(),
    }
}

/// The changes that a history node stores.
pub fn decode_changes(bytes: Bytes) -> Result<Vec<Change>, DecodeError> {
    let mut rest = bytes;
    let mut changes = Vec::new();
    while rest.has_remaining() {
        changes.push(match take_change(&mut rest)? {
            Encoded::Event(event) => Change::Event(Box::new(HistoryEvent::decode(event).map_err(undecodable)?)),
            Encoded::Note(note) => match Note::decode(note).map_err(undecodable)? {
                Note { kind: None } => return Err(DecodeError("a note of an unknown kind".into())),
                note => Change::Note(note),
            },
        });
    }
    Ok(changes)
}

/// The events among the changes that a history node stores, each still encoded.
pub fn encoded_events(bytes: Bytes) -> Result<Vec<Bytes>, DecodeError> {
    let mut rest = bytes;
    let mut events = Vec::new();
    while rest.has_remaining() {
        if let Encoded::Event(event) = take_change(&mut rest)? {
            events.push(event);
        }
    }
    Ok(events)
}

/// A stored change.
enum Encoded {
    Event(Bytes),
    Note(Bytes),
}

fn take_change(bytes: &mut Bytes) -> Result<Encoded, DecodeError> {
    let mut change = take(bytes)?;
    let tag = change.try_get_u8().ok();
    let content = take(&mut change)?;
    match (tag, change.has_remaining()) {
        (Some(EVENT_TAG), false) => Ok(Encoded::Event(content)),
        (Some(NOTE_TAG), false) => Ok(Encoded::Note(content)),
        (_, _) => Err(DecodeError("a change of an unknown kind".into())),
    }
}

/// The bytes behind their length.
fn take(bytes: &mut Bytes) -> Result<Bytes, DecodeError> {
    let length = prost::decode_length_delimiter(&mut *bytes).map_err(undecodable)?;
    if length > bytes.len() { Err(DecodeError("a change is cut off".into())) } else { Ok(bytes.split_to(length)) }
}

fn undecodable(error: prost::DecodeError) -> DecodeError {
    DecodeError(error.to_string())
}

/// Nanoseconds as notes store them.
pub fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// A duration from stored nanoseconds.
pub fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}
