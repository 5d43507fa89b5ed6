//! R2: at most one run of a workflow id is open at any time.

use std::collections::BTreeMap;

use super::time_of;
use crate::evidence::{Evidence, RunEvidence};
use crate::ledger::Violation;

const R2: &str = "R2";

/// The runs of an id follow each other by the server's clock, unless somebody set it back.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    let mut by_id: BTreeMap<&str, Vec<(&str, &RunEvidence)>> = BTreeMap::new();
    for (run_id, run) in &evidence.runs {
        by_id.entry(&run.workflow_id).or_default().push((run_id, run));
    }
    for (workflow_id, mut runs) in by_id {
        let open = runs.iter().filter(|(_, run)| run.end().is_none()).count();
        if open > 1 {
            found.push(Violation { invariant: R2, what: format!("{open} runs of {workflow_id} are open") });
        }
        if evidence.clock_was_set_back {
            continue;
        }
        // Of those that began at the same moment, one that ended at once was the first.
        let order = |run: &RunEvidence| (run.end().is_none(), run.end().map(time_of));
        runs.sort_by_key(|(run_id, run)| (run.began_at(run_id), order(run)));
        for pair in runs.windows(2) {
            let ((one, first), (two, second)) = (pair[0], pair[1]);
            let ended = first.end().map(time_of);
            if ended.is_none_or(|ended| ended > second.began_at(two)) {
                let what = format!("run {two} of {workflow_id} began before run {one} had ended");
                found.push(Violation { invariant: R2, what });
            }
        }
    }
}
