//! R4: a closed run never changes.

use crate::evidence::Evidence;
use crate::ledger::Violation;

/// Against the length of every history that somebody saw closed; that its events are the same is R1.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    for (run_id, events) in &evidence.book.closed {
        let now = evidence.runs.get(run_id).map_or(0, |run| run.events.len());
        if now != *events {
            let what = format!("run {run_id} had {events} events when it was closed, and has {now} now");
            found.push(Violation { invariant: "R4", what });
        }
    }
}
