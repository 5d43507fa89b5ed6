//! What the world asks of a run. Everything arrives parsed: ids are valid, sizes are within the limits that do not depend
//! on the run. What it answers is in `reply`, why it refuses in `rejection`.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::Command as WorkerCommand,
    common::v1::{Callback, Header, Link, Payloads, WorkflowExecution},
    enums::v1::WorkflowTaskFailedCause,
    failure::v1::Failure,
    history::v1::{HistoryEvent, WorkflowExecutionStartedEventAttributes, history_event::Attributes as LastEvent},
    protocol::v1::Message,
    sdk::v1::{UserMetadata, WorkflowTaskCompletedMetadata},
    update::v1::Request,
};
use abide_model::{NamespaceId, RunId, RunKey};

use super::operator_command::{
    PauseActivities, PauseReason, ResetActivities, UnpauseActivities, UpdateActivityOptions, UpdateOptions,
};
use super::outbound::{Outbound, Outcome, Sender, Step};

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
