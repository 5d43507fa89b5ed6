//! R7: continue-as-new, retry and cron leave exactly one successor.

use std::collections::BTreeMap;

use crate::evidence::Evidence;
use crate::ledger::Violation;

const R7: &str = "R7";

/// Who says that it is followed is followed by that run, and nobody is followed twice.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    let mut followers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (run_id, run) in &evidence.runs {
        let started = run.started();
        let before = started.continued_execution_run_id;
        // The copy that a reset makes of a successor says the same of itself.
        let is_copy = !started.original_execution_run_id.is_empty() && started.original_execution_run_id != *run_id;
        if !before.is_empty() && !is_copy {
            followers.entry(before).or_default().push(run_id);
        }
    }
    for (run_id, run) in &evidence.runs {
        let follow = followers.remove(run_id).unwrap_or_default();
        let expected = run.successor();
        let expected: Vec<&str> = if expected.is_empty() { Vec::new() } else { vec![expected] };
        if follow != expected {
            let what = format!("run {run_id} says that {expected:?} follow it, and {follow:?} do");
            found.push(Violation { invariant: R7, what });
        }
    }
    for (run_id, follow) in followers {
        let what = format!("{follow:?} follow run {run_id}, which is not there");
        found.push(Violation { invariant: R7, what });
    }
}
