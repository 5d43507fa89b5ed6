//! The workflow task until a worker has it: scheduled (as an event, or as a note when it is a retry), offered on a queue,
//! started. How it ends is in `workflow_task_end`. Invariant: a run has at most one open workflow task.

use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{SuggestContinueAsNewReason, WorkflowTaskFailedCause as Cause},
    history::v1::{
        HistoryEvent, WorkflowTaskScheduledEventAttributes, WorkflowTaskStartedEventAttributes,
        history_event::Attributes,
    },
};
use abide_model::settings::Limits;
use abide_model::{Timestamp, limits};

use super::command::{QueueName, StartWorkflowTask, Subject, TaskId, WorkflowTaskToken};
use super::event::{event, task_queue, version_stamp};
use super::index::{Due, Index};
use super::note::{NoteKind, Stickiness, WorkflowTaskScheduled, duration, nanos};
use super::rejection::Rejection;
use super::reply::{Offer, Reply, StartedWorkflowTask, Task};
use super::state::{OpenWorkflowTask, Problem, StartedPart, State};
use super::{Out, Run};
use crate::convert::{from_proto_duration, to_proto_duration, to_proto_time};

impl State {
    /// The queue that the run belongs to.
    pub fn normal_queue(&self) -> QueueName {
        let queue = self.execution.started.task_queue.as_ref();
        QueueName::normal(queue.map(|queue| queue.name.clone()).unwrap_or_default())
    }

    /// The offer of the workflow task, if one waits.
    pub fn workflow_task_offer(&self) -> Option<Offer> {
        let open = self.workflow_tasks.open.as_ref().filter(|open| open.started.is_none())?;
        Some(Offer {
            task: TaskId { subject: Subject::WorkflowTask, stamp: open.stamp },
            queue: open.queue.clone(),
            scheduled_at: open.scheduled_at,
            durable_start: false,
            priority: self.execution.started.priority.clone(),
        })
    }

    /// The deadline of the workflow task: on a sticky queue it may wait only so long, with a worker likewise.
    pub fn index_workflow_task(&self, index: &mut Index) {
        let at = self.workflow_tasks.open.as_ref().and_then(|open| match &open.started {
            Some(started) => Some(started.at.after(duration(open.timeout_nanos))),
            None if open.speculative => {
                let sticky = self.workflow_tasks.sticky.as_ref().filter(|_| open.queue.is_sticky());
                let wait = sticky.map_or(Duration::MAX, |sticky| duration(sticky.timeout_nanos));
                Some(open.scheduled_at.after(wait.min(limits::SPECULATIVE_TASK_WAIT_MAX)))
            }
            None if open.queue.is_sticky() => {
                let sticky = self.workflow_tasks.sticky.as_ref()?;
                Some(open.scheduled_at.after(duration(sticky.timeout_nanos)))
            }
            None => None,
        });
        index.set(Due::WorkflowTask, at);
    }

    /// Whether news may come now. Not while a workflow that wanted to close handles the news that came between: it would
    /// never come to its end under a storm of signals.
    pub fn takes_news(&self) -> Result<(), Rejection> {
        let wanted_to_close = self.workflow_tasks.problem == Some(Problem::Failed(Cause::UnhandledCommand as i32));
        let started = self.workflow_tasks.open.as_ref().is_some_and(|open| open.started.is_some());
        if wanted_to_close && started { Err(Rejection::Closing) } else { Ok(()) }
    }

    /// The events of the open workflow task that are not written, and may never be if it is speculative.
    pub fn unwritten_task_events(&self) -> Vec<HistoryEvent> {
        let Some(open) = self.workflow_tasks.open.as_ref() else { return Vec::new() };
        let scheduled = (open.attempt > 1 || open.speculative).then(|| scheduled_event(open));
        scheduled.into_iter().chain(open.started.as_ref().map(|started| started_event(open, started))).collect()
    }

    /// The started event of the workflow task that is with a worker for the first time.
    pub fn virtual_started_event(&self) -> Option<HistoryEvent> {
        let open = self.workflow_tasks.open.as_ref().filter(|open| open.attempt == 1 && !open.speculative)?;
        Some(started_event(open, open.started.as_ref()?))
    }
}

/// The event that says that a task was scheduled.
pub(super) fn scheduled_event(open: &OpenWorkflowTask) -> HistoryEvent {
    let attributes = WorkflowTaskScheduledEventAttributes {
        task_queue: Some(task_queue(&open.queue)),
        start_to_close_timeout: Some(to_proto_duration(duration(open.timeout_nanos))),
        attempt: open.attempt,
    };
    HistoryEvent {
        event_id: open.scheduled_event_id,
        task_id: open.scheduled_event_id,
        event_time: Some(to_proto_time(open.scheduled_at)),
        ..event(Attributes::WorkflowTaskScheduledEventAttributes(attributes))
    }
}

/// The event that says that a worker has the task.
pub(super) fn started_event(open: &OpenWorkflowTask, started: &StartedPart) -> HistoryEvent {
    let reasons = started.continue_reasons.clone();
    #[expect(deprecated, reason = "the stamp of a worker without a deployment")]
    let attributes = WorkflowTaskStartedEventAttributes {
        scheduled_event_id: open.scheduled_event_id,
        identity: started.identity.clone(),
        request_id: started.request_id.clone(),
        suggest_continue_as_new: !reasons.is_empty(),
        suggest_continue_as_new_reasons: reasons,
        history_size_bytes: started.history_bytes,
        worker_version: version_stamp(&started.build_id),
        ..WorkflowTaskStartedEventAttributes::default()
    };
    HistoryEvent {
        event_id: started.event_id,
        task_id: started.event_id,
        event_time: Some(to_proto_time(started.at)),
        ..event(Attributes::WorkflowTaskStartedEventAttributes(attributes))
    }
}

impl Run {
    pub(super) fn workflow_task_is_started(&self) -> bool {
        self.state.workflow_tasks.open.as_ref().is_some_and(|open| open.started.is_some())
    }

    /// Schedules a workflow task unless one is open, or the first one must wait for its time or for the run's parent, or
    /// the run is paused or closed.
    pub(super) fn want_workflow_task(&mut self, now: Timestamp, out: &mut Out) {
        let delayed = self.state.execution.first_task_at.is_some() || self.state.children.awaits_parent;
        let waits = delayed || self.state.is_paused();
        if self.is_open() && !waits && self.state.workflow_tasks.open.is_none() {
            self.schedule_workflow_task(now, out);
        }
    }

    /// As [`Self::want_workflow_task`], also while the first one waits for its time.
    pub(super) fn want_task_in_spite_of_delay(&mut self, now: Timestamp, out: &mut Out) {
        if self.is_open() && !self.state.is_paused() && self.state.workflow_tasks.open.is_none() {
            self.schedule_workflow_task(now, out);
        }
    }

    fn schedule_workflow_task(&mut self, now: Timestamp, out: &mut Out) {
        let tasks = &self.state.workflow_tasks;
        let attempt = tasks.next_attempt.max(1);
        let sticky = tasks.sticky.as_ref().filter(|_| attempt == 1);
        let queue = sticky.map_or_else(|| self.state.normal_queue(), |sticky| sticky.queue.clone());
        let timeout_nanos = nanos(self.workflow_task_timeout(attempt));
        if attempt == 1 {
            let attributes = WorkflowTaskScheduledEventAttributes {
                task_queue: Some(task_queue(&queue)),
                start_to_close_timeout: Some(to_proto_duration(duration(timeout_nanos))),
                attempt,
            };
            self.emit_event(now, event(Attributes::WorkflowTaskScheduledEventAttributes(attributes)), out);
        } else {
            let scheduled = WorkflowTaskScheduled { at: now, queue, timeout_nanos, attempt };
            self.emit_note(NoteKind::WorkflowTaskScheduled(scheduled), out);
        }
        self.offer_workflow_task(out);
    }

    /// The timeout grows with the attempts: that is the only backoff that failing workflow tasks have.
    pub(super) fn workflow_task_timeout(&self, attempt: i32) -> Duration {
        let configured = from_proto_duration(self.state.execution.started.workflow_task_timeout.as_ref());
        if attempt <= 3 {
            return configured;
        }
        let doublings = u32::try_from(attempt - 4).unwrap_or(0).min(16);
        let backoff = Duration::from_secs(5).saturating_mul(1 << doublings);
        configured + backoff.min(limits::WORKFLOW_TASK_RETRY_INTERVAL_MAX)
    }

    pub(super) fn offer_workflow_task(&mut self, out: &mut Out) {
        if let Some(offer) = self.state.workflow_task_offer() {
            out.task(Task::Offer(offer));
        }
    }

    pub(super) fn start_workflow_task(
        &mut self,
        start: StartWorkflowTask,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        let open = self.state.workflow_tasks.open.as_ref().ok_or(Rejection::StaleTask)?;
        if open.stamp != start.task.stamp {
            return Err(Rejection::StaleTask);
        }
        if let Some(started) = &open.started {
            // The same poll asks again because it did not hear the answer.
            let again = started.request_id == start.poller.request_id;
            return if again { Ok(self.started_reply(&[])) } else { Err(Rejection::StaleTask) };
        }
        if open.attempt > 1 && open.scheduled_event_id != self.next_event_id() {
            // Events came since the retry was offered; its virtual number is taken, so it becomes an ordinary task.
            self.emit_note(NoteKind::NextAttempt(1), out);
            let attributes = WorkflowTaskScheduledEventAttributes {
                task_queue: Some(task_queue(&self.state.normal_queue())),
                start_to_close_timeout: Some(to_proto_duration(self.workflow_task_timeout(1))),
                attempt: 1,
            };
            self.emit_event(now, event(Attributes::WorkflowTaskScheduledEventAttributes(attributes)), out);
        }
        let open = self.state.workflow_tasks.open.as_ref().ok_or(Rejection::StaleTask)?;
        let event_id =
            if open.attempt == 1 && !open.speculative { self.next_event_id() } else { open.scheduled_event_id + 1 };
        let started = StartedPart {
            event_id,
            at: now,
            identity: start.poller.identity,
            request_id: start.poller.request_id,
            build_id: start.poller.build_id,
            history_bytes: self.state.position.history_bytes,
            continue_reasons: self.continue_reasons(event_id, &out.limits),
        };
        // A heartbeat goes on with what its worker was told before.
        let told = if open.original_scheduled_at == open.scheduled_at { Vec::new() } else { self.state.updates.sent() };
        self.emit_note(NoteKind::WorkflowTaskStarted(started), out);
        out.task(Task::Settle(Subject::WorkflowTask));
        Ok(self.started_reply(&told))
    }

    /// Why its worker is advised to continue as new.
    fn continue_reasons(&self, events: i64, limits: &Limits) -> Vec<i32> {
        let reasons = [
            (
                self.state.position.history_bytes >= limits.history.bytes_suggest_continue,
                SuggestContinueAsNewReason::HistorySizeTooLarge,
            ),
            (events >= limits.history.events_suggest_continue, SuggestContinueAsNewReason::TooManyHistoryEvents),
            (self.state.updates.suggest_continue(limits.updates), SuggestContinueAsNewReason::TooManyUpdates),
        ];
        reasons.into_iter().filter(|(applies, _)| *applies).map(|(_, reason)| reason as i32).collect()
    }

    fn started_reply(&self, told: &[String]) -> Reply {
        let mut started = self.started_task_view().expect("the workflow task was started just now");
        started.messages.retain(|message| !told.contains(&message.protocol_instance_id));
        Reply::WorkflowTask(Box::new(started))
    }

    pub(super) fn started_task_view(&self) -> Option<StartedWorkflowTask> {
        let tasks = &self.state.workflow_tasks;
        let open = tasks.open.as_ref()?;
        let started = open.started.as_ref()?;
        let sticky = open.queue.is_sticky();
        Some(StartedWorkflowTask {
            token: WorkflowTaskToken {
                scheduled_event_id: open.scheduled_event_id,
                started_event_id: started.event_id,
                attempt: open.attempt,
                poll: started.poll(),
            },
            task: TaskId { subject: Subject::WorkflowTask, stamp: open.stamp },
            workflow_type: self.state.workflow_type(),
            previous_started_event_id: tasks.previous_started_event_id,
            task_queue: self.state.normal_queue().name,
            sticky,
            scheduled_at: open.original_scheduled_at,
            started_at: started.at,
            first_event_id: if sticky { tasks.previous_started_event_id + 1 } else { 1 },
            last_event_id: self.next_event_id() - 1,
            virtual_events: self.state.unwritten_task_events(),
            messages: self.state.update_messages(started.event_id),
        })
    }

    /// The worker dropped the run from its cache: what it was offered goes to anyone.
    pub(super) fn reset_stickiness(&mut self, out: &mut Out) -> Result<Reply, Rejection> {
        if self.state.workflow_tasks.sticky.is_some() {
            self.emit_note(NoteKind::Stickiness(Stickiness { sticky: None }), out);
        }
        let waits_there = self.state.workflow_task_offer().is_some_and(|offer| offer.queue.is_sticky());
        if waits_there {
            self.emit_note(NoteKind::WorkflowTaskOffered(self.state.normal_queue()), out);
            self.offer_workflow_task(out);
        }
        Ok(Reply::Done)
    }

    /// The worker that was given the task never heard of it.
    pub(super) fn return_task(&mut self, task: TaskId, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        match task.subject {
            Subject::Activity(scheduled_event_id) => self.return_activity(scheduled_event_id, task.stamp, out),
            Subject::WorkflowTask => {
                let open = self.state.workflow_tasks.open.as_ref();
                let is_it = open.is_some_and(|open| open.stamp == task.stamp && open.started.is_some());
                if !is_it {
                    return Err(Rejection::StaleTask);
                }
                // Its worker is gone, so its own queue is no place to wait.
                self.emit_note(NoteKind::Stickiness(Stickiness { sticky: None }), out);
                self.emit_note(NoteKind::WorkflowTaskOffered(self.state.normal_queue()), out);
                self.flush_buffer(now, out);
                if self.state.is_paused() {
                    self.withdraw_workflow_task(now, out);
                }
                self.offer_workflow_task(out);
                Ok(Reply::Done)
            }
        }
    }

    pub(super) fn apply_workflow_task_scheduled(
        &mut self,
        event_id: i64,
        scheduled: &WorkflowTaskScheduledEventAttributes,
        at: Timestamp,
    ) {
        if scheduled.attempt > 1 {
            // The record of a retry that completes just now; the open task stands for it until then.
            return;
        }
        if self.state.workflow_tasks.is_speculative() {
            return self.apply_speculative_written();
        }
        let queue = scheduled.task_queue.as_ref();
        let queue = queue.map(|queue| QueueName { name: queue.name.clone(), normal_name: queue.normal_name.clone() });
        self.open_workflow_task(OpenWorkflowTask {
            scheduled_event_id: event_id,
            scheduled_at: at,
            attempt: 1,
            queue: queue.unwrap_or_default(),
            timeout_nanos: nanos(from_proto_duration(scheduled.start_to_close_timeout.as_ref())),
            ..OpenWorkflowTask::default()
        });
    }

    pub(super) fn apply_transient_scheduled(&mut self, scheduled: &WorkflowTaskScheduled) {
        self.open_workflow_task(OpenWorkflowTask {
            scheduled_event_id: self.next_event_id(),
            scheduled_at: scheduled.at,
            attempt: scheduled.attempt,
            queue: scheduled.queue.clone(),
            timeout_nanos: scheduled.timeout_nanos,
            ..OpenWorkflowTask::default()
        });
    }

    pub(super) fn open_workflow_task(&mut self, open: OpenWorkflowTask) {
        self.state.children.awaits_parent = false;
        self.state.position.stamp += 1;
        let stamp = self.state.position.stamp;
        let original_scheduled_at = open.scheduled_at;
        self.state.workflow_tasks.open = Some(OpenWorkflowTask { stamp, original_scheduled_at, ..open });
        self.state.index_workflow_task(&mut self.index);
    }

    pub(super) fn apply_workflow_task_started(&mut self, started: &StartedPart) {
        if let Some(open) = &mut self.state.workflow_tasks.open {
            open.started = Some(started.clone());
        }
        self.apply_updates_sent();
        self.state.index_workflow_task(&mut self.index);
    }

    pub(super) fn apply_workflow_task_offered(&mut self, queue: &QueueName) {
        self.state.position.stamp += 1;
        let stamp = self.state.position.stamp;
        if let Some(open) = &mut self.state.workflow_tasks.open {
            open.queue = queue.clone();
            open.stamp = stamp;
            open.started = None;
        }
        self.state.index_workflow_task(&mut self.index);
    }
}
