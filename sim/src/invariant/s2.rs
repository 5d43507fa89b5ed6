//! S2: no timer fires before its time.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::history::v1::history_event::Attributes;

use super::time_of;
use crate::evidence::Evidence;
use crate::ledger::Violation;

/// Against every timer that has fired.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    for (run_id, run) in &evidence.runs {
        let mut due = BTreeMap::new();
        for event in &run.events {
            match event.attributes.as_ref() {
                Some(Attributes::TimerStartedEventAttributes(e)) => {
                    let after = e.start_to_fire_timeout.unwrap_or_default();
                    let after = Duration::from_secs(u64::try_from(after.seconds).unwrap_or(0));
                    due.insert(event.event_id, time_of(event).after(after));
                }
                Some(Attributes::TimerFiredEventAttributes(e)) => {
                    if due.get(&e.started_event_id).is_none_or(|due| time_of(event) < *due) {
                        let what = format!("timer {} of run {run_id} fired before its time", e.timer_id);
                        found.push(Violation { invariant: "S2", what });
                    }
                }
                Some(_) | None => {}
            }
        }
    }
}
