//! What a run is, in groups; each group is owned by the file of its concept. The structs are their own stored form:
//! protobuf messages whose tags are for ever. What can be computed from them is in [`super::index`], not here.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    activity::v1::ActivityOptions,
    common::v1::{Link, Payload, Payloads, WorkerVersionStamp},
    failure::v1::Failure,
    history::v1::{ActivityTaskScheduledEventAttributes, HistoryEvent, WorkflowExecutionStartedEventAttributes},
    sdk::v1::UserMetadata,
    workflow::v1::ResetPointInfo,
};
use abide_model::Timestamp;

use super::callback::Callbacks;
use super::child::Children;
use super::command::QueueName;
use super::external::External;
use super::update::Updates;

/// Everything about a run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct State {
    /// Which run this is.
    #[prost(message, required, tag = "1")]
    pub identity: Identity,
    /// How it began and whether it has ended.
    #[prost(message, required, tag = "2")]
    pub execution: Execution,
    /// How far its history is.
    #[prost(message, required, tag = "3")]
    pub position: Position,
    /// Its workflow task.
    #[prost(message, required, tag = "4")]
    pub workflow_tasks: WorkflowTasks,
    /// Its pending activities.
    #[prost(message, required, tag = "5")]
    pub activities: Activities,
    /// Its pending timers.
    #[prost(message, required, tag = "6")]
    pub timers: Timers,
    /// The signals that it has had.
    #[prost(message, required, tag = "7")]
    pub signals: Signals,
    /// Events that wait for the started workflow task to end.
    #[prost(message, required, tag = "8")]
    pub buffer: Buffer,
    /// Memo and search attributes.
    #[prost(message, required, tag = "9")]
    pub properties: Properties,
    /// Its updates.
    #[prost(message, required, tag = "10")]
    pub updates: Updates,
    /// Its child workflows, and its own part as a child.
    #[prost(message, required, tag = "11")]
    pub children: Children,
    /// What it has asked of other workflows.
    #[prost(message, required, tag = "12")]
    pub external: External,
    /// Who paused the run, while it is paused.
    #[prost(message, optional, tag = "13")]
    pub pause: Option<Pause>,
    /// Whom to tell how it ended.
    #[prost(message, required, tag = "14")]
    pub callbacks: Callbacks,
}

/// A pause that somebody asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Pause {
    /// Since when.
    #[prost(message, required, tag = "1")]
    pub at: Timestamp,
    /// Who asked.
    #[prost(string, tag = "2")]
    pub identity: String,
    /// Why.
    #[prost(string, tag = "3")]
    pub reason: String,
    /// What makes a repeated request the same request.
    #[prost(string, tag = "4")]
    pub request_id: String,
}

/// Which run this is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Identity {
    /// The namespace: 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub namespace_id: Vec<u8>,
    /// Its name when the run began, for events that show names.
    #[prost(string, tag = "2")]
    pub namespace_name: String,
    /// The workflow id.
    #[prost(string, tag = "3")]
    pub workflow_id: String,
    /// The run: 16 bytes.
    #[prost(bytes = "vec", tag = "4")]
    pub run_id: Vec<u8>,
    /// The first run of the chain, as text.
    #[prost(string, tag = "5")]
    pub first_run_id: String,
    /// The request that created it.
    #[prost(string, tag = "6")]
    pub create_request_id: String,
}

/// How the run began and whether it has ended.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Execution {
    /// `WorkflowExecutionStatus`; zero before the start.
    #[prost(int32, tag = "1")]
    pub status: i32,
    /// Event 1 but for its callbacks: whole if another run may begin like it, otherwise without what only the worker
    /// needs (input, header, last result and failure, memo, search attributes).
    #[prost(message, required, tag = "2")]
    pub started: WorkflowExecutionStartedEventAttributes,
    /// When it began.
    #[prost(message, required, tag = "3")]
    pub started_at: Timestamp,
    /// When it ended.
    #[prost(message, optional, tag = "4")]
    pub closed_at: Option<Timestamp>,
    /// Whether cancellation was requested.
    #[prost(bool, tag = "5")]
    pub cancel_requested: bool,
    /// What a user interface shows with the run.
    #[prost(message, optional, tag = "6")]
    pub user_metadata: Option<UserMetadata>,
    /// While the first workflow task is delayed: until when.
    #[prost(message, optional, tag = "7")]
    pub first_task_at: Option<Timestamp>,
    /// Links of event 1, handed on to the runs that follow.
    #[prost(message, repeated, tag = "8")]
    pub links: Vec<Link>,
    /// Requests beside the one that started it, and what they led to.
    #[prost(btree_map = "string, message", tag = "9")]
    pub requests: BTreeMap<String, RequestOrigin>,
    /// How it was made of another run, if it was.
    #[prost(message, optional, tag = "10")]
    pub reset: Option<ResetPart>,
    /// The run that was made of this one by a reset, as text; empty if none was.
    #[prost(string, tag = "11")]
    pub replaced_by: String,
}

/// How a run was made of another one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResetPart {
    /// When.
    #[prost(message, required, tag = "1")]
    pub at: Timestamp,
    /// The other run, as text.
    #[prost(string, tag = "2")]
    pub base_run_id: String,
    /// The request to reset.
    #[prost(string, tag = "3")]
    pub request_id: String,
    /// When event 1 was written, in the first of the runs that share it.
    #[prost(message, required, tag = "4")]
    pub original_started_at: Timestamp,
}

/// The event that a request led to.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct RequestOrigin {
    /// `EventType`.
    #[prost(int32, tag = "1")]
    pub event_type: i32,
    /// Zero while the event is buffered.
    #[prost(int64, tag = "2")]
    pub event_id: i64,
}

/// How far the history is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Position {
    /// What the next event will be numbered.
    #[prost(int64, tag = "1")]
    pub next_event_id: i64,
    /// Encoded events: bytes.
    #[prost(int64, tag = "2")]
    pub history_bytes: i64,
    /// Grows with every change of what lists show.
    #[prost(uint64, tag = "3")]
    pub visibility_revision: u64,
    /// The stamp of the newest offer.
    #[prost(uint64, tag = "4")]
    pub stamp: u64,
    /// How many of the next events had their effect when they were buffered.
    #[prost(uint32, tag = "5")]
    pub flushing: u32,
}

/// The workflow task, and what is known from earlier ones.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WorkflowTasks {
    /// The one that waits or runs.
    #[prost(message, optional, tag = "1")]
    pub open: Option<OpenWorkflowTask>,
    /// The attempt that the next one is; 1 unless the last one failed.
    #[prost(int32, tag = "2")]
    pub next_attempt: i32,
    /// The started event of the last completed one; zero before.
    #[prost(int64, tag = "3")]
    pub previous_started_event_id: i64,
    /// The worker that has the run cached.
    #[prost(message, optional, tag = "4")]
    pub sticky: Option<Sticky>,
    /// How many failed in a row on the normal queue.
    #[prost(int32, tag = "5")]
    pub failures_in_a_row: i32,
    /// How the last one that history shows as failed did fail.
    #[prost(oneof = "Problem", tags = "6, 7")]
    pub problem: Option<Problem>,
    /// Where each build of the worker first completed one: points to reset to should the build turn out bad.
    #[prost(message, repeated, tag = "8")]
    pub reset_points: Vec<ResetPointInfo>,
    /// The stamp of the worker that completed the last one, if it had one.
    #[prost(message, optional, tag = "9")]
    pub worker_version: Option<WorkerVersionStamp>,
}

/// How a workflow task did not succeed.
#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub enum Problem {
    /// It failed: `WorkflowTaskFailedCause`.
    #[prost(int32, tag = "6")]
    Failed(i32),
    /// Its time ran out: `TimeoutType`.
    #[prost(int32, tag = "7")]
    TimedOut(i32),
}

/// A workflow task that waits for a worker, or is with one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OpenWorkflowTask {
    /// Its scheduled event; for a transient one the number that it will have if nothing comes between.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// When.
    #[prost(message, required, tag = "2")]
    pub scheduled_at: Timestamp,
    /// From 1. A task with a higher attempt is transient: history shows it only when it completes.
    #[prost(int32, tag = "3")]
    pub attempt: i32,
    /// Where it is offered.
    #[prost(message, required, tag = "4")]
    pub queue: QueueName,
    /// Its offer.
    #[prost(uint64, tag = "5")]
    pub stamp: u64,
    /// Start to close: nanoseconds.
    #[prost(int64, tag = "6")]
    pub timeout_nanos: i64,
    /// The worker's part, once it has begun.
    #[prost(message, optional, tag = "7")]
    pub started: Option<StartedPart>,
    /// When the first of a chain of heartbeats was scheduled.
    #[prost(message, required, tag = "8")]
    pub original_scheduled_at: Timestamp,
    /// Whether history does not show it, because it may never have been; see [`super::speculative`].
    #[prost(bool, tag = "20")]
    pub speculative: bool,
}

/// A worker's part of a started workflow task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StartedPart {
    /// The number that the started event will have.
    #[prost(int64, tag = "1")]
    pub event_id: i64,
    /// When.
    #[prost(message, required, tag = "2")]
    pub at: Timestamp,
    /// The worker.
    #[prost(string, tag = "3")]
    pub identity: String,
    /// The poll.
    #[prost(string, tag = "4")]
    pub request_id: String,
    /// The size of the history that it was shown: bytes.
    #[prost(int64, tag = "5")]
    pub history_bytes: i64,
    /// Why it is advised to continue as new: `SuggestContinueAsNewReason`s, as the limits were when it began.
    #[prost(int32, repeated, tag = "10")]
    pub continue_reasons: Vec<i32>,
    /// The build that the worker is stamped with; empty if none.
    #[prost(string, tag = "11")]
    pub build_id: String,
}

impl StartedPart {
    /// What [`super::WorkflowTaskToken::poll`] says: the poll's id, summed up by FNV-1a, which tokens keep for ever.
    pub(super) fn poll(&self) -> u64 {
        let basis = 0xcbf2_9ce4_8422_2325;
        self.request_id.bytes().fold(basis, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
    }
}

/// The worker that has the run cached.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sticky {
    /// Its queue.
    #[prost(message, required, tag = "1")]
    pub queue: QueueName,
    /// How long a task may wait there: nanoseconds.
    #[prost(int64, tag = "2")]
    pub timeout_nanos: i64,
}

/// Pending activities.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Activities {
    /// By scheduled event.
    #[prost(btree_map = "int64, message", tag = "1")]
    pub pending: BTreeMap<i64, Activity>,
}

/// A pending activity.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Activity {
    /// What the workflow said, normalised.
    #[prost(message, required, tag = "1")]
    pub scheduled: ActivityTaskScheduledEventAttributes,
    /// When it was scheduled.
    #[prost(message, required, tag = "2")]
    pub scheduled_at: Timestamp,
    /// From 1.
    #[prost(int32, tag = "3")]
    pub attempt: i32,
    /// When this attempt was, or will be, offered.
    #[prost(message, required, tag = "4")]
    pub attempt_scheduled_at: Timestamp,
    /// Where this attempt is; see [`ActivityPhase`].
    #[prost(oneof = "ActivityPhase", tags = "5, 6, 7, 18")]
    pub phase: Option<ActivityPhase>,
    /// The newest heartbeat's details.
    #[prost(message, optional, tag = "8")]
    pub heartbeat_details: Option<Payloads>,
    /// The newest heartbeat.
    #[prost(message, optional, tag = "9")]
    pub heartbeat_at: Option<Timestamp>,
    /// The event that asked it to cancel; zero if none.
    #[prost(int64, tag = "10")]
    pub cancel_requested_event_id: i64,
    /// Why the attempt before failed.
    #[prost(message, optional, tag = "11")]
    pub last_failure: Option<Failure>,
    /// Who worked on it last.
    #[prost(string, tag = "12")]
    pub last_worker_identity: String,
    /// When the attempt before ended.
    #[prost(message, optional, tag = "13")]
    pub last_attempt_ended_at: Option<Timestamp>,
    /// What the workflow said, once somebody else has changed it.
    #[prost(message, optional, boxed, tag = "14")]
    pub original: Option<Box<ActivityOptions>>,
    /// Who paused it, while it is paused.
    #[prost(message, optional, tag = "15")]
    pub pause: Option<Pause>,
    /// Whether the attempt that a worker has was reset: the next one is the second.
    #[prost(bool, tag = "16")]
    pub reset: bool,
    /// Whether the next attempt begins without what the last one said it had done.
    #[prost(bool, tag = "17")]
    pub forgets_heartbeat: bool,
}

/// Where an attempt of an activity is.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ActivityPhase {
    /// Waiting for its time.
    #[prost(message, tag = "5")]
    Backoff(Backoff),
    /// Waiting for a worker.
    #[prost(message, tag = "6")]
    Offered(Offered),
    /// With a worker.
    #[prost(message, tag = "7")]
    Started(ActivityStarted),
    /// Waiting until nobody wants it paused any more.
    #[prost(message, tag = "18")]
    Held(Held),
}

/// Waiting until nobody wants it paused any more; then for `attempt_scheduled_at`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Held {}

/// Waiting for its time, which is `attempt_scheduled_at`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Backoff {}

/// Waiting for a worker.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Offered {
    /// The offer.
    #[prost(uint64, tag = "1")]
    pub stamp: u64,
}

/// With a worker.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityStarted {
    /// Since when.
    #[prost(message, required, tag = "1")]
    pub at: Timestamp,
    /// The worker.
    #[prost(string, tag = "2")]
    pub identity: String,
    /// The poll.
    #[prost(string, tag = "3")]
    pub request_id: String,
    /// The offer that was started.
    #[prost(uint64, tag = "4")]
    pub stamp: u64,
    /// The build that the worker is stamped with; empty if none.
    #[prost(string, tag = "5")]
    pub build_id: String,
}

/// Pending timers.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Timers {
    /// By the id that the workflow chose.
    #[prost(btree_map = "string, message", tag = "1")]
    pub pending: BTreeMap<String, Timer>,
}

/// A pending timer.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Timer {
    /// The event that started it.
    #[prost(int64, tag = "1")]
    pub started_event_id: i64,
    /// When it fires.
    #[prost(message, required, tag = "2")]
    pub fire_at: Timestamp,
}

/// The signals that the run has had.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Signals {
    /// How many.
    #[prost(int64, tag = "1")]
    pub count: i64,
    /// Their request ids, with their events; zero while the event is buffered.
    #[prost(btree_map = "string, int64", tag = "2")]
    pub request_ids: BTreeMap<String, i64>,
}

/// Events that wait for the started workflow task to end. They have had their effect, but have no number yet.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Buffer {
    /// In order of arrival.
    #[prost(message, repeated, tag = "1")]
    pub events: Vec<HistoryEvent>,
}

/// Memo and search attributes, merged.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Properties {
    /// The memo.
    #[prost(btree_map = "string, message", tag = "1")]
    pub memo: BTreeMap<String, Payload>,
    /// The custom search attributes.
    #[prost(btree_map = "string, message", tag = "2")]
    pub search_attributes: BTreeMap<String, Payload>,
}
