//! Other options for activities than those that the workflow chose: merged by field mask, checked as if the workflow had
//! said them, or restored. An attempt that a worker has goes on; its timeouts are the new ones.

use std::collections::BTreeSet;
use std::time::Duration;

use abide_api::temporal::api::{
    activity::v1::ActivityOptions,
    common::v1::{Priority, RetryPolicy},
    taskqueue::v1::TaskQueue,
};
use abide_model::Timestamp;

use super::activity_control::reschedule;
use super::activity_options::{Timeouts, check_policy};
use super::activity_retry::policy;
use super::note::{ActivityOptionsChanged, NoteKind, Rescheduled};
use super::operator_command::{OptionsChange, UpdateActivityOptions};
use super::rejection::Rejection;
use super::reply::Reply;
use super::state::Activity;
use super::{Out, Run};

impl Activity {
    /// Its options now.
    pub(super) fn options(&self) -> ActivityOptions {
        let scheduled = &self.scheduled;
        let queue = scheduled.task_queue.as_ref().map(|queue| queue.name.clone()).unwrap_or_default();
        ActivityOptions {
            task_queue: Some(TaskQueue { name: queue, ..TaskQueue::default() }),
            schedule_to_close_timeout: scheduled.schedule_to_close_timeout,
            schedule_to_start_timeout: scheduled.schedule_to_start_timeout,
            start_to_close_timeout: scheduled.start_to_close_timeout,
            heartbeat_timeout: scheduled.heartbeat_timeout,
            retry_policy: scheduled.retry_policy.as_ref().map(without_types),
            priority: scheduled.priority.clone(),
            start_delay: None,
        }
    }

    fn set_options(&mut self, options: &ActivityOptions) {
        if self.original.is_none() {
            self.original = Some(Box::new(self.options()));
        }
        let scheduled = &mut self.scheduled;
        if let (Some(queue), Some(new)) = (&mut scheduled.task_queue, &options.task_queue) {
            queue.name = new.name.clone();
        }
        scheduled.schedule_to_close_timeout = options.schedule_to_close_timeout;
        scheduled.schedule_to_start_timeout = options.schedule_to_start_timeout;
        scheduled.start_to_close_timeout = options.start_to_close_timeout;
        scheduled.heartbeat_timeout = options.heartbeat_timeout;
        scheduled.priority = options.priority.clone();
        if let (Some(known), Some(new)) = (&mut scheduled.retry_policy, &options.retry_policy) {
            // Which failures are not retried stays as the workflow said.
            let types = std::mem::take(&mut known.non_retryable_error_types);
            *known = RetryPolicy { non_retryable_error_types: types, ..new.clone() };
        }
    }

    /// When an attempt that no worker has begins by the policy that it has now.
    fn next_attempt_at(&self) -> Timestamp {
        match self.last_attempt_ended_at {
            Some(ended_at) if self.attempt > 1 => ended_at.after(policy(self).interval_after(self.attempt)),
            Some(_) | None => self.attempt_scheduled_at,
        }
    }
}

/// A retry policy as options show it: which failures are not retried is not among them.
fn without_types(policy: &RetryPolicy) -> RetryPolicy {
    RetryPolicy { non_retryable_error_types: Vec::new(), ..policy.clone() }
}

impl Run {
    pub(super) fn update_activity_options(
        &mut self,
        update: UpdateActivityOptions,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        let chosen = self.chosen_activities(&update.which)?;
        let mut planned = Vec::with_capacity(chosen.len());
        for scheduled_event_id in chosen {
            let Some(activity) = self.state.activities.pending.get(&scheduled_event_id) else { continue };
            let options = match &update.change {
                OptionsChange::Restore => original(activity),
                OptionsChange::Merge { options, paths } => {
                    merged(activity, options, paths).map_err(Rejection::InvalidOptions)?
                }
            };
            planned.push((scheduled_event_id, options));
        }
        let last = planned.last().map(|(_, options)| options.clone()).unwrap_or_default();
        for (scheduled_event_id, options) in planned {
            self.set_activity_options(scheduled_event_id, options, Some(now), out);
        }
        Ok(Reply::ActivityOptions(Box::new(last)))
    }

    /// Gives an activity back the options that the workflow chose.
    pub(super) fn restore_activity_options(&mut self, scheduled_event_id: i64, now: Option<Timestamp>, out: &mut Out) {
        if let Some(activity) = self.state.activities.pending.get(&scheduled_event_id) {
            let options = original(activity);
            self.set_activity_options(scheduled_event_id, options, now, out);
        }
    }

    /// With a time, an attempt that no worker has is scheduled anew; without, something else is about to do so.
    fn set_activity_options(
        &mut self,
        scheduled_event_id: i64,
        options: ActivityOptions,
        now: Option<Timestamp>,
        out: &mut Out,
    ) {
        let Some(activity) = self.state.activities.pending.get(&scheduled_event_id) else { return };
        let mut next = activity.clone();
        next.set_options(&options);
        let waits = activity.started().is_none();
        let rescheduled = now.filter(|_| waits).map(|now| Rescheduled { now, next_at: next.next_attempt_at() });
        if rescheduled.is_some() {
            self.settle_activity(scheduled_event_id, out);
        }
        let note = ActivityOptionsChanged { scheduled_event_id, options, rescheduled };
        self.emit_note(NoteKind::ActivityOptionsChanged(Box::new(note)), out);
        if rescheduled.is_some() {
            self.offer_activity(scheduled_event_id, out);
        }
    }

    pub(super) fn apply_activity_options_changed(&mut self, note: &ActivityOptionsChanged) {
        self.change_activity(note.scheduled_event_id, |activity, run_is_paused, stamp| {
            activity.set_options(&note.options);
            if let Some(rescheduled) = &note.rescheduled {
                reschedule(activity, rescheduled, run_is_paused, stamp);
            }
        });
    }
}

fn original(activity: &Activity) -> ActivityOptions {
    activity.original.as_ref().map_or_else(|| activity.options(), |original| (**original).clone())
}

/// The options with some replaced, and what follows from that. The text says what cannot be.
fn merged(activity: &Activity, new: &ActivityOptions, paths: &BTreeSet<String>) -> Result<ActivityOptions, String> {
    let mut options = activity.options();
    let has = |path: &str| paths.contains(path);
    if has("taskQueue.name") {
        let queue = new.task_queue.as_ref().ok_or("TaskQueue is not provided")?;
        options.task_queue = Some(TaskQueue { name: queue.name.clone(), ..TaskQueue::default() });
    }
    if has("scheduleToCloseTimeout") {
        options.schedule_to_close_timeout = new.schedule_to_close_timeout;
    }
    if has("scheduleToStartTimeout") {
        options.schedule_to_start_timeout = new.schedule_to_start_timeout;
    }
    if has("startToCloseTimeout") {
        options.start_to_close_timeout = new.start_to_close_timeout;
    }
    if has("heartbeatTimeout") {
        options.heartbeat_timeout = new.heartbeat_timeout;
    }
    if has("priority") {
        options.priority = new.priority.clone();
    }
    if paths.iter().any(|path| path.starts_with("priority.")) {
        let from = new.priority.as_ref().ok_or("Priority is not provided")?;
        merge_priority(options.priority.get_or_insert_with(Priority::default), from, paths);
    }
    if paths.iter().any(|path| path == "retryPolicy" || path.starts_with("retryPolicy.")) {
        let from = new.retry_policy.as_ref().ok_or("RetryPolicy is not provided")?;
        let policy = options.retry_policy.get_or_insert_with(RetryPolicy::default);
        merge_policy(policy, from, paths);
        check_policy(policy)?;
    }
    normalise(activity, options)
}

/// Takes the named fields of a priority.
pub(super) fn merge_priority(into: &mut Priority, from: &Priority, paths: &BTreeSet<String>) {
    if paths.contains("priority.priorityKey") {
        into.priority_key = from.priority_key;
    }
    if paths.contains("priority.fairnessKey") {
        into.fairness_key = from.fairness_key.clone();
    }
    if paths.contains("priority.fairnessWeight") {
        into.fairness_weight = from.fairness_weight;
    }
}

fn merge_policy(into: &mut RetryPolicy, from: &RetryPolicy, paths: &BTreeSet<String>) {
    if paths.contains("retryPolicy") {
        *into = without_types(from);
    }
    if paths.contains("retryPolicy.initialInterval") {
        into.initial_interval = from.initial_interval;
    }
    if paths.contains("retryPolicy.backoffCoefficient") {
        into.backoff_coefficient = from.backoff_coefficient;
    }
    if paths.contains("retryPolicy.maximumInterval") {
        into.maximum_interval = from.maximum_interval;
    }
    if paths.contains("retryPolicy.maximumAttempts") {
        into.maximum_attempts = from.maximum_attempts;
    }
}

/// Timeouts follow from each other as when the workflow schedules, but are not bounded by the run (observed).
fn normalise(activity: &Activity, mut options: ActivityOptions) -> Result<ActivityOptions, String> {
    let mut timeouts = Timeouts::parse(
        options.schedule_to_close_timeout.as_ref(),
        options.schedule_to_start_timeout.as_ref(),
        options.start_to_close_timeout.as_ref(),
        options.heartbeat_timeout.as_ref(),
    )?;
    let kind = activity.scheduled.activity_type.as_ref().map_or("", |kind| kind.name.as_str());
    timeouts.normalise(&activity.scheduled.activity_id, kind, Duration::ZERO)?;
    options.schedule_to_close_timeout = Some(timeouts.schedule_to_close());
    options.schedule_to_start_timeout = Some(timeouts.schedule_to_start());
    options.start_to_close_timeout = Some(timeouts.start_to_close());
    options.heartbeat_timeout = Some(timeouts.heartbeat());
    Ok(options)
}
