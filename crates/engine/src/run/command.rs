//! What the world asks of a run, what it answers, and why it refuses. Everything arrives parsed: ids are valid, sizes
//! are within the limits that do not depend on the run.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    activity::v1::ActivityOptions,
    command::v1::Command as WorkerCommand,
    common::v1::{Callback, Header, Link, Payloads, Priority, WorkflowExecution},
    enums::v1::WorkflowTaskFailedCause,
    failure::v1::Failure,
    history::v1::{HistoryEvent, WorkflowExecutionStartedEventAttributes, history_event::Attributes as LastEvent},
    protocol::v1::Message,
    sdk::v1::{UserMetadata, WorkflowTaskCompletedMetadata},
    update::v1::Request,
    workflow::v1::WorkflowExecutionOptions,
};
use abide_model::{NamespaceId, RunId, RunKey, Timestamp};

use super::outbound::{Outbound, Outcome, Sender, Step};

use super::operator_command::{
    PauseActivities, PauseReason, ResetActivities, UnpauseActivities, UpdateActivityOptions, UpdateOptions,
};

/// A task queue as a run names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct QueueName {
    /// The queue's name. For a sticky queue: the worker's own.
    #[prost(string, tag = "1")]
    pub name: String,
    /// For a sticky queue: the normal queue that it stands in for. Empty for a normal queue.
    #[prost(string, tag = "2")]
    pub normal_name: String,
}

impl QueueName {
    /// A normal queue.
    pub fn normal(name: impl Into<String>) -> Self {
        Self { name: name.into(), normal_name: String::new() }
    }

    /// Whether a queue may be called so, at most so many bytes. The text says why not, in the reference server's words.
    pub fn check(name: &str, bytes_max: usize) -> Result<(), &'static str> {
        if name.is_empty() {
            return Err("missing task queue name");
        }
        if name.len() > bytes_max {
            return Err("taskQueue length exceeds limit");
        }
        if name.starts_with("/_sys/") {
            return Err("task queue name cannot start with reserved prefix /_sys/");
        }
        Ok(())
    }

    /// Whether this is one worker's own queue.
    pub fn is_sticky(&self) -> bool {
        !self.normal_name.is_empty()
    }
}

/// Who asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requester {
    /// The client's identity, as it says.
    pub identity: String,
    /// What makes a repeated request the same request. May be empty where the protocol allows it.
    pub request_id: String,
    /// Links to show on the event.
    pub links: Vec<Link>,
    /// The run that asks, when it is not a client.
    pub sender: Option<Box<Sender>>,
}

/// A worker that asks for a task, or got one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Poller {
    /// The worker's identity, as it says.
    pub identity: String,
    /// Made for every poll, so that a task handed out twice to the same poll is recognised.
    pub request_id: String,
    /// The build that it is stamped with, if it is.
    pub build_id: String,
}

/// What the world asks of a run.
#[derive(Clone, Debug)]
pub enum Command {
    /// Begin. Only a new run accepts it.
    Start(Box<Start>),
    /// Begin as a copy of another run, up to a point. Only a new run accepts it.
    BeginReset(Box<Reset>),
    /// Remember the run that was made of this one by a reset; also when closed.
    MarkReset(RunId),
    /// Deliver a signal.
    Signal(Box<Signal>),
    /// Ask the workflow something that it may turn down. How far it is: [`super::Run::update_status`].
    Update(Box<Request>),
    /// Keep what a start brought that this run stands for.
    Attach(Box<Attach>),
    /// Ask the workflow to cancel itself.
    RequestCancel(RequestCancel),
    /// End the run now.
    Terminate(Terminate),
    /// Hand the scheduled workflow task to a worker.
    StartWorkflowTask(StartWorkflowTask),
    /// A worker completed the started workflow task.
    CompleteWorkflowTask(Box<CompleteWorkflowTask>),
    /// A worker failed the started workflow task.
    FailWorkflowTask(Box<FailWorkflowTask>),
    /// A worker dropped the run from its cache.
    ResetStickiness,
    /// Hand a scheduled activity to a worker.
    StartActivity(StartActivity),
    /// A worker says that an activity goes on.
    RecordHeartbeat(Box<RecordHeartbeat>),
    /// A worker ended an attempt of an activity.
    ResolveActivity(Box<ResolveActivity>),
    /// Time passed: whatever is due happens. A call with nothing due decides nothing.
    FireDeadlines {
        /// The run id to use should the run end and another follow it.
        new_run_id: RunId,
    },
    /// A task was started for a poller that is gone: it waits for the next one.
    ReturnTask(TaskId),
    /// Hold activities back.
    PauseActivities(PauseActivities),
    /// Let activities go again.
    UnpauseActivities(UnpauseActivities),
    /// Begin activities again.
    ResetActivities(ResetActivities),
    /// Change the options of activities.
    UpdateActivityOptions(Box<UpdateActivityOptions>),
    /// Hold the run back: nothing of it is offered to workers.
    Pause(PauseReason),
    /// Let the run go again.
    Unpause(PauseReason),
    /// Change the options of the run.
    UpdateOptions(Box<UpdateOptions>),
    /// The parent of this child has recorded its start: it may work. Asking again decides nothing.
    Release,
    /// A child of this run has ended. Rejected when this run has no such child (any more).
    ChildEnded(Box<ChildEnded>),
    /// What came of a step of something that the run owes. Closed runs owe, too.
    RecordOutcome(Outbound, Step, Outcome),
}

/// A child of a run has ended, and no other run goes on in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct ChildEnded {
    /// The run that initiated it, as text.
    pub parent_run_id: String,
    /// That run's event that did so.
    pub initiated_event_id: i64,
    /// The run that ended.
    pub execution: WorkflowExecution,
    /// The first run of its chain, as text.
    pub first_run_id: String,
    /// Its last event.
    pub last: Box<LastEvent>,
}

/// Begins a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The run.
    pub key: RunKey,
    /// The name of its namespace, for events that show names.
    pub namespace_name: String,
    /// Event 1 but for what [`Start`] names itself. Timeouts are normalised by the run.
    pub attributes: Box<WorkflowExecutionStartedEventAttributes>,
    /// Who asked.
    pub requester: Requester,
    /// What a user interface shows with the run.
    pub user_metadata: Option<UserMetadata>,
    /// A signal delivered in the same transition, between the start and the first workflow task.
    pub signal: Option<Box<Signal>>,
    /// The worker that asks for the run and takes its first workflow task with the answer, if there is no delay.
    pub eager: Option<Poller>,
    /// An update admitted in the same transition.
    pub update: Option<Box<Request>>,
}

/// Delivers a signal. A repeated request id decides nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The signal's name.
    pub name: String,
    /// Its arguments.
    pub input: Option<Payloads>,
    /// Its header.
    pub header: Option<Header>,
    /// Who asked.
    pub requester: Requester,
    /// Whether a first workflow task that waits for a start delay is scheduled at once (signal with start does so).
    pub ends_start_delay: bool,
}

/// Begins a run as a copy of another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Reset {
    /// The new run.
    pub key: RunKey,
    /// The name of its namespace, for events that show names.
    pub namespace_name: String,
    /// The run that is copied.
    pub base_run_id: RunId,
    /// The request that started the run that is copied: it finds the new one from now on.
    pub create_request_id: String,
    /// The request to reset.
    pub request_id: String,
    /// Shown in the history.
    pub reason: String,
    /// The history to copy, from event 1 up to the cut.
    pub events: Vec<HistoryEvent>,
    /// What happened behind the cut, in order, as far as it is wanted.
    pub later: Vec<HistoryEvent>,
    /// What of the run's options changes as it begins.
    pub options: Vec<UpdateOptions>,
}

/// What a reset brings to the new run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reapply {
    /// Signals.
    pub signals: bool,
    /// Updates.
    pub updates: bool,
}

/// What a start brought to the run that stands for it. Schedules no workflow task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attach {
    /// From now on, this request finds the run. Empty when it is not to be attached.
    pub request_id: String,
    /// Whom to tell when the run closes.
    pub completion_callbacks: Vec<Callback>,
    /// Links to show on the event.
    pub links: Vec<Link>,
}

/// Asks the workflow to cancel itself. Asking again decides nothing.
#[derive(Clone, Debug)]
pub struct RequestCancel {
    /// Shown to the workflow and in the history.
    pub reason: String,
    /// Who asked.
    pub requester: Requester,
}

/// Ends the run now.
#[derive(Clone, Debug)]
pub struct Terminate {
    /// Shown in the history.
    pub reason: String,
    /// Shown in the history.
    pub details: Option<Payloads>,
    /// Who asked.
    pub requester: Requester,
}

/// Hands the scheduled workflow task to a worker. Rejected when it is not the task that the run offers now.
#[derive(Clone, Debug)]
pub struct StartWorkflowTask {
    /// Which offer of which task; see [`TaskId`].
    pub task: TaskId,
    /// To whom.
    pub poller: Poller,
}

/// One offer of a task of a run. A second offer of the same thing has another stamp; only the newest can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// What the task is about.
    pub subject: Subject,
    /// Grows with every offer within one run.
    pub stamp: u64,
}

/// What a dispatched task is about. A run has at most one open task per subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The run's workflow task.
    WorkflowTask,
    /// The activity that this event scheduled.
    Activity(i64),
}

/// A worker's answer to a workflow task.
#[derive(Clone, Debug, Default)]
pub struct CompleteWorkflowTask {
    /// Which task.
    pub token: WorkflowTaskToken,
    /// The worker.
    pub identity: String,
    /// The worker's build.
    pub binary_checksum: String,
    /// Whether the namespace calls that build bad: then nothing of what it says is done.
    pub has_bad_binary: bool,
    /// The worker's version stamp, copied to the event.
    pub worker_version: Option<abide_api::temporal::api::common::v1::WorkerVersionStamp>,
    /// The name of the worker's deployment, copied to the event. Empty when it has none.
    pub deployment_name: String,
    /// What the workflow decided, in order.
    pub commands: Vec<WorkerCommand>,
    /// What it says about updates.
    pub messages: Vec<Message>,
    /// Whether the worker can be shown the same events again after a task that never was.
    pub discards_with_events: bool,
    /// The worker's own queue for the next task, and how long a task may wait there.
    pub sticky: Option<(QueueName, Duration)>,
    /// Whether the worker can take the next task in the reply.
    pub return_new_task: bool,
    /// Whether another task is wanted at once (a heartbeat of long local activities).
    pub force_new_task: bool,
    /// Copied to the event.
    pub sdk_metadata: Option<WorkflowTaskCompletedMetadata>,
    /// Copied to the event.
    pub metering_metadata: Option<abide_api::temporal::api::common::v1::MeteringMetadata>,
    /// The run id to use should the run end and another follow it: continued as new, retried, or by its cron schedule.
    pub new_run_id: Option<RunId>,
    /// What makes the inline next task's start unique.
    pub poller: Poller,
    /// The other namespaces that commands may name, by name.
    pub namespaces: BTreeMap<String, NamespaceId>,
}

/// Names one start of a workflow task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkflowTaskToken {
    /// The event that scheduled it, virtual for retried tasks.
    pub scheduled_event_id: i64,
    /// The event that started it.
    pub started_event_id: i64,
    /// From 1.
    pub attempt: i32,
    /// Whose start it is: a number that hardly any other poll has. A start that was lost is followed by another one with
    /// the same numbers, perhaps at the same time. 0 in tokens of before this was kept: they name any start.
    pub poll: u64,
}

/// A worker could not complete a workflow task.
#[derive(Clone, Debug)]
pub struct FailWorkflowTask {
    /// Which task.
    pub token: WorkflowTaskToken,
    /// Why, for machines.
    pub cause: WorkflowTaskFailedCause,
    /// Why, for people.
    pub failure: Option<Failure>,
    /// The worker.
    pub identity: String,
    /// The worker's build.
    pub binary_checksum: String,
}

/// Hands a scheduled activity to a worker.
#[derive(Clone, Debug)]
pub struct StartActivity {
    /// Which offer of which activity.
    pub task: TaskId,
    /// To whom.
    pub poller: Poller,
}

/// Which activity a worker speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivityReference {
    /// By the token of one attempt.
    Attempt {
        /// The event that scheduled it.
        scheduled_event_id: i64,
        /// From 1.
        attempt: i32,
    },
    /// By the id that the workflow chose; also one that no worker has started.
    Id(String),
}

/// A worker says that an activity goes on.
#[derive(Clone, Debug)]
pub struct RecordHeartbeat {
    /// Which.
    pub activity: ActivityReference,
    /// Kept for the next attempt.
    pub details: Option<Payloads>,
    /// The worker.
    pub identity: String,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// With a result.
    Completed(Option<Payloads>),
    /// With a failure, which may be retried.
    Failed {
        /// The failure; none is allowed.
        failure: Option<Failure>,
        /// Saved before the failure is looked at.
        last_heartbeat_details: Option<Payloads>,
    },
    /// Because it was asked to cancel.
    Canceled(Option<Payloads>),
}

/// A worker ended an attempt of an activity.
#[derive(Clone, Debug)]
pub struct ResolveActivity {
    /// Which.
    pub activity: ActivityReference,
    /// How.
    pub resolution: Resolution,
    /// The worker.
    pub identity: String,
}

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

/// Why nothing happened. `frontend` turns each into a status and a text in one place.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// The run is closed.
    Closed,
    /// No workflow task like this waits for an answer.
    WorkflowTaskNotFound,
    /// No such activity waits for an answer from this attempt.
    ActivityNotFound,
    /// No such activity, addressed by its id.
    ActivityIdNotFound,
    /// A worker reports cancellation that nobody asked for.
    CancellationNotRequested,
    /// The run has had all the signals that it may have.
    TooManySignals,
    /// The workflow wanted to close and could not, because of news; a worker has the task in which it tries again. Who
    /// asks later finds it closed, or going on.
    Closing,
    /// The update cannot be admitted.
    Update(UpdateRefusal),
    /// An offer that was replaced, started or settled.
    StaleTask,
    /// The worker's list of commands cannot be right; nothing was recorded. The text says why.
    InvalidCommandSequence(String),
    /// The workflow task was refused and, being a retry, is left to time out.
    Refused(RefusedCommand),
    /// Whoever asks is not the parent of the run, and had to be.
    ParentMismatch,
    /// The run has no such child (any more).
    ChildNotFound,
    /// A history that ends before this event has no workflow task at its end.
    NoWorkflowTaskToReset(i64),
    /// The run has no such event to reset it to.
    NoEventToReset,
    /// A start was asked of a run that exists, or something else of one that does not.
    NotNew,
    /// An operator means activities that are not pending.
    PendingActivityNotFound,
    /// Somebody else has paused the activity.
    ActivityAlreadyPaused,
    /// Somebody else has paused the run.
    AlreadyPaused,
    /// Nobody has paused the run.
    NotPaused,
    /// A worker wants to keep the task of a paused run going.
    PausedTaskCannotGoOn,
    /// Options that cannot be; the text says why.
    InvalidOptions(String),
    /// The run has, with these, more callbacks than it may have.
    TooManyCallbacks {
        /// How many it may have.
        max: usize,
        /// How many it has.
        attached: usize,
    },
}

/// Why an update cannot be admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateRefusal {
    /// Somebody paused the run.
    Paused,
    /// The workflow task fails again and again, and so would the update.
    TaskFails,
    /// Too many have no outcome yet.
    TooManyInFlight {
        /// How many may be.
        max: usize,
    },
    /// Those that have no outcome yet are too large together.
    TooLargeInFlight {
        /// The most bytes.
        max: usize,
    },
    /// The run has had all the updates that it may have.
    TooMany {
        /// How many it may have.
        max: usize,
    },
}

impl From<UpdateRefusal> for Rejection {
    fn from(refusal: UpdateRefusal) -> Self {
        Rejection::Update(refusal)
    }
}
