//! R1: event ids of a run are 1..n without gaps, and what was shown once is never rewritten.

use crate::evidence::Evidence;
use crate::ledger::Violation;

const R1: &str = "R1";

/// Against every history, and everything that anyone was shown while it grew.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    for (run_id, run) in &evidence.runs {
        let ids = run.events.iter().map(|event| event.event_id);
        if !ids.clone().eq(1..=run.events.len() as i64) {
            let ids: Vec<i64> = ids.collect();
            found.push(Violation { invariant: R1, what: format!("run {run_id} has events {ids:?}") });
        }
        let Some(shown) = evidence.book.shown.get(run_id) else { continue };
        for (event_id, (before, _)) in shown {
            let now = usize::try_from(*event_id - 1).ok().and_then(|index| run.events.get(index));
            if now != Some(before) {
                let what = format!("event {event_id} of run {run_id} was shown as {before:?}; it is {now:?}");
                found.push(Violation { invariant: R1, what });
            }
        }
    }
    let is_gone = |run_id: &str| !evidence.runs.contains_key(run_id) && !evidence.book.may_be_gone(run_id);
    for run_id in evidence.book.shown.keys().filter(|run_id| is_gone(run_id)) {
        let what = format!("run {run_id} was shown to somebody, and is gone");
        found.push(Violation { invariant: R1, what });
    }
}
