//! A world around one run: it asks, keeps what is stored (changes, offers), and checks after every step what must hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use abide_api::temporal::api::{
    activity::v1::ActivityOptions,
    command::v1::{
        CancelTimerCommandAttributes, CancelWorkflowExecutionCommandAttributes, Command as WorkerCommand,
        CompleteWorkflowExecutionCommandAttributes, ContinueAsNewWorkflowExecutionCommandAttributes,
        FailWorkflowExecutionCommandAttributes, RecordMarkerCommandAttributes,
        RequestCancelActivityTaskCommandAttributes, RequestCancelExternalWorkflowExecutionCommandAttributes,
        ScheduleActivityTaskCommandAttributes, SignalExternalWorkflowExecutionCommandAttributes,
        StartChildWorkflowExecutionCommandAttributes, StartTimerCommandAttributes, command::Attributes,
    },
    common::v1::{ActivityType, Payload, Payloads, Priority, RetryPolicy, WorkflowExecution, WorkflowType},
    enums::v1::{CommandType, WorkflowTaskFailedCause},
    failure::v1::{ApplicationFailureInfo, Failure, failure::FailureInfo},
    history::v1::{HistoryEvent, WorkflowExecutionStartedEventAttributes},
    taskqueue::v1::TaskQueue,
};
use abide_model::settings::Limits;
use abide_model::{NamespaceId, RunId, RunKey, Timestamp, WorkflowKey};
use prost::Message;
use uuid::Uuid;

use crate::convert::to_proto_duration;
use crate::machine::{Emit, Machine};
use crate::run::index::Index;
use crate::run::*;

pub const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
/// The run that follows, should one follow.
pub const SUCCESSOR: RunId = RunId(Uuid::from_u128(2));

/// One run and everything that was stored about it.
pub struct World {
    pub run: Run,
    pub now: Timestamp,
    pub stored: Vec<Change>,
    pub offers: BTreeMap<Subject, Offer>,
    pub successor: Option<Box<Start>>,
    pub owed: BTreeSet<Outbound>,
    pub limits: Limits,
    pub polls: u64,
    pub asked: Vec<Asked>,
}

/// Something that was asked of the run.
pub struct Asked {
    pub command: Command,
    pub at: Timestamp,
    /// How many events there were before.
    pub events: usize,
    /// Why nothing happened, if nothing did.
    pub rejected: Option<Rejection>,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A world whose run has begun, with a start changed by `change`.
    pub fn with(change: impl FnOnce(&mut Start)) -> Self {
        let mut start = start();
        change(&mut start);
        Self::begin(Box::new(start), START)
    }

    /// A world whose run begins so, at this time.
    pub fn begin(start: Box<Start>, now: Timestamp) -> Self {
        let mut world = Self::empty(now);
        world.ask(Command::Start(start)).expect("a new run begins");
        world
    }

    /// A world whose run is made of another one.
    pub fn reset(reset: Box<Reset>, now: Timestamp) -> Result<Self, Rejection> {
        let mut world = Self::empty(now);
        world.ask(Command::BeginReset(reset))?;
        Ok(world)
    }

    fn empty(now: Timestamp) -> Self {
        Self {
            run: Run::default(),
            now,
            stored: Vec::new(),
            offers: BTreeMap::new(),
            successor: None,
            owed: BTreeSet::new(),
            limits: Limits { blob_bytes_max: 1000, ..Limits::default() },
            polls: 0,
            asked: Vec::new(),
        }
    }

    /// The world of the run that follows.
    pub fn next(mut self) -> Self {
        Self::begin(self.successor.take().expect("another run follows"), self.now)
    }

    /// Asks, stores what came of it, and checks everything that must hold after any command.
    pub fn ask(&mut self, command: Command) -> Result<Reply, Rejection> {
        let before = self.run.clone();
        let events = self.events().len();
        let asked = command.clone();
        let mut again = before.clone();
        let (mut out, mut out_again) = (Emit::within(self.limits), Emit::within(self.limits));
        let result = self.run.handle(command.clone(), self.now, &mut out);
        let result_again = again.handle(command, self.now, &mut out_again);
        assert_eq!(format!("{result:?}"), format!("{result_again:?}"), "deciding twice gives the same reply");
        assert_eq!(out.changes, out_again.changes, "deciding twice gives the same changes");
        assert_eq!(out.tasks, out_again.tasks, "deciding twice gives the same tasks");
        if result.is_err() {
            assert!(out.is_empty(), "a rejection emits nothing");
            assert_eq!(self.run, before, "a rejection changes nothing");
        }
        let stored = decode_changes(encode_changes(&out.changes)).expect("what was encoded");
        assert_eq!(stored, out.changes, "a node round-trips");
        let encoded = encoded_events(encode_changes(&out.changes)).expect("what was encoded");
        let of_node = stored.iter().filter_map(|change| match change {
            Change::Event(event) => Some(event.encode_to_vec()),
            Change::Note(_) => None,
        });
        assert!(of_node.eq(encoded), "the events of a node are found without decoding them");
        self.stored.extend(stored);
        self.asked.push(Asked { command: asked, at: self.now, events, rejected: result.clone().err() });
        for task in out.tasks {
            match task {
                Task::Offer(offer) => drop(self.offers.insert(offer.task.subject, offer)),
                Task::Settle(subject) => drop(self.offers.remove(&subject)),
                Task::Owe(outbound) => drop(self.owed.insert(outbound)),
                Task::Discharge(outbound) => drop(self.owed.remove(&outbound)),
                Task::Succeed(start) => {
                    assert!(!self.run.is_open(), "a run that goes on has no successor");
                    assert!(self.successor.replace(start).is_none(), "a run has at most one successor");
                }
            }
        }
        self.check();
        result
    }

    fn check(&self) {
        let mut folded = Run::default();
        for change in &self.stored {
            folded.apply(change);
        }
        assert_eq!(folded, self.run, "folding the stored changes rebuilds the run");
        assert_eq!(Run::decode(self.run.encode()).expect("encoded"), self.run, "a snapshot round-trips");
        let ids: Vec<i64> = self.events().iter().map(|event| event.event_id).collect();
        assert_eq!(ids, (1..=ids.len() as i64).collect::<Vec<_>>(), "event ids have no gaps");
        assert_eq!(self.run.index, Index::of(&self.run.state), "every deadline is known");
        let stored: Vec<&Offer> = self.offers.values().collect();
        let mut open = self.run.open_offers();
        open.sort_by_key(|offer| offer.task.subject);
        assert_eq!(stored, open.iter().collect::<Vec<_>>(), "every offer has its stored task, and no other is stored");
        assert_eq!(self.owed, self.run.open_outbound(), "everything that is owed is stored, and nothing else");
        assert!(self.owed.iter().all(|outbound| self.run.effect(*outbound).is_some()), "what is owed can be done");
        self.check_that_something_ends_everything();
        self.check_updates();
    }

    /// R5: whatever is open has a stored offer or a deadline that will end it.
    fn check_that_something_ends_everything(&self) {
        if !self.run.is_open() {
            assert!(self.offers.is_empty(), "a closed run offers nothing");
            let next_attempts = self.run.state.callbacks.all.iter().filter_map(|callback| callback.next_attempt_at);
            assert_eq!(self.run.deadline(), next_attempts.min(), "of a closed run only callbacks are due");
            let open = self.run.state.updates.open.keys();
            let unfinished = |id: &String| self.run.update_status(id) == Some(UpdateStatus::Unfinished);
            assert!({ open }.all(unfinished), "of a closed run only accepted updates are known without an outcome");
            return;
        }
        let state = &self.run.state;
        for (id, activity) in &state.activities.pending {
            let offered = self.offers.contains_key(&Subject::Activity(*id));
            let held = state.is_paused() || activity.pause.is_some();
            assert!(offered || held || activity.deadline().is_some(), "activity {id} is forgotten");
            assert!(!held || !offered, "activity {id} is held back, and offered all the same");
        }
        assert!(!state.is_paused() || !self.offers.contains_key(&Subject::WorkflowTask), "a paused run offers nothing");
        if let Some(open) = &state.workflow_tasks.open {
            let offered = self.offers.contains_key(&Subject::WorkflowTask);
            assert_eq!(offered, open.started.is_none(), "a workflow task is offered until it is started");
        }
        assert!(state.timers.pending.is_empty() || self.run.deadline().is_some(), "timers have a deadline");
        for (id, child) in &state.children.pending {
            let owed = self.owed.contains(&Outbound::Child(*id));
            assert!(owed || child.released, "child {id} is forgotten");
        }
        for asked in state.external.signals.keys().map(|id| Outbound::Signal(*id)) {
            assert!(self.owed.contains(&asked), "{asked:?} is forgotten");
        }
        for asked in state.external.cancels.keys().map(|id| Outbound::Cancel(*id)) {
            assert!(self.owed.contains(&asked), "{asked:?} is forgotten");
        }
        for (id, update) in &state.updates.open {
            let accepted = matches!(update.stage, Some(crate::run::update::Stage::Accepted(_)));
            // One that waits with the run for its time, or for the end of a pause, is sent when that comes.
            let delayed = state.execution.first_task_at.is_some() || state.is_paused();
            assert!(accepted || delayed || state.workflow_tasks.open.is_some(), "update {id} is forgotten");
        }
        let unseen = !state.buffer.events.is_empty();
        assert!(!unseen || self.run.workflow_task_is_started(), "buffered events wait for a started task");
    }

    pub fn events(&self) -> Vec<&HistoryEvent> {
        let events = self.stored.iter().filter_map(|change| match change {
            Change::Event(event) => Some(&**event),
            Change::Note(_) => None,
        });
        events.collect()
    }

    /// Lets time pass, and whatever is due happen.
    pub fn pass(&mut self, duration: Duration) {
        self.now = self.now.after(duration);
        self.ask(Command::FireDeadlines { new_run_id: SUCCESSOR }).expect("time cannot be refused");
    }

    pub fn poller(&mut self) -> Poller {
        self.polls += 1;
        Poller { identity: "worker".into(), request_id: format!("poll-{}", self.polls), build_id: String::new() }
    }

    /// A worker takes the workflow task.
    pub fn take_task(&mut self) -> Result<StartedWorkflowTask, Rejection> {
        let task = self.offers.get(&Subject::WorkflowTask).ok_or(Rejection::StaleTask)?.task;
        let poller = self.poller();
        match self.ask(Command::StartWorkflowTask(StartWorkflowTask { task, poller }))? {
            Reply::WorkflowTask(started) => Ok(*started),
            reply => panic!("a workflow task was asked for, and came {reply:?}"),
        }
    }

    /// A worker answers the workflow task that it has.
    pub fn complete(&mut self, commands: Vec<WorkerCommand>) -> Result<Reply, Rejection> {
        self.complete_with(commands, |_| {})
    }

    pub fn complete_with(
        &mut self,
        commands: Vec<WorkerCommand>,
        change: impl FnOnce(&mut CompleteWorkflowTask),
    ) -> Result<Reply, Rejection> {
        let token = self.run.started_task_view().map(|started| started.token).unwrap_or_default();
        let mut completion = CompleteWorkflowTask {
            token,
            identity: "worker".into(),
            commands,
            new_run_id: Some(SUCCESSOR),
            poller: self.poller(),
            ..CompleteWorkflowTask::default()
        };
        change(&mut completion);
        self.ask(Command::CompleteWorkflowTask(Box::new(completion)))
    }

    /// A worker takes the workflow task and answers it.
    pub fn turn(&mut self, commands: Vec<WorkerCommand>) -> Result<Reply, Rejection> {
        self.take_task()?;
        self.complete(commands)
    }

    pub fn fail_task(&mut self) -> Result<Reply, Rejection> {
        let token = self.run.started_task_view().map(|started| started.token).unwrap_or_default();
        self.ask(Command::FailWorkflowTask(Box::new(FailWorkflowTask {
            token,
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
            failure: Some(application_failure("broken", "Bug", false)),
            identity: "worker".into(),
            binary_checksum: String::new(),
        })))
    }

    pub fn take_activity(&mut self, scheduled_event_id: i64) -> Result<StartedActivity, Rejection> {
        let offer = self.offers.get(&Subject::Activity(scheduled_event_id)).ok_or(Rejection::StaleTask)?;
        let task = offer.task;
        let poller = self.poller();
        match self.ask(Command::StartActivity(StartActivity { task, poller }))? {
            Reply::Activity(started) => Ok(*started),
            reply => panic!("an activity was asked for, and came {reply:?}"),
        }
    }

    pub fn resolve(&mut self, activity: ActivityReference, resolution: Resolution) -> Result<Reply, Rejection> {
        let identity = "worker".into();
        self.ask(Command::ResolveActivity(Box::new(ResolveActivity { activity, resolution, identity })))
    }

    /// What came of the next step of something that is owed.
    pub fn outcome(&mut self, outbound: Outbound, outcome: Outcome) {
        let step = self.run.effect(outbound).expect("something is owed").step;
        self.ask(Command::RecordOutcome(outbound, step, outcome)).expect("an outcome cannot be refused");
    }

    pub fn signal(&mut self, name: &str) -> Result<Reply, Rejection> {
        let signal = Signal {
            name: name.into(),
            input: None,
            header: None,
            requester: Requester { identity: "client".into(), request_id: name.into(), ..Requester::default() },
            ends_start_delay: false,
        };
        self.ask(Command::Signal(Box::new(signal)))
    }

    pub fn pause_activity(&mut self, id: &str) -> Result<Reply, Rejection> {
        let which = WhichActivities::Id(id.into());
        self.ask(Command::PauseActivities(PauseActivities { which, reason: pause_reason("pause-activity") }))
    }

    pub fn unpause_activity(&mut self, id: &str) -> Result<Reply, Rejection> {
        self.ask(Command::UnpauseActivities(UnpauseActivities {
            which: WhichActivities::Id(id.into()),
            resets_attempts: false,
            forgets_heartbeat: false,
            jitter: Jitter::default(),
        }))
    }

    pub fn reset_activity(&mut self, id: &str, change: impl FnOnce(&mut ResetActivities)) -> Result<Reply, Rejection> {
        let mut reset = ResetActivities {
            which: WhichActivities::Id(id.into()),
            forgets_heartbeat: false,
            keeps_paused: false,
            restores_options: false,
            jitter: Jitter::default(),
        };
        change(&mut reset);
        self.ask(Command::ResetActivities(reset))
    }

    pub fn change_options(&mut self, which: WhichActivities, change: OptionsChange) -> Result<Reply, Rejection> {
        self.ask(Command::UpdateActivityOptions(Box::new(UpdateActivityOptions { which, change })))
    }

    pub fn pause(&mut self, request_id: &str) -> Result<Reply, Rejection> {
        self.ask(Command::Pause(pause_reason(request_id)))
    }

    pub fn unpause(&mut self) -> Result<Reply, Rejection> {
        self.ask(Command::Unpause(pause_reason("unpause")))
    }

    pub fn change_priority(&mut self, key: i32) -> Result<Reply, Rejection> {
        let priority = Priority { priority_key: key, ..Priority::default() };
        let paths = ["priority.priorityKey".to_owned()].into();
        let update = UpdateOptions { priority: Some(priority), paths, identity: "client".into() };
        self.ask(Command::UpdateOptions(Box::new(update)))
    }

    pub fn cancel(&mut self) -> Result<Reply, Rejection> {
        self.ask(Command::RequestCancel(RequestCancel { reason: "enough".into(), requester: Requester::default() }))
    }

    pub fn terminate(&mut self) -> Result<Reply, Rejection> {
        let requester = Requester { identity: "client".into(), ..Requester::default() };
        self.ask(Command::Terminate(Terminate { reason: "stop".into(), details: None, requester }))
    }
}

pub fn start() -> Start {
    Start {
        key: RunKey {
            workflow: WorkflowKey { namespace: NamespaceId(Uuid::nil()), workflow_id: "order-1".into() },
            run_id: RunId(Uuid::from_u128(1)),
        },
        namespace_name: "default".into(),
        attributes: Box::new(WorkflowExecutionStartedEventAttributes {
            workflow_type: Some(WorkflowType { name: "Order".into() }),
            task_queue: Some(TaskQueue { name: "orders".into(), ..TaskQueue::default() }),
            ..WorkflowExecutionStartedEventAttributes::default()
        }),
        requester: Requester { identity: "client".into(), request_id: "start-1".into(), ..Requester::default() },
        user_metadata: None,
        signal: None,
        eager: None,
        update: None,
    }
}

pub fn pause_reason(request_id: &str) -> PauseReason {
    PauseReason { identity: "operator".into(), reason: "incident".into(), request_id: request_id.into() }
}

/// Activities move to another queue.
pub fn to_queue(name: &str) -> OptionsChange {
    let queue = TaskQueue { name: name.into(), ..TaskQueue::default() };
    let options = Box::new(ActivityOptions { task_queue: Some(queue), ..ActivityOptions::default() });
    OptionsChange::Merge { options, paths: ["taskQueue.name".to_owned()].into() }
}

pub fn application_failure(message: &str, kind: &str, non_retryable: bool) -> Failure {
    let info = ApplicationFailureInfo { r#type: kind.into(), non_retryable, ..ApplicationFailureInfo::default() };
    Failure {
        message: message.into(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
        ..Failure::default()
    }
}

pub fn payloads(bytes: usize) -> Payloads {
    Payloads { payloads: vec![Payload { data: vec![7; bytes].into(), ..Payload::default() }] }
}

pub fn command(kind: CommandType, attributes: Attributes) -> WorkerCommand {
    WorkerCommand { command_type: kind as i32, attributes: Some(attributes), ..WorkerCommand::default() }
}

pub fn schedule(id: &str) -> WorkerCommand {
    schedule_with(id, |_| {})
}

pub fn schedule_with(id: &str, change: impl FnOnce(&mut ScheduleActivityTaskCommandAttributes)) -> WorkerCommand {
    let mut attributes = ScheduleActivityTaskCommandAttributes {
        activity_id: id.into(),
        activity_type: Some(ActivityType { name: "Charge".into() }),
        task_queue: Some(TaskQueue { name: "orders".into(), ..TaskQueue::default() }),
        start_to_close_timeout: Some(to_proto_duration(Duration::from_secs(10))),
        retry_policy: Some(RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() }),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    change(&mut attributes);
    let attributes = Attributes::ScheduleActivityTaskCommandAttributes(attributes);
    command(CommandType::ScheduleActivityTask, attributes)
}

pub fn cancel_activity(scheduled_event_id: i64) -> WorkerCommand {
    let attributes = RequestCancelActivityTaskCommandAttributes { scheduled_event_id };
    let attributes = Attributes::RequestCancelActivityTaskCommandAttributes(attributes);
    command(CommandType::RequestCancelActivityTask, attributes)
}

pub fn timer(id: &str, seconds: u64) -> WorkerCommand {
    let attributes = StartTimerCommandAttributes {
        timer_id: id.into(),
        start_to_fire_timeout: Some(to_proto_duration(Duration::from_secs(seconds))),
    };
    command(CommandType::StartTimer, Attributes::StartTimerCommandAttributes(attributes))
}

pub fn cancel_timer(id: &str) -> WorkerCommand {
    let attributes = CancelTimerCommandAttributes { timer_id: id.into() };
    command(CommandType::CancelTimer, Attributes::CancelTimerCommandAttributes(attributes))
}

pub fn marker(name: &str) -> WorkerCommand {
    let attributes = RecordMarkerCommandAttributes { marker_name: name.into(), ..Default::default() };
    command(CommandType::RecordMarker, Attributes::RecordMarkerCommandAttributes(attributes))
}

pub fn complete() -> WorkerCommand {
    complete_with(None)
}

pub fn complete_with(result: Option<Payloads>) -> WorkerCommand {
    let attributes = CompleteWorkflowExecutionCommandAttributes { result };
    let attributes = Attributes::CompleteWorkflowExecutionCommandAttributes(attributes);
    command(CommandType::CompleteWorkflowExecution, attributes)
}

pub fn fail() -> WorkerCommand {
    let failure = Some(application_failure("no", "No", true));
    let attributes =
        Attributes::FailWorkflowExecutionCommandAttributes(FailWorkflowExecutionCommandAttributes { failure });
    command(CommandType::FailWorkflowExecution, attributes)
}

pub fn cancel_workflow() -> WorkerCommand {
    let attributes = CancelWorkflowExecutionCommandAttributes { details: None };
    let attributes = Attributes::CancelWorkflowExecutionCommandAttributes(attributes);
    command(CommandType::CancelWorkflowExecution, attributes)
}

pub fn continue_as_new() -> WorkerCommand {
    let attributes = ContinueAsNewWorkflowExecutionCommandAttributes { input: Some(payloads(3)), ..Default::default() };
    let attributes = Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(attributes);
    command(CommandType::ContinueAsNewWorkflowExecution, attributes)
}

pub fn attempt(scheduled_event_id: i64, attempt: i32) -> ActivityReference {
    ActivityReference::Attempt { scheduled_event_id, attempt }
}

pub fn start_child(id: &str) -> WorkerCommand {
    start_child_with(id, |_| {})
}

pub fn start_child_with(
    id: &str,
    change: impl FnOnce(&mut StartChildWorkflowExecutionCommandAttributes),
) -> WorkerCommand {
    let mut attributes = StartChildWorkflowExecutionCommandAttributes {
        workflow_id: id.into(),
        workflow_type: Some(WorkflowType { name: "Parcel".into() }),
        ..Default::default()
    };
    change(&mut attributes);
    let attributes = Attributes::StartChildWorkflowExecutionCommandAttributes(attributes);
    command(CommandType::StartChildWorkflowExecution, attributes)
}

pub fn signal_external(id: &str, child_only: bool) -> WorkerCommand {
    signal_external_with(id, |signal| signal.child_workflow_only = child_only)
}

pub fn signal_external_with(
    id: &str,
    change: impl FnOnce(&mut SignalExternalWorkflowExecutionCommandAttributes),
) -> WorkerCommand {
    let mut attributes = SignalExternalWorkflowExecutionCommandAttributes {
        execution: Some(WorkflowExecution { workflow_id: id.into(), run_id: String::new() }),
        signal_name: "hello".into(),
        ..Default::default()
    };
    change(&mut attributes);
    let attributes = Attributes::SignalExternalWorkflowExecutionCommandAttributes(attributes);
    command(CommandType::SignalExternalWorkflowExecution, attributes)
}

pub fn cancel_external(id: &str, child_only: bool) -> WorkerCommand {
    cancel_external_with(id, |cancel| cancel.child_workflow_only = child_only)
}

pub fn cancel_external_with(
    id: &str,
    change: impl FnOnce(&mut RequestCancelExternalWorkflowExecutionCommandAttributes),
) -> WorkerCommand {
    let mut attributes = RequestCancelExternalWorkflowExecutionCommandAttributes {
        workflow_id: id.into(),
        reason: "enough".into(),
        ..Default::default()
    };
    change(&mut attributes);
    let attributes = Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(attributes);
    command(CommandType::RequestCancelExternalWorkflowExecution, attributes)
}

#[expect(deprecated, reason = "commands still name namespaces")]
pub fn in_namespace(mut command: WorkerCommand, name: &str) -> WorkerCommand {
    if let Some(Attributes::StartChildWorkflowExecutionCommandAttributes(child)) = &mut command.attributes {
        child.namespace = name.into();
    }
    command
}
