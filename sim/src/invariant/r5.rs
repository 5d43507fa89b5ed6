//! R5: every open timer, activity, child, operation and workflow task has a stored task that will end it. Read from the
//! disk, where nothing but rows can remember.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::RunId;
use abide_store::key::{DispatchSubject, TimerKey};

use crate::audit::{Stored, Tasks, subject};
use crate::ledger::{Book, Violation};

const R5: &str = "R5";

/// Of one run: what is open has its rows.
pub fn check_stored(run_id: RunId, stored: &Stored, tasks: &Tasks, found: &mut Vec<Violation>) {
    let run = &stored.run;
    let mut say = |what: String| found.push(Violation { invariant: R5, what: format!("run {run_id}: {what}") });
    if let Some(deadline) = run.deadline() {
        let wanted = TimerKey::at(deadline, run_id).fire_at_millis;
        let rows = tasks.timers.get(&run_id).map(Vec::as_slice).unwrap_or_default();
        if !rows.iter().any(|row| row.fire_at_millis <= wanted) {
            say(format!("nothing is stored that fires at {wanted}, only {rows:?}"));
        }
    }
    let dispatch = tasks.dispatch.get(&run_id).cloned().unwrap_or_default();
    let offers: BTreeSet<DispatchSubject> = run.open_offers().iter().map(|offer| of(offer.task.subject)).collect();
    if dispatch != offers {
        say(format!("{offers:?} are offered, and {dispatch:?} are stored"));
    }
    let outbound = tasks.outbound.get(&run_id).cloned().unwrap_or_default();
    let owed = run.open_outbound().into_iter().map(subject).collect();
    if outbound != owed {
        say(format!("{owed:?} are owed, and {outbound:?} are stored"));
    }
    check_pending(stored, &offers, &mut say);
}

/// What Describe calls pending is waited for by somebody: a row that offers it, or a deadline.
fn check_pending(stored: &Stored, offers: &BTreeSet<DispatchSubject>, say: &mut impl FnMut(String)) {
    let run = &stored.run;
    if !run.is_open() {
        return;
    }
    let description = run.describe();
    let has_deadline = run.deadline().is_some();
    if description.pending_workflow_task.is_some() && !offers.contains(&DispatchSubject::WorkflowTask) && !has_deadline
    {
        say("its workflow task waits for nothing".into());
    }
    // Who has paused an activity must end that.
    for activity in description.pending_activities.iter().filter(|activity| !activity.paused) {
        if !has_deadline && !offers.iter().any(|offer| matches!(offer, DispatchSubject::Activity(_))) {
            say(format!("activity {} waits for nothing", activity.activity_id));
        }
    }
    // A child that has not been released waits for its parent, which owes that.
    let waits_for_parent = run.next_event_id() == 2;
    let is_idle = description.pending_workflow_task.is_none()
        && description.pending_activities.is_empty()
        && description.pending_children.is_empty()
        && run.open_outbound().is_empty()
        && !waits_for_parent;
    if is_idle && !has_deadline {
        say("it is open, and nothing will happen to it".into());
    }
}

/// Rows about runs that are not there. A second timer row, which a failed commit can leave, may outlive a run that was
/// deleted: it fires, finds nothing, and goes.
pub fn check_rows(runs: &BTreeMap<RunId, Stored>, tasks: &Tasks, book: &Book, found: &mut Vec<Violation>) {
    let timers = tasks.timers.keys().filter(|run_id| !book.may_be_gone(&run_id.to_string()));
    let rows = timers.chain(tasks.dispatch.keys()).chain(tasks.outbound.keys());
    for run_id in rows.filter(|run_id| !runs.contains_key(*run_id)) {
        found.push(Violation { invariant: R5, what: format!("a row is about run {run_id}, which is not there") });
    }
}

fn of(subject: abide_engine::run::Subject) -> DispatchSubject {
    use abide_engine::run::Subject;
    match subject {
        Subject::WorkflowTask => DispatchSubject::WorkflowTask,
        Subject::Activity(id) => DispatchSubject::Activity(u64::try_from(id).unwrap_or(0)),
    }
}
