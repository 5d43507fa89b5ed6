//! R4: a closed run never changes.

use super::is_end;
use crate::evidence::Evidence;
use crate::ledger::Violation;

/// A history ends with its end. Against the length of every history that somebody saw closed; that its events are the same is R1.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    for (run_id, run) in &evidence.runs {
        if let Some(early) = run.events.iter().rev().skip(1).find(|event| is_end(event)) {
            let what = format!("run {run_id} goes on behind its end, event {}", early.event_id);
            found.push(Violation { invariant: "R4", what });
        }
    }
    for (run_id, events) in &evidence.book.closed {
        let now = evidence.runs.get(run_id).map_or(0, |run| run.events.len());
        if now != *events && !(now == 0 && evidence.book.may_be_gone(run_id)) {
            let what = format!("run {run_id} had {events} events when it was closed, and has {now} now");
            found.push(Violation { invariant: "R4", what });
        }
    }
}
