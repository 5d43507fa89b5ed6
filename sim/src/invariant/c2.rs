//! C2: a parent's close policy reaches every child.

use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{EventType, ParentClosePolicy},
    history::v1::{HistoryEvent, history_event::Attributes},
};

use super::time_of;
use crate::evidence::{Evidence, RunEvidence};
use crate::ledger::Violation;

const C2: &str = "C2";
/// By when the end of a parent has reached its children: two of the longest pauses between attempts.
const BOUND: Duration = Duration::from_secs(60);

/// Against the children of every run that has ended.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    // The children of a run that a reset has ended are those of the run that the reset has made.
    let ended = |run: &RunEvidence| run.end().is_some() && !run.is_replaced();
    for (parent_id, parent) in evidence.runs.iter().filter(|(_, run)| ended(run)) {
        for (child_id, policy) in children(parent) {
            let Some(child) = evidence.runs.get(&child_id) else {
                let what = format!("child {child_id} of run {parent_id} is not there");
                found.push(Violation { invariant: C2, what });
                continue;
            };
            // Whoever follows the child is the parent's child as well.
            let last = chain(evidence, child).last().unwrap_or(child);
            let is_of = |event: &HistoryEvent, kind: EventType| event.event_type() == kind;
            // One that was asked may go on all the same, and what follows it knows nothing of that. What was asked of one that
            // had ended by then came from somebody else.
            let was_over = |run: &RunEvidence| {
                let (run, parent) = (run.end().map(time_of), parent.end().map(time_of));
                !evidence.clock_was_set && run.zip(parent).is_some_and(|(run, parent)| run < parent)
            };
            let is_asked = chain(evidence, child)
                .filter(|run| !was_over(run))
                .flat_map(|run| &run.events)
                .any(|event| is_of(event, EventType::WorkflowExecutionCancelRequested));
            let is_terminated = last.end().is_some_and(|end| is_of(end, EventType::WorkflowExecutionTerminated));
            let had_time = !evidence.clock_was_set && had_time(parent, last);
            let is_reached = match policy {
                ParentClosePolicy::Terminate | ParentClosePolicy::Unspecified => is_terminated || !had_time,
                ParentClosePolicy::RequestCancel => is_asked || is_terminated || !had_time,
                ParentClosePolicy::Abandon => true,
            };
            if !is_reached {
                let what = format!("child {child_id} of run {parent_id} was not reached by {policy:?}");
                found.push(Violation { invariant: C2, what });
            }
        }
    }
}

/// Whether the end of the parent could reach its child before the child had ended by itself, whatever went wrong.
fn had_time(parent: &RunEvidence, child: &RunEvidence) -> bool {
    let ended = |run: &RunEvidence| run.end().map(time_of);
    let (Some(parent), Some(child)) = (ended(parent), ended(child)) else { return true };
    child.since(parent) > BOUND
}

/// The children that have started and whose end the parent has not seen.
fn children(parent: &RunEvidence) -> Vec<(String, ParentClosePolicy)> {
    let mut policies = std::collections::BTreeMap::new();
    let mut children = Vec::new();
    for event in &parent.events {
        match event.attributes.as_ref() {
            Some(Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(e)) => {
                policies.insert(event.event_id, e.parent_close_policy());
            }
            Some(Attributes::ChildWorkflowExecutionStartedEventAttributes(e)) => {
                let policy = policies.get(&e.initiated_event_id).copied().unwrap_or_default();
                let run_id = e.workflow_execution.clone().unwrap_or_default().run_id;
                children.push((run_id, policy));
            }
            Some(_) | None => {}
        }
    }
    children
}

/// A run and those that follow it.
fn chain<'a>(evidence: &'a Evidence, run: &'a RunEvidence) -> impl Iterator<Item = &'a RunEvidence> {
    std::iter::successors(Some(run), |run| evidence.runs.get(run.successor()))
}
