//! Timers of one run. Does not keep time: firing is a deadline that came. A cancelled timer never fires.

use std::time::Duration;

use abide_api::temporal::api::history::v1::{
    TimerCanceledEventAttributes, TimerFiredEventAttributes, TimerStartedEventAttributes, history_event::Attributes,
};
use abide_model::Timestamp;
use abide_model::deliberate::{self, Bug};

use super::event::{Annotation, annotated, event};
use super::index::Due;
use super::note::{FiringWithdrawn, NoteKind};
use super::state::{State, Timer};
use super::{Out, Run};
use crate::convert::from_proto_duration;

impl State {
    /// The start of a timer whose firing is buffered: it has fired, but the workflow does not know yet.
    pub fn buffered_firing(&self, timer_id: &str) -> Option<i64> {
        self.buffer.events.iter().find_map(|event| match &event.attributes {
            Some(Attributes::TimerFiredEventAttributes(fired)) if fired.timer_id == timer_id => {
                Some(fired.started_event_id)
            }
            _ => None,
        })
    }
}

impl Run {
    pub(super) fn start_timer(
        &mut self,
        started: TimerStartedEventAttributes,
        annotation: Annotation,
        now: Timestamp,
        out: &mut Out,
    ) {
        self.emit_event(now, annotated(Attributes::TimerStartedEventAttributes(started), annotation), out);
    }

    pub(super) fn cancel_timer(
        &mut self,
        canceled: TimerCanceledEventAttributes,
        annotation: Annotation,
        now: Timestamp,
        out: &mut Out,
    ) {
        let pending = self.state.timers.pending.get(&canceled.timer_id).map(|timer| timer.started_event_id);
        let started_event_id = match pending {
            Some(started_event_id) => started_event_id,
            None => {
                // It fired, but the workflow had not heard: as far as the workflow is concerned it never did.
                let Some(started_event_id) = self.state.buffered_firing(&canceled.timer_id) else { return };
                self.emit_note(NoteKind::FiringWithdrawn(FiringWithdrawn { started_event_id }), out);
                started_event_id
            }
        };
        let canceled = TimerCanceledEventAttributes { started_event_id, ..canceled };
        self.emit_event(now, annotated(Attributes::TimerCanceledEventAttributes(canceled), annotation), out);
    }

    pub(super) fn fire_timer(&mut self, timer_id: String, started_event_id: i64, now: Timestamp, out: &mut Out) {
        let fired = TimerFiredEventAttributes { timer_id, started_event_id };
        self.record(now, event(Attributes::TimerFiredEventAttributes(fired)), out);
    }

    pub(super) fn apply_timer_started(&mut self, event_id: i64, started: &TimerStartedEventAttributes, at: Timestamp) {
        let early = Duration::from_secs(u64::from(deliberate::is_on(Bug::EarlyTimer)));
        let fire_at = at.after(from_proto_duration(started.start_to_fire_timeout.as_ref()).saturating_sub(early));
        let timer = Timer { started_event_id: event_id, fire_at };
        self.state.timers.pending.insert(started.timer_id.clone(), timer);
        self.index.set(Due::Timer(event_id, started.timer_id.clone()), Some(fire_at));
    }

    pub(super) fn apply_timer_ended(&mut self, timer_id: &str) {
        if let Some(timer) = self.state.timers.pending.remove(timer_id) {
            self.index.set(Due::Timer(timer.started_event_id, timer_id.to_owned()), None);
        }
    }

    pub(super) fn apply_firing_withdrawn(&mut self, started_event_id: i64) {
        self.state.buffer.events.retain(|event| {
            !matches!(&event.attributes, Some(Attributes::TimerFiredEventAttributes(fired))
                if fired.started_event_id == started_event_id)
        });
    }
}
