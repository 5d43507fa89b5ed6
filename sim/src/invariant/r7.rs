//! R7: continue-as-new, retry and cron leave exactly one successor, which knows what it goes on from.

use std::collections::BTreeMap;

use abide_api::temporal::api::{enums::v1::ContinueAsNewInitiator, history::v1::history_event::Attributes};

use crate::evidence::{Evidence, RunEvidence};
use crate::ledger::Violation;

const R7: &str = "R7";

/// Who says that it is followed is followed by that run, and nobody is followed twice.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    let mut followers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (run_id, run) in &evidence.runs {
        let started = run.started();
        let before = started.continued_execution_run_id;
        // The copy that a reset makes of a successor says the same of itself.
        if !before.is_empty() && !run.is_copy(run_id) {
            followers.entry(before).or_default().push(run_id);
        }
    }
    for (run_id, run) in &evidence.runs {
        let follow = followers.remove(run_id).unwrap_or_default();
        let expected = run.successor();
        let expected: Vec<&str> = if expected.is_empty() { Vec::new() } else { vec![expected] };
        if follow != expected && !expected.iter().any(|run_id| evidence.book.may_be_gone(run_id)) {
            let what = format!("run {run_id} says that {expected:?} follow it, and {follow:?} do");
            found.push(Violation { invariant: R7, what });
        }
    }
    for (run_id, run) in &evidence.runs {
        check_schedule(evidence, run_id, run, found);
    }
    for (run_id, follow) in followers.into_iter().filter(|(run_id, _)| !evidence.book.may_be_gone(run_id)) {
        let what = format!("{follow:?} follow run {run_id}, which is not there");
        found.push(Violation { invariant: R7, what });
    }
}

/// The next run of a schedule has the result of the newest one that had any.
fn check_schedule(evidence: &Evidence, run_id: &str, run: &RunEvidence, found: &mut Vec<Violation>) {
    let Some(next) = evidence.runs.get(run.successor()).map(RunEvidence::started) else { return };
    if next.initiator() != ContinueAsNewInitiator::CronSchedule {
        return;
    }
    let result = match run.end().and_then(|event| event.attributes.as_ref()) {
        Some(Attributes::WorkflowExecutionCompletedEventAttributes(e)) => e.result.clone(),
        Some(_) | None => run.started().last_completion_result,
    };
    if next.last_completion_result != result || next.cron_schedule != run.started().cron_schedule {
        let what = format!("run {run_id} has the result {result:?}, and its schedule goes on with {next:?}");
        found.push(Violation { invariant: R7, what });
    }
}
