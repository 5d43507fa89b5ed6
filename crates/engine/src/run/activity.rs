//! Activities of one run: scheduled, offered, started, asked to cancel, ended. What happens after an attempt that did not
//! succeed is decided in `activity_retry`. The start is written only with the end, so retries leave no events.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{Payload, Payloads, Priority},
    history::v1::{
        ActivityTaskCancelRequestedEventAttributes, ActivityTaskCanceledEventAttributes,
        ActivityTaskCompletedEventAttributes, ActivityTaskScheduledEventAttributes, ActivityTaskStartedEventAttributes,
        HistoryEvent, history_event::Attributes,
    },
};
use abide_model::Timestamp;
use abide_model::deliberate::{self, Bug};

use super::activity_retry::{AttemptEnd, policy};
use super::command::{
    ActivityReference, QueueName, RecordHeartbeat, Resolution, ResolveActivity, StartActivity, Subject, TaskId,
};
use super::event::{Annotation, annotated, event, version_stamp};
use super::index::Due;
use super::note::{ActivityHeartbeat, ActivityOffered, ActivityStartedNote, NoteKind};
use super::priority::merged;
use super::properties::{detach, detach_all};
use super::rejection::Rejection;
use super::reply::{HeartbeatReply, Offer, Reply, StartedActivity, Task};
use super::state::{Activity, ActivityPhase, ActivityStarted, Backoff, Held, Offered, State};
use super::worker_command::Turn;
use super::{Out, Run};
use crate::convert::{from_proto_duration, without_deep_causes};

impl Activity {
    /// A timeout of the activity; none when it has none.
    fn timeout(timeout: Option<&prost_types::Duration>) -> Option<Duration> {
        Some(from_proto_duration(timeout)).filter(|timeout| *timeout > Duration::ZERO)
    }

    /// When all attempts together have taken too long.
    pub fn expires_at(&self) -> Option<Timestamp> {
        Self::timeout(self.scheduled.schedule_to_close_timeout.as_ref()).map(|timeout| self.scheduled_at.after(timeout))
    }

    /// When this attempt has waited too long for a worker.
    pub fn start_due_at(&self) -> Option<Timestamp> {
        let timeout = Self::timeout(self.scheduled.schedule_to_start_timeout.as_ref())?;
        matches!(self.phase, Some(ActivityPhase::Offered(_))).then(|| self.attempt_scheduled_at.after(timeout))
    }

    /// When the worker has taken too long.
    pub fn close_due_at(&self) -> Option<Timestamp> {
        let timeout = Self::timeout(self.scheduled.start_to_close_timeout.as_ref())?;
        self.started().map(|started| started.at.after(timeout))
    }

    /// When the worker has been silent for too long.
    pub fn heartbeat_due_at(&self) -> Option<Timestamp> {
        let timeout = Self::timeout(self.scheduled.heartbeat_timeout.as_ref())?;
        let started = self.started()?;
        Some(self.heartbeat_at.map_or(started.at, |at| at.max(started.at)).after(timeout))
    }

    /// The earliest time at which something happens to it by itself.
    pub fn deadline(&self) -> Option<Timestamp> {
        let backoff = matches!(self.phase, Some(ActivityPhase::Backoff(_))).then_some(self.attempt_scheduled_at);
        let times = [backoff, self.expires_at(), self.start_due_at(), self.close_due_at(), self.heartbeat_due_at()];
        times.into_iter().flatten().min()
    }

    /// The worker's part, if a worker has it.
    pub fn started(&self) -> Option<&ActivityStarted> {
        match &self.phase {
            Some(ActivityPhase::Started(started)) => Some(started),
            Some(ActivityPhase::Backoff(_) | ActivityPhase::Offered(_) | ActivityPhase::Held(_)) | None => None,
        }
    }
}

impl State {
    /// The offer of an activity, if it waits for a worker.
    pub fn activity_offer(&self, scheduled_event_id: i64, activity: &Activity) -> Option<Offer> {
        let Some(ActivityPhase::Offered(offered)) = &activity.phase else { return None };
        let queue = activity.scheduled.task_queue.as_ref();
        Some(Offer {
            task: TaskId { subject: Subject::Activity(scheduled_event_id), stamp: offered.stamp },
            queue: QueueName::normal(queue.map(|queue| queue.name.clone()).unwrap_or_default()),
            scheduled_at: activity.attempt_scheduled_at,
            durable_start: policy(activity).attempts_max == 1,
            priority: self.activity_priority(activity),
        })
    }

    /// How urgent an activity is: what it does not say itself is as the workflow's.
    pub fn activity_priority(&self, activity: &Activity) -> Option<Priority> {
        merged(self.execution.started.priority.as_ref(), activity.scheduled.priority.as_ref())
    }
}

/// Where an attempt waits that no worker has: held while anybody wants it paused, else for its time or for a worker.
pub(super) fn place(activity: &mut Activity, run_is_paused: bool, now: Timestamp, stamp: &mut u64) {
    activity.phase = Some(if run_is_paused || activity.pause.is_some() {
        ActivityPhase::Held(Held {})
    } else if activity.attempt_scheduled_at > now {
        ActivityPhase::Backoff(Backoff {})
    } else {
        *stamp += 1;
        ActivityPhase::Offered(Offered { stamp: *stamp })
    });
}

impl Run {
    pub(super) fn schedule_activity(
        &mut self,
        scheduled: ActivityTaskScheduledEventAttributes,
        annotation: Annotation,
        now: Timestamp,
        out: &mut Out,
    ) {
        let attributes = Attributes::ActivityTaskScheduledEventAttributes(scheduled);
        let scheduled_event_id = self.emit_event(now, annotated(attributes, annotation), out);
        self.offer_activity(scheduled_event_id, out);
    }

    pub(super) fn offer_activity(&mut self, scheduled_event_id: i64, out: &mut Out) {
        let activity = self.state.activities.pending.get(&scheduled_event_id);
        if let Some(offer) = activity.and_then(|activity| self.state.activity_offer(scheduled_event_id, activity)) {
            out.task(Task::Offer(offer));
        }
    }

    pub(super) fn start_activity(
        &mut self,
        start: StartActivity,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        let Subject::Activity(scheduled_event_id) = start.task.subject else { return Err(Rejection::StaleTask) };
        let activity = self.state.activities.pending.get(&scheduled_event_id).ok_or(Rejection::StaleTask)?;
        match &activity.phase {
            Some(ActivityPhase::Offered(offered)) if offered.stamp == start.task.stamp => {}
            // The same poll asks again because it did not hear the answer.
            Some(ActivityPhase::Started(started))
                if started.stamp == start.task.stamp
                    && (started.request_id == start.poller.request_id || deliberate::is_on(Bug::StartedTwice)) =>
            {
                return Ok(self.activity_reply(scheduled_event_id, start.task));
            }
            _ => return Err(Rejection::StaleTask),
        }
        let started = ActivityStarted {
            at: now,
            identity: start.poller.identity,
            request_id: start.poller.request_id,
            stamp: start.task.stamp,
            build_id: start.poller.build_id,
        };
        self.emit_note(NoteKind::ActivityStarted(ActivityStartedNote { scheduled_event_id, started }), out);
        out.task(Task::Settle(Subject::Activity(scheduled_event_id)));
        Ok(self.activity_reply(scheduled_event_id, start.task))
    }

    fn activity_reply(&self, scheduled_event_id: i64, task: TaskId) -> Reply {
        let activity = self.state.activities.pending.get(&scheduled_event_id).expect("it was started just now");
        let started = activity.started().expect("it was started just now");
        Reply::Activity(Box::new(StartedActivity {
            task,
            scheduled_event_id,
            attempt: activity.attempt,
            scheduled: Box::new(ActivityTaskScheduledEventAttributes {
                priority: merged(self.state.execution.started.priority.as_ref(), activity.scheduled.priority.as_ref()),
                ..activity.scheduled.clone()
            }),
            workflow_type: self.state.workflow_type(),
            heartbeat_details: activity.heartbeat_details.clone(),
            scheduled_at: activity.scheduled_at,
            attempt_scheduled_at: activity.attempt_scheduled_at,
            started_at: started.at,
            priority: self.state.activity_priority(activity),
        }))
    }

    /// The worker that was given the activity never heard of it.
    pub(super) fn return_activity(
        &mut self,
        scheduled_event_id: i64,
        stamp: u64,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        let activity = self.state.activities.pending.get(&scheduled_event_id).ok_or(Rejection::StaleTask)?;
        if activity.started().is_none_or(|started| started.stamp != stamp) {
            return Err(Rejection::StaleTask);
        }
        self.emit_note(NoteKind::ActivityOffered(ActivityOffered { scheduled_event_id }), out);
        self.offer_activity(scheduled_event_id, out);
        Ok(Reply::Done)
    }

    fn find_activity(&self, reference: &ActivityReference) -> Result<(i64, &Activity), Rejection> {
        let pending = &self.state.activities.pending;
        match reference {
            ActivityReference::Id(id) => {
                let scheduled_event_id = self.index.activity_ids.get(id).ok_or(Rejection::ActivityIdNotFound)?;
                let activity = pending.get(scheduled_event_id).ok_or(Rejection::ActivityIdNotFound)?;
                Ok((*scheduled_event_id, activity))
            }
            ActivityReference::Attempt { scheduled_event_id, attempt } => {
                let activity = pending.get(scheduled_event_id).ok_or(Rejection::ActivityNotFound)?;
                // An offered attempt may have been started before a crash that forgot it: its result counts.
                let waits = matches!(activity.phase, Some(ActivityPhase::Backoff(_) | ActivityPhase::Held(_)) | None);
                if activity.attempt != *attempt || waits {
                    return Err(Rejection::ActivityNotFound);
                }
                Ok((*scheduled_event_id, activity))
            }
        }
    }

    pub(super) fn record_heartbeat(
        &mut self,
        heartbeat: RecordHeartbeat,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        let (scheduled_event_id, activity) = self.find_activity(&heartbeat.activity)?;
        let told = HeartbeatReply {
            cancel_requested: activity.cancel_requested_event_id > 0,
            paused: activity.pause.is_some(),
            reset: activity.reset,
        };
        self.note_heartbeat(scheduled_event_id, heartbeat.details, heartbeat.identity, now, out);
        Ok(Reply::Heartbeat(told))
    }

    fn note_heartbeat(
        &mut self,
        scheduled_event_id: i64,
        details: Option<Payloads>,
        identity: String,
        now: Timestamp,
        out: &mut Out,
    ) {
        let note = ActivityHeartbeat { scheduled_event_id, at: now, details, identity };
        self.emit_note(NoteKind::ActivityHeartbeat(note), out);
    }

    pub(super) fn resolve_activity(
        &mut self,
        resolve: ResolveActivity,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        let (scheduled_event_id, activity) = self.find_activity(&resolve.activity)?;
        let cancel_requested_event_id = activity.cancel_requested_event_id;
        let identity = resolve.identity;
        match resolve.resolution {
            Resolution::Completed(result) => {
                let end = ActivityTaskCompletedEventAttributes {
                    result,
                    scheduled_event_id,
                    identity: identity.clone(),
                    ..ActivityTaskCompletedEventAttributes::default()
                };
                let end = event(Attributes::ActivityTaskCompletedEventAttributes(end));
                self.end_activity(scheduled_event_id, &identity, end, now, out);
            }
            Resolution::Canceled(_) if cancel_requested_event_id == 0 => {
                return Err(Rejection::CancellationNotRequested);
            }
            Resolution::Canceled(details) => {
                let end = ActivityTaskCanceledEventAttributes {
                    details,
                    latest_cancel_requested_event_id: cancel_requested_event_id,
                    scheduled_event_id,
                    identity: identity.clone(),
                    ..ActivityTaskCanceledEventAttributes::default()
                };
                let end = event(Attributes::ActivityTaskCanceledEventAttributes(end));
                self.end_activity(scheduled_event_id, &identity, end, now, out);
            }
            Resolution::Failed { failure, last_heartbeat_details } => {
                if last_heartbeat_details.is_some() {
                    self.note_heartbeat(scheduled_event_id, last_heartbeat_details, identity.clone(), now, out);
                }
                let end = AttemptEnd::Failed { failure: without_deep_causes(failure), identity };
                self.attempt_ended(scheduled_event_id, end, now, out);
            }
        }
        self.want_workflow_task_for_ended(scheduled_event_id, now, out);
        Ok(Reply::Done)
    }

    /// An activity that is still pending is retried, which is no news for the workflow.
    pub(super) fn want_workflow_task_for_ended(&mut self, scheduled_event_id: i64, now: Timestamp, out: &mut Out) {
        if !self.state.activities.pending.contains_key(&scheduled_event_id) {
            self.want_workflow_task(now, out);
        }
    }

    /// Writes the end of an activity, and its start if a worker had it or says so now.
    pub(super) fn end_activity(
        &mut self,
        scheduled_event_id: i64,
        identity: &str,
        end: HistoryEvent,
        now: Timestamp,
        out: &mut Out,
    ) {
        let Some(activity) = self.state.activities.pending.get(&scheduled_event_id) else { return };
        let known = activity.started();
        #[expect(deprecated, reason = "the stamp of a worker without a deployment")]
        let start = ActivityTaskStartedEventAttributes {
            scheduled_event_id,
            identity: known.map_or(identity, |started| &started.identity).to_owned(),
            request_id: known.map(|started| started.request_id.clone()).unwrap_or_default(),
            attempt: activity.attempt,
            last_failure: activity.last_failure.clone(),
            worker_version: known.and_then(|started| version_stamp(&started.build_id)),
            ..ActivityTaskStartedEventAttributes::default()
        };
        let mut start = event(Attributes::ActivityTaskStartedEventAttributes(start));
        start.event_time = known.map(|started| crate::convert::to_proto_time(started.at));
        self.settle_activity(scheduled_event_id, out);
        self.record_pair(now, start, end, out);
    }

    /// Withdraws the offer of an activity that is about to end without having been started.
    pub(super) fn settle_activity(&mut self, scheduled_event_id: i64, out: &mut Out) {
        let activity = self.state.activities.pending.get(&scheduled_event_id);
        if activity.is_some_and(|activity| matches!(activity.phase, Some(ActivityPhase::Offered(_)))) {
            out.task(Task::Settle(Subject::Activity(scheduled_event_id)));
        }
    }

    pub(super) fn request_cancel_activity(
        &mut self,
        scheduled_event_id: i64,
        annotation: Annotation,
        turn: &Turn,
        out: &mut Out,
    ) {
        let attributes = ActivityTaskCancelRequestedEventAttributes {
            scheduled_event_id,
            workflow_task_completed_event_id: turn.completed_event_id,
        };
        let requested = annotated(Attributes::ActivityTaskCancelRequestedEventAttributes(attributes), annotation);
        let requested_event_id = self.emit_event(turn.now, requested, out);
        let Some(activity) = self.state.activities.pending.get(&scheduled_event_id) else { return };
        if activity.started().is_some() {
            return;
        }
        // No worker has it, so nobody need be asked. The reference puts these very words into the details.
        let end = ActivityTaskCanceledEventAttributes {
            details: Some(json_text("ACTIVITY_ID_NOT_STARTED")),
            latest_cancel_requested_event_id: requested_event_id,
            scheduled_event_id,
            identity: turn.identity.clone(),
            ..ActivityTaskCanceledEventAttributes::default()
        };
        self.settle_activity(scheduled_event_id, out);
        self.buffer_event(turn.now, event(Attributes::ActivityTaskCanceledEventAttributes(end)), out);
    }

    pub(super) fn apply_activity_scheduled(
        &mut self,
        event_id: i64,
        scheduled: &ActivityTaskScheduledEventAttributes,
        at: Timestamp,
    ) {
        let run_is_paused = self.state.is_paused();
        let mut scheduled = scheduled.clone();
        detach_all(scheduled.input.as_mut());
        scheduled.header.iter_mut().flat_map(|header| header.fields.values_mut()).for_each(detach);
        let activity_id = scheduled.activity_id.clone();
        let mut activity =
            Activity { scheduled, scheduled_at: at, attempt: 1, attempt_scheduled_at: at, ..Activity::default() };
        place(&mut activity, run_is_paused, at, &mut self.state.position.stamp);
        self.index.activity_ids.insert(activity_id, event_id);
        self.index.set(Due::Activity(event_id), activity.deadline());
        self.state.activities.pending.insert(event_id, activity);
    }

    pub(super) fn apply_activity_cancel_requested(&mut self, event_id: i64, scheduled_event_id: i64) {
        if let Some(activity) = self.state.activities.pending.get_mut(&scheduled_event_id) {
            activity.cancel_requested_event_id = event_id;
        }
    }

    pub(super) fn apply_activity_ended(&mut self, scheduled_event_id: i64) {
        if let Some(activity) = self.state.activities.pending.remove(&scheduled_event_id) {
            self.state.position.visibility_revision += u64::from(activity.pause.is_some());
            self.index.activity_ids.remove(&activity.scheduled.activity_id);
            self.index.set(Due::Activity(scheduled_event_id), None);
        }
    }

    pub(super) fn apply_activity_started(&mut self, note: &ActivityStartedNote) {
        self.change_activity(note.scheduled_event_id, |activity, _, _| {
            activity.last_worker_identity = note.started.identity.clone();
            activity.phase = Some(ActivityPhase::Started(note.started.clone()));
        });
    }

    pub(super) fn apply_activity_heartbeat(&mut self, note: &ActivityHeartbeat) {
        self.change_activity(note.scheduled_event_id, |activity, _, _| {
            activity.heartbeat_at = Some(note.at);
            activity.heartbeat_details = note.details.clone();
            detach_all(activity.heartbeat_details.as_mut());
            activity.last_worker_identity = note.identity.clone();
        });
    }

    pub(super) fn apply_activity_retry(&mut self, note: &super::note::ActivityRetry) {
        self.change_activity(note.scheduled_event_id, |activity, run_is_paused, _| {
            activity.attempt += 1;
            activity.attempt_scheduled_at = note.next_at;
            if run_is_paused || activity.pause.is_some() {
                activity.phase = Some(ActivityPhase::Held(Held {}));
            } else {
                activity.begin_attempt();
                activity.phase = Some(ActivityPhase::Backoff(Backoff {}));
            }
            activity.last_failure = note.failure.clone();
            activity.last_attempt_ended_at = Some(note.ended_at);
        });
    }

    pub(super) fn apply_activity_offered(&mut self, scheduled_event_id: i64) {
        self.change_activity(scheduled_event_id, |activity, run_is_paused, stamp| {
            // Its time has come, whatever the clock of whoever decides this again may say.
            let now = activity.attempt_scheduled_at;
            place(activity, run_is_paused, now, stamp);
        });
    }

    /// Changes a pending activity, knowing whether the run is paused, and keeps its deadline in order.
    pub(super) fn change_activity(
        &mut self,
        scheduled_event_id: i64,
        change: impl FnOnce(&mut Activity, bool, &mut u64),
    ) {
        let run_is_paused = self.state.is_paused();
        let State { activities, position, .. } = &mut self.state;
        if let Some(activity) = activities.pending.get_mut(&scheduled_event_id) {
            change(activity, run_is_paused, &mut position.stamp);
            self.index.set(Due::Activity(scheduled_event_id), activity.deadline());
        }
    }
}

/// A JSON string as a payload.
fn json_text(text: &str) -> Payloads {
    let payload = Payload {
        metadata: [("encoding".to_owned(), "json/plain".into())].into(),
        data: format!("\"{text}\"").into(),
        ..Payload::default()
    };
    Payloads { payloads: vec![payload] }
}
