//! V1: when all is quiet, the list equals the truth.

use crate::evidence::Evidence;
use crate::ledger::Violation;

const V1: &str = "V1";

/// Against every run: it is listed, with its type, its status, its times and the length of its history.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    for (run_id, run) in &evidence.runs {
        let mut say = |what: String| found.push(Violation { invariant: V1, what });
        let Some(listed) = evidence.listed.get(run_id) else {
            say(format!("run {run_id} is not listed"));
            continue;
        };
        let shown = (listed.status(), listed.history_length, listed.close_time.is_some());
        let truth = (run.status(), run.events.len() as i64, run.end().is_some());
        if run.end().is_some() && shown != truth {
            say(format!("run {run_id} is listed as {shown:?} and is {truth:?}"));
        }
        // What a closed run still does for others is not worth a row of the list.
        let mut described = run.description.workflow_execution_info.clone().unwrap_or_default();
        described.state_transition_count = listed.state_transition_count;
        if run.end().is_some() && *listed != described {
            say(format!("run {run_id} is listed as {listed:?} and described as {described:?}"));
        }
    }
}
