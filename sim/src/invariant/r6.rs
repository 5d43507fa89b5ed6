//! R6: folding the stored changes gives the run: the one in the cache, and the one in the snapshot.

use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;
use abide_model::RunId;

use crate::audit::Stored;
use crate::ledger::Violation;

const R6: &str = "R6";

/// A snapshot is what the nodes before it make.
pub fn check_stored(run_id: RunId, stored: &Stored, found: &mut Vec<Violation>) {
    let Some(snapshot) = &stored.snapshot else { return };
    let folded = stored.at_snapshot.as_ref().map(abide_engine::run::Run::encode);
    if folded.as_ref() != Some(&snapshot.state) {
        let what = format!("the snapshot of run {run_id} at {} is not what its nodes make", snapshot.transition);
        found.push(Violation { invariant: R6, what });
    }
}

/// What the server describes from its cache is what the stored changes make.
pub fn check_described(
    run_id: RunId,
    stored: &Stored,
    described: &DescribeWorkflowExecutionResponse,
    found: &mut Vec<Violation>,
) {
    let mut folded = stored.run.describe();
    if let Some(info) = &mut folded.workflow_execution_info {
        info.state_transition_count = i64::try_from(stored.transition).unwrap_or(i64::MAX);
    }
    if folded != *described {
        let what = format!("run {run_id} is described as {described:?} and stored as {folded:?}");
        found.push(Violation { invariant: R6, what });
    }
}
