//! M3: an activity that somebody has paused is handed to nobody until somebody asks for its end.

use std::time::Duration;

use crate::evidence::Evidence;
use crate::ledger::{Delivery, Intervene, Intervention, Violation};

/// How long a request that nobody waits for any more may go on: repeated on its way, and kept up while nothing runs.
const LINGERING: Duration = Duration::from_secs(60);

/// Against every activity that workers got behind a pause that was acknowledged. Times are the server's, which says
/// nothing when somebody sets its clock.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    if evidence.clock_was_set {
        return;
    }
    let interventions = &evidence.book.interventions;
    for pause in interventions.iter().filter(|one| one.kind == Intervene::Pause) {
        let Some(paused_at) = pause.done_at else { continue };
        let is_of = |delivery: &Delivery| {
            delivery.run_id == pause.run_id
                && delivery.activity_id == pause.activity_id
                && delivery.began_at > paused_at
        };
        for delivery in evidence.book.deliveries.iter().filter(|delivery| is_of(delivery)) {
            if !interventions.iter().any(|other| may_end(other, pause, delivery)) {
                let what = format!("a worker got an activity that was paused: {pause:?}, {delivery:?}");
                found.push(Violation { invariant: "M3", what });
            }
        }
    }
}

/// Whether an intervention may have ended a pause before an activity was handed out.
fn may_end(other: &Intervention, pause: &Intervention, delivery: &Delivery) -> bool {
    let is_meant = other.activity_id.is_empty() || other.activity_id == pause.activity_id;
    let lingers = other.over_at.is_none_or(|over_at| over_at.after(LINGERING) >= pause.asked.1);
    other.kind != Intervene::Pause
        && other.run_id == pause.run_id
        && is_meant
        && other.asked.1 <= delivery.began_at
        && lingers
}
