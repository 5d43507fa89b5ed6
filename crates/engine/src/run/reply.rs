//! What a run answers to its commands, and what it obliges the server to.

use abide_api::temporal::api::{
    activity::v1::ActivityOptions,
    common::v1::{Payloads, Priority},
    enums::v1::WorkflowTaskFailedCause,
    history::v1::HistoryEvent,
    protocol::v1::Message,
    workflow::v1::WorkflowExecutionOptions,
};
use abide_model::Timestamp;

use super::command::{QueueName, Start, Subject, TaskId, WorkflowTaskToken};
use super::outbound::Outbound;

/// What a run answers. Which variant belongs to which command is said there.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Nothing to say: signal, update, attach, cancel, terminate, fail workflow task, reset stickiness, resolve activity, deadlines.
    Done,
    /// To [`Command::Start`] and [`Command::BeginReset`]; perhaps with the first workflow task, for the worker that asked.
    Started(Option<Box<StartedWorkflowTask>>),
    /// To [`Command::StartWorkflowTask`].
    WorkflowTask(Box<StartedWorkflowTask>),
    /// To [`Command::CompleteWorkflowTask`].
    WorkflowTaskCompleted(Box<WorkflowTaskCompleted>),
    /// To [`Command::StartActivity`].
    Activity(Box<StartedActivity>),
    /// To [`Command::RecordHeartbeat`].
    Heartbeat(HeartbeatReply),
    /// To [`Command::UpdateActivityOptions`]: the options of the last of the activities.
    ActivityOptions(Box<ActivityOptions>),
    /// To [`Command::UpdateOptions`].
    Options(Box<WorkflowExecutionOptions>),
}

/// What a worker learns by a heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeartbeatReply {
    /// The workflow asked the activity to cancel.
    pub cancel_requested: bool,
    /// Somebody paused the activity.
    pub paused: bool,
    /// Somebody reset the activity.
    pub reset: bool,
}

/// A workflow task handed to a worker. The worker is shown the events from `first_event_id` to `last_event_id` that are
/// stored, then `virtual_events`.
#[derive(Clone, Debug)]
pub struct StartedWorkflowTask {
    /// Which; goes into the task token.
    pub token: WorkflowTaskToken,
    /// Whose; see [`Command::ReturnTask`].
    pub task: TaskId,
    /// The workflow's type.
    pub workflow_type: String,
    /// The start of the last completed task; zero before the first.
    pub previous_started_event_id: i64,
    /// The queue of the run (the normal one, also when this task came by a sticky queue).
    pub task_queue: String,
    /// Whether the task was offered on a sticky queue, whose worker knows the earlier events.
    pub sticky: bool,
    /// When it was scheduled, before any heartbeat.
    pub scheduled_at: Timestamp,
    /// When it was started.
    pub started_at: Timestamp,
    /// The first event to show when the worker has the run cached; 1 otherwise.
    pub first_event_id: i64,
    /// The last stored event to show.
    pub last_event_id: i64,
    /// Events that will be stored when the task ends: its own start, and its schedule for a retried task.
    pub virtual_events: Vec<HistoryEvent>,
    /// Requests of updates.
    pub messages: Vec<Message>,
}

/// What a completed workflow task led to.
#[derive(Clone, Debug, Default)]
pub struct WorkflowTaskCompleted {
    /// The next task, started for the same worker.
    pub next: Option<Box<StartedWorkflowTask>>,
    /// The decisions were refused: a failed task was recorded instead, and the worker is told so.
    pub refused: Option<RefusedCommand>,
    /// Activities that the worker asked to have at once.
    pub activities: Vec<StartedActivity>,
    /// Heartbeats kept the task going for too long: a timeout was recorded instead, and the worker is told so.
    pub heartbeats_timed_out: bool,
    /// The task never was: the worker goes back to behind this event. Zero otherwise.
    pub reset_history_event_id: i64,
}

/// Why a worker's decisions were refused.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedCommand {
    /// For machines.
    pub cause: WorkflowTaskFailedCause,
    /// For people, in the reference server's words, beginning with the cause.
    pub message: String,
}

/// An activity handed to a worker.
#[derive(Clone, Debug)]
pub struct StartedActivity {
    /// Whose; see [`Command::ReturnTask`].
    pub task: TaskId,
    /// The event that scheduled it.
    pub scheduled_event_id: i64,
    /// From 1.
    pub attempt: i32,
    /// Everything that the workflow said about it.
    pub scheduled: Box<abide_api::temporal::api::history::v1::ActivityTaskScheduledEventAttributes>,
    /// The workflow's type.
    pub workflow_type: String,
    /// What the last attempt said it had done.
    pub heartbeat_details: Option<Payloads>,
    /// When the activity was scheduled.
    pub scheduled_at: Timestamp,
    /// When this attempt was scheduled.
    pub attempt_scheduled_at: Timestamp,
    /// When it was started.
    pub started_at: Timestamp,
    /// How urgent it is, with what it has from its workflow.
    pub priority: Option<Priority>,
}

/// An obligation of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// A task that a poller of the queue must get. Replaces an older one about the same subject.
    Offer(Offer),
    /// The offer about this subject is settled: started, or not wanted any more.
    Settle(Subject),
    /// The run has ended, and this one goes on in its place: it begins in the same commit. At most once in a run's life.
    Succeed(Box<Start>),
    /// Something is owed to another run, or still is. What exactly is said by [`super::Run::effect`].
    Owe(Outbound),
    /// Nothing is owed about this any more.
    Discharge(Outbound),
}

/// A task that a poller of a queue must get.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Which.
    pub task: TaskId,
    /// Where.
    pub queue: QueueName,
    /// Since when.
    pub scheduled_at: Timestamp,
    /// Whether starting it must be durable before the worker is told (the activity may run only once).
    pub durable_start: bool,
    /// How urgent.
    pub priority: Option<Priority>,
}
