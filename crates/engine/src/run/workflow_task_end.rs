//! How a workflow task ends: completed with decisions, refused, failed by its worker, or out of time. Only then is its
//! start written; what was buffered meanwhile follows.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{Payload, Payloads},
    enums::v1::{TimeoutType, WorkflowTaskFailedCause},
    failure::v1::Failure,
    history::v1::{
        WorkflowTaskCompletedEventAttributes, WorkflowTaskFailedEventAttributes, WorkflowTaskTimedOutEventAttributes,
        history_event::Attributes,
    },
};
use abide_model::Timestamp;
use abide_model::settings::Limits;
use prost::Message;

use super::buffer::Flush;
use super::command::{
    CompleteWorkflowTask, FailWorkflowTask, QueueName, StartActivity, StartWorkflowTask, Subject, TaskId,
    WorkflowTaskToken,
};
use super::event::event;
use super::note::{NoteKind, Stickiness, WorkflowTaskDropped, nanos};
use super::rejection::Rejection;
use super::reply::{RefusedCommand, Reply, StartedActivity, Task, WorkflowTaskCompleted};
use super::state::{OpenWorkflowTask, Problem, Sticky};
use super::update::check_bodies;
use super::worker_command::{Decided, Refusal, Turn, check_sequence, refuse};
use super::workflow_task::{scheduled_event, started_event};
use super::{Out, Run};
use crate::convert::without_deep_causes;

/// The identity under which the server itself acts.
pub(super) const SERVER_IDENTITY: &str = "history-service";

/// Who failed a workflow task.
#[derive(Default)]
pub(super) struct Author {
    /// Shown in the history.
    pub(super) identity: String,
    /// The worker's build, if a worker it was.
    pub(super) binary_checksum: String,
}

impl Author {
    /// The server, in the role of this name.
    pub(super) fn server(identity: &str) -> Self {
        Self { identity: identity.to_owned(), binary_checksum: String::new() }
    }
}

/// Whether the worker only says that its local activities go on.
fn is_heartbeat(completion: &CompleteWorkflowTask) -> bool {
    completion.force_new_task && completion.commands.is_empty() && completion.messages.is_empty()
}

impl CompleteWorkflowTask {
    /// What it wants to write, about.
    fn bytes(&self) -> usize {
        let commands: usize = self.commands.iter().map(Message::encoded_len).sum();
        commands + self.messages.iter().map(Message::encoded_len).sum::<usize>()
    }
}

impl Run {
    pub(super) fn complete_workflow_task(
        &mut self,
        completion: CompleteWorkflowTask,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        let open = self.started_task(&completion.token)?;
        let attempt = open.attempt;
        let goes_on_for_too_long = now > open.original_scheduled_at.after(out.limits.workflow_task_heartbeat_max);
        if completion.force_new_task && self.state.is_paused() {
            return Err(Rejection::PausedTaskCannotGoOn);
        }
        check_sequence(&completion.commands)?;
        check_bodies(&completion.messages)?;
        if is_heartbeat(&completion) && goes_on_for_too_long {
            return Ok(self.time_out_heartbeats(now, out));
        }
        let reply = match self.check_completion(&completion, &out.limits) {
            Ok(_) if completion.bytes() > out.limits.transaction_bytes_max => self.too_much(&completion, now, out),
            Ok(decided) => self.completed(completion, decided, now, out),
            Err(refusal) => {
                let CompleteWorkflowTask { identity, binary_checksum, .. } = completion;
                self.refuse(refusal, attempt, Author { identity, binary_checksum }, now, out)?
            }
        };
        Ok(Reply::WorkflowTaskCompleted(Box::new(reply)))
    }

    /// What the worker decided, if it is one that may decide and can be carried out.
    fn check_completion(&self, completion: &CompleteWorkflowTask, bounds: &Limits) -> Result<Vec<Decided>, Refusal> {
        if completion.has_bad_binary {
            let text = format!("binary {} is marked as bad deployment", completion.binary_checksum);
            return refuse(WorkflowTaskFailedCause::BadBinary, text);
        }
        self.check_commands(&completion.commands, &completion.messages, &completion.namespaces, bounds)
    }

    /// The worker wants to write more than can be stored together: nothing of it is, and the run is ended.
    fn too_much(&mut self, completion: &CompleteWorkflowTask, now: Timestamp, out: &mut Out) -> WorkflowTaskCompleted {
        let (bytes, max) = (completion.bytes(), out.limits.transaction_bytes_max);
        let message = format!("transaction size of {bytes} bytes exceeds limit of {max} bytes");
        self.end_started_task(now, WorkflowTaskFailedCause::ForceCloseCommand, out);
        let details = Payload {
            metadata: [("encoding".to_owned(), "json/plain".into())].into(),
            data: format!("{message:?}").into(),
            ..Payload::default()
        };
        let details = Payloads { payloads: vec![details] };
        self.terminate_with("Transaction size exceeds limit.".into(), Some(details), now, out);
        let refused = RefusedCommand { cause: WorkflowTaskFailedCause::ForceCloseCommand, message };
        WorkflowTaskCompleted { refused: Some(refused), ..WorkflowTaskCompleted::default() }
    }

    fn started_task(&self, token: &WorkflowTaskToken) -> Result<&OpenWorkflowTask, Rejection> {
        let open = self.state.workflow_tasks.open.as_ref().ok_or(Rejection::WorkflowTaskNotFound)?;
        let started = open.started.as_ref().ok_or(Rejection::WorkflowTaskNotFound)?;
        let is_it = open.scheduled_event_id == token.scheduled_event_id
            && started.event_id == token.started_event_id
            && open.attempt == token.attempt
            && (token.poll == started.poll() || token.poll == 0);
        if is_it { Ok(open) } else { Err(Rejection::WorkflowTaskNotFound) }
    }

    fn completed(
        &mut self,
        completion: CompleteWorkflowTask,
        decided: Vec<Decided>,
        now: Timestamp,
        out: &mut Out,
    ) -> WorkflowTaskCompleted {
        if self.leaves_no_trace(&completion) {
            return self.discarded(completion, decided, now, out);
        }
        let goes_on_since = is_heartbeat(&completion).then(|| self.original_schedule()).flatten();
        let (scheduled_event_id, started_event_id) = self.write_task_start(now, out);
        #[expect(deprecated, reason = "old workers and user interfaces read the binary checksum")]
        let attributes = WorkflowTaskCompletedEventAttributes {
            scheduled_event_id,
            started_event_id,
            identity: completion.identity.clone(),
            binary_checksum: completion.binary_checksum,
            worker_version: completion.worker_version,
            sdk_metadata: completion.sdk_metadata,
            metering_metadata: completion.metering_metadata,
            worker_deployment_name: completion.deployment_name,
            ..WorkflowTaskCompletedEventAttributes::default()
        };
        let completed = event(Attributes::WorkflowTaskCompletedEventAttributes(attributes));
        let completed_event_id = self.emit_event(now, completed, out);
        self.stick_to(completion.sticky, out);
        let mut reply = WorkflowTaskCompleted::default();
        let new_run_id = completion.new_run_id.expect("the loop gives every completion an id for a successor");
        let turn = Turn { completed_event_id, identity: completion.identity, new_run_id, now };
        let eager: Vec<String> = decided.iter().filter_map(Decided::eager_activity).collect();
        for decision in decided {
            self.decide(decision, &turn, out);
        }
        if self.is_open() {
            reply.activities = self.start_eagerly(&eager, &completion.poller, now, out);
            if !completion.force_new_task {
                self.reject_unprocessed_updates(out);
            }
            let news = self.flush_buffer(now, out);
            if news == Flush::Events || completion.force_new_task {
                self.want_workflow_task(now, out);
            }
            // A worker that goes on does so even if its task, for an update, came before the delay of the first was over.
            if completion.force_new_task && self.state.execution.first_task_at.is_some() {
                self.want_task_in_spite_of_delay(now, out);
            }
            self.want_task_for_updates(completion.return_new_task, now, out);
            if let Some(since) = goes_on_since.filter(|_| self.state.workflow_tasks.open.is_some()) {
                self.emit_note(NoteKind::WorkflowTaskGoesOnSince(since), out);
            }
            self.enforce_limits(now, out);
            if completion.return_new_task {
                reply.next = self.start_inline(completion.poller, now, out);
            }
        }
        reply
    }

    /// When the open task was scheduled, or the first of the tasks that it goes on for.
    fn original_schedule(&self) -> Option<Timestamp> {
        self.state.workflow_tasks.open.as_ref().map(|open| open.original_scheduled_at)
    }

    /// Local activities have kept the task going for too long: it counts as one whose worker did not answer.
    fn time_out_heartbeats(&mut self, now: Timestamp, out: &mut Out) -> Reply {
        self.time_out_workflow_task(now, out);
        let reply = WorkflowTaskCompleted { heartbeats_timed_out: true, ..WorkflowTaskCompleted::default() };
        Reply::WorkflowTaskCompleted(Box::new(reply))
    }

    /// Starts the activities that the worker asked to have at once, unless they ended or are held back.
    fn start_eagerly(
        &mut self,
        activity_ids: &[String],
        poller: &super::Poller,
        now: Timestamp,
        out: &mut Out,
    ) -> Vec<StartedActivity> {
        let mut started = Vec::new();
        for activity_id in activity_ids {
            let Some(scheduled_event_id) = self.index.activity_ids.get(activity_id) else { continue };
            let activity = self.state.activities.pending.get(scheduled_event_id);
            let offer = activity.and_then(|activity| self.state.activity_offer(*scheduled_event_id, activity));
            let Some(offer) = offer else { continue };
            let start = StartActivity { task: offer.task, poller: poller.clone() };
            if let Ok(Reply::Activity(activity)) = self.start_activity(start, now, out) {
                started.push(*activity);
            }
        }
        started
    }

    /// All that the task carried was turned down, and nothing else came of it.
    fn discarded(
        &mut self,
        completion: CompleteWorkflowTask,
        decided: Vec<Decided>,
        now: Timestamp,
        out: &mut Out,
    ) -> WorkflowTaskCompleted {
        let mut reply = self.discard_task(decided, out);
        self.stick_to(completion.sticky, out);
        self.want_task_for_updates(completion.return_new_task, now, out);
        if completion.return_new_task {
            reply.next = self.start_inline(completion.poller, now, out);
        }
        reply
    }

    /// The worker that has the run cached from now on.
    fn stick_to(&mut self, worker: Option<(QueueName, Duration)>, out: &mut Out) {
        let sticky = worker.map(|(queue, timeout)| Sticky { queue, timeout_nanos: nanos(timeout) });
        if sticky != self.state.workflow_tasks.sticky {
            self.emit_note(NoteKind::Stickiness(Stickiness { sticky }), out);
        }
    }

    /// Updates that came while the worker was busy need a task. It is speculative only if the same worker gets it now.
    fn want_task_for_updates(&mut self, return_new_task: bool, now: Timestamp, out: &mut Out) {
        match self.state.updates.wait_for_task() {
            true if return_new_task => self.want_speculative_task(now, out),
            true => self.want_workflow_task(now, out),
            false => {}
        }
    }

    /// Starts the task that was scheduled just now for the worker that is about to get the reply.
    pub(super) fn start_inline(
        &mut self,
        poller: super::Poller,
        now: Timestamp,
        out: &mut Out,
    ) -> Option<Box<super::StartedWorkflowTask>> {
        let offer = self.state.workflow_task_offer()?;
        let task = TaskId { subject: Subject::WorkflowTask, stamp: offer.task.stamp };
        let told = self.state.updates.sent();
        match self.start_workflow_task(StartWorkflowTask { task, poller }, now, out) {
            Ok(Reply::WorkflowTask(mut started)) => {
                started.messages.retain(|message| !told.contains(&message.protocol_instance_id));
                Some(started)
            }
            _ => None,
        }
    }

    /// The worker's decisions cannot be carried out: none of them is, and the task is recorded as failed. A retry of
    /// a task is not recorded but left to time out, which spaces the attempts.
    fn refuse(
        &mut self,
        refusal: Refusal,
        attempt: i32,
        author: Author,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<WorkflowTaskCompleted, Rejection> {
        let Refusal { cause, message, terminates } = refusal;
        let refused = RefusedCommand { cause, message };
        let carried_updates = !self.state.updates.sent().is_empty();
        self.abort_sent_updates(out);
        if attempt > 1 && cause != WorkflowTaskFailedCause::UnhandledCommand {
            return match carried_updates {
                true => Ok(WorkflowTaskCompleted { refused: Some(refused), ..WorkflowTaskCompleted::default() }),
                false => Err(Rejection::Refused(refused)),
            };
        }
        let failure = Failure { message: refused.message.clone(), ..super::activity_retry::server_failure() };
        self.fail_started_task(now, cause, Some(failure), author, out);
        if terminates {
            self.flush_buffer(now, out);
            self.terminate_by_server(refused.message.clone(), now, out);
        } else {
            self.after_failed_task(now, out);
        }
        Ok(WorkflowTaskCompleted { refused: Some(refused), ..WorkflowTaskCompleted::default() })
    }

    pub(super) fn fail_workflow_task(
        &mut self,
        failed: FailWorkflowTask,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        self.started_task(&failed.token)?;
        if failed.cause == WorkflowTaskFailedCause::GrpcMessageTooLarge {
            // The next attempt would be as large.
            self.end_started_task(now, WorkflowTaskFailedCause::ForceCloseCommand, out);
            self.terminate_by_server("GrpcMessageTooLarge".into(), now, out);
            return Ok(Reply::Done);
        }
        let FailWorkflowTask { identity, binary_checksum, .. } = failed;
        let failure = without_deep_causes(failed.failure);
        self.fail_started_task(now, failed.cause, failure, Author { identity, binary_checksum }, out);
        self.after_failed_task(now, out);
        Ok(Reply::Done)
    }

    /// Ends the started task without success. Only a first attempt is shown in the history.
    pub(super) fn fail_started_task(
        &mut self,
        now: Timestamp,
        cause: WorkflowTaskFailedCause,
        failure: Option<Failure>,
        author: Author,
        out: &mut Out,
    ) {
        if self.state.workflow_tasks.open.as_ref().is_some_and(|open| open.attempt > 1) {
            self.emit_note(NoteKind::WorkflowTaskDropped(WorkflowTaskDropped {}), out);
            return;
        }
        let (scheduled_event_id, started_event_id) = self.write_task_start(now, out);
        #[expect(deprecated, reason = "old workers and user interfaces read the binary checksum")]
        let attributes = WorkflowTaskFailedEventAttributes {
            scheduled_event_id,
            started_event_id,
            cause: cause as i32,
            failure,
            identity: author.identity,
            binary_checksum: author.binary_checksum,
            ..WorkflowTaskFailedEventAttributes::default()
        };
        self.emit_event(now, event(Attributes::WorkflowTaskFailedEventAttributes(attributes.into())), out);
    }

    /// What was buffered is written, and another task follows: an ordinary one if there is news, a retry otherwise.
    pub(super) fn after_failed_task(&mut self, now: Timestamp, out: &mut Out) {
        if self.flush_buffer(now, out) == Flush::Events {
            self.emit_note(NoteKind::NextAttempt(1), out);
        }
        self.want_workflow_task(now, out);
    }

    /// The worker did not answer in time, or no worker of the sticky queue took the task.
    pub(super) fn time_out_workflow_task(&mut self, now: Timestamp, out: &mut Out) {
        let Some(open) = self.state.workflow_tasks.open.clone() else { return };
        let timed_out = |scheduled_event_id, started_event_id, timeout: TimeoutType| {
            event(Attributes::WorkflowTaskTimedOutEventAttributes(WorkflowTaskTimedOutEventAttributes {
                scheduled_event_id,
                started_event_id,
                timeout_type: timeout as i32,
            }))
        };
        if open.started.is_none() {
            let timed_out = timed_out(open.scheduled_event_id, 0, TimeoutType::ScheduleToStart);
            out.task(Task::Settle(Subject::WorkflowTask));
            self.emit_event(now, timed_out, out);
            self.want_workflow_task(now, out);
            return;
        }
        if open.attempt > 1 {
            self.emit_note(NoteKind::WorkflowTaskDropped(WorkflowTaskDropped {}), out);
        } else {
            let (scheduled_event_id, started_event_id) = self.write_task_start(now, out);
            self.emit_event(now, timed_out(scheduled_event_id, started_event_id, TimeoutType::StartToClose), out);
        }
        self.after_failed_task(now, out);
    }

    /// Writes the start of the started task, and the schedule of a retry, with the times at which they happened.
    pub(super) fn write_task_start(&mut self, now: Timestamp, out: &mut Out) -> (i64, i64) {
        let open = self.state.workflow_tasks.open.clone().expect("only a started task ends");
        let started = open.started.clone().expect("only a started task ends");
        if open.attempt > 1 {
            self.emit_event(now, scheduled_event(&open), out);
        }
        self.write_speculative_schedule(now, out);
        let started_event_id = self.emit_event(now, started_event(&open, &started), out);
        debug_assert_eq!(started_event_id, started.event_id, "nothing is numbered while a task is started");
        (open.scheduled_event_id, started_event_id)
    }

    #[expect(deprecated, reason = "the stamp of a worker without a deployment")]
    pub(super) fn apply_workflow_task_completed(&mut self, completed: &WorkflowTaskCompletedEventAttributes) {
        self.forget_problems();
        let tasks = &mut self.state.workflow_tasks;
        if tasks.previous_started_event_id == 0 || tasks.worker_version != completed.worker_version {
            // Lists show by which builds the run was worked on.
            self.state.position.visibility_revision += 1;
        }
        tasks.previous_started_event_id = completed.started_event_id;
        tasks.worker_version.clone_from(&completed.worker_version);
        tasks.next_attempt = 1;
        tasks.open = None;
        self.state.index_workflow_task(&mut self.index);
    }

    /// A task that was on a sticky queue is tried again as a first attempt on the normal queue.
    pub(super) fn apply_workflow_task_failed(&mut self) {
        let tasks = &mut self.state.workflow_tasks;
        tasks.sticky = None;
        if let Some(open) = tasks.open.take() {
            let was_sticky = open.queue.is_sticky();
            tasks.next_attempt = if was_sticky { 1 } else { open.attempt + 1 };
            if !was_sticky {
                self.count_problem();
            }
        }
        self.state.index_workflow_task(&mut self.index);
    }

    pub(super) fn apply_workflow_task_timed_out(&mut self, timed_out: &WorkflowTaskTimedOutEventAttributes) {
        if timed_out.timeout_type() != TimeoutType::ScheduleToStart {
            self.apply_problem(Problem::TimedOut(timed_out.timeout_type));
            return self.apply_workflow_task_failed();
        }
        let tasks = &mut self.state.workflow_tasks;
        tasks.next_attempt = tasks.open.take().map_or(1, |open| open.attempt);
        tasks.sticky = None;
        self.state.index_workflow_task(&mut self.index);
    }
}
