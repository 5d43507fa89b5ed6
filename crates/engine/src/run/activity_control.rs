//! Activities seen from outside: paused, let go again, begun anew. What their options become is in
//! `activity_options_change`. None of it is in the history; a worker that has an attempt learns it from its heartbeats.

use abide_model::Timestamp;
use abide_model::deliberate::{self, Bug};

use super::activity::place;
use super::note::{ActivityPaused, ActivityReset, ActivityUnpaused, NoteKind, Rescheduled};
use super::operator_command::{PauseActivities, PauseReason, ResetActivities, UnpauseActivities, WhichActivities};
use super::rejection::Rejection;
use super::reply::Reply;
use super::state::{Activity, ActivityPhase, Held, Pause};
use super::{Out, Run};

impl PauseReason {
    /// The pause that this asks for.
    pub(super) fn begun(self, at: Timestamp) -> Pause {
        Pause { at, identity: self.identity, reason: self.reason, request_id: self.request_id }
    }
}

impl Activity {
    /// Forgets what the last attempt said it had done.
    pub(super) fn forget_heartbeat(&mut self) {
        self.heartbeat_details = None;
        self.heartbeat_at = None;
    }

    /// What an attempt that is about to be scheduled does not take over from the one before.
    pub(super) fn begin_attempt(&mut self) {
        if self.forgets_heartbeat {
            self.forget_heartbeat();
        }
        self.reset = false;
        self.forgets_heartbeat = false;
    }
}

impl Run {
    /// The pending activities that are meant, by the events that scheduled them. None is a rejection.
    pub(super) fn chosen_activities(&self, which: &WhichActivities) -> Result<Vec<i64>, Rejection> {
        let pending = &self.state.activities.pending;
        let named = |activity: &Activity, name: &str| {
            activity.scheduled.activity_type.as_ref().is_some_and(|activity_type| activity_type.name == name)
        };
        let chosen: Vec<i64> = match which {
            WhichActivities::Id(id) => self.index.activity_ids.get(id).copied().into_iter().collect(),
            WhichActivities::Type(name) => {
                pending.iter().filter(|(_, activity)| named(activity, name)).map(|(id, _)| *id).collect()
            }
            WhichActivities::All => pending.keys().copied().collect(),
        };
        if chosen.is_empty() { Err(Rejection::PendingActivityNotFound) } else { Ok(chosen) }
    }

    fn activity_is_paused(&self, scheduled_event_id: i64) -> bool {
        self.state.activities.pending.get(&scheduled_event_id).is_some_and(|activity| activity.pause.is_some())
    }

    fn has_worker(&self, scheduled_event_id: i64) -> bool {
        self.state.activities.pending.get(&scheduled_event_id).is_some_and(|activity| activity.started().is_some())
    }

    pub(super) fn pause_activities(
        &mut self,
        pause: PauseActivities,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        let mut chosen = self.chosen_activities(&pause.which)?;
        let known = |id: &i64| self.state.activities.pending.get(id).and_then(|activity| activity.pause.as_ref());
        if chosen.iter().filter_map(known).any(|known| known.request_id != pause.reason.request_id) {
            return Err(Rejection::ActivityAlreadyPaused);
        }
        chosen.retain(|id| known(id).is_none());
        for scheduled_event_id in chosen {
            if !deliberate::is_on(Bug::IgnoredPause) {
                self.settle_activity(scheduled_event_id, out);
            }
            let pause = pause.reason.clone().begun(now);
            self.emit_note(NoteKind::ActivityPaused(ActivityPaused { scheduled_event_id, pause }), out);
        }
        Ok(Reply::Done)
    }

    pub(super) fn unpause_activities(
        &mut self,
        unpause: UnpauseActivities,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        for scheduled_event_id in self.chosen_activities(&unpause.which)? {
            if !self.activity_is_paused(scheduled_event_id) {
                continue;
            }
            let next_at = now.after(unpause.jitter.of(scheduled_event_id));
            let rescheduled = (!self.has_worker(scheduled_event_id)).then_some(Rescheduled { now, next_at });
            let note = ActivityUnpaused {
                scheduled_event_id,
                resets_attempts: unpause.resets_attempts,
                forgets_heartbeat: unpause.forgets_heartbeat,
                rescheduled,
            };
            self.emit_note(NoteKind::ActivityUnpaused(note), out);
            self.offer_activity(scheduled_event_id, out);
        }
        Ok(Reply::Done)
    }

    pub(super) fn reset_activities(
        &mut self,
        reset: ResetActivities,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<Reply, Rejection> {
        for scheduled_event_id in self.chosen_activities(&reset.which)? {
            if reset.restores_options {
                self.restore_activity_options(scheduled_event_id, None, out);
            }
            let was_paused = self.activity_is_paused(scheduled_event_id);
            let unpauses = was_paused && !reset.keeps_paused;
            let waits = !self.has_worker(scheduled_event_id) && (unpauses || !was_paused);
            let next_at = now.after(reset.jitter.of(scheduled_event_id));
            if waits {
                self.settle_activity(scheduled_event_id, out);
            }
            let note = ActivityReset {
                scheduled_event_id,
                forgets_heartbeat: reset.forgets_heartbeat,
                unpauses,
                rescheduled: waits.then_some(Rescheduled { now, next_at }),
            };
            self.emit_note(NoteKind::ActivityReset(note), out);
            if waits {
                self.offer_activity(scheduled_event_id, out);
            }
        }
        Ok(Reply::Done)
    }

    pub(super) fn apply_activity_paused(&mut self, note: &ActivityPaused) {
        self.change_activity(note.scheduled_event_id, |activity, _, _| {
            activity.pause = Some(note.pause.clone());
            if activity.started().is_none() && !deliberate::is_on(Bug::IgnoredPause) {
                activity.phase = Some(ActivityPhase::Held(Held {}));
            }
        });
        self.state.position.visibility_revision += 1;
    }

    pub(super) fn apply_activity_unpaused(&mut self, note: &ActivityUnpaused) {
        self.change_activity(note.scheduled_event_id, |activity, run_is_paused, stamp| {
            activity.pause = None;
            if note.resets_attempts {
                activity.attempt = 1;
            }
            if note.forgets_heartbeat {
                activity.forget_heartbeat();
            }
            if let Some(rescheduled) = &note.rescheduled {
                reschedule(activity, rescheduled, run_is_paused, stamp);
            }
        });
        self.state.position.visibility_revision += 1;
    }

    pub(super) fn apply_activity_reset(&mut self, note: &ActivityReset) {
        self.change_activity(note.scheduled_event_id, |activity, run_is_paused, stamp| {
            activity.attempt = 1;
            activity.reset = true;
            activity.forgets_heartbeat |= note.forgets_heartbeat;
            if note.unpauses {
                activity.pause = None;
            }
            if let Some(rescheduled) = &note.rescheduled {
                reschedule(activity, rescheduled, run_is_paused, stamp);
            }
        });
        self.state.position.visibility_revision += u64::from(note.unpauses);
    }
}

/// An attempt that no worker has gets another time. What the attempt before failed with is not shown any more
/// (observed).
pub(super) fn reschedule(activity: &mut Activity, rescheduled: &Rescheduled, run_is_paused: bool, stamp: &mut u64) {
    activity.begin_attempt();
    activity.last_failure = None;
    activity.attempt_scheduled_at = rescheduled.next_at;
    place(activity, run_is_paused, rescheduled.now, stamp);
}
