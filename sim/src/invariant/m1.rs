//! M1: a task is handed out at most once per attempt. What was not told as stored may be lost with a crash, and then a
//! task may be handed out again under the same number; one that is allowed one attempt only is never.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::evidence::Evidence;
use crate::ledger::{Delivery, Intervene, Violation};

const M1: &str = "M1";
/// How long an answer may be on its way to a worker: what is lost meanwhile counts.
const ON_THE_WAY: Duration = Duration::from_secs(2);

/// Against everything that workers got.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    let mut seen: BTreeMap<(&str, &str, i32, i64), &Delivery> = BTreeMap::new();
    for delivery in &evidence.book.deliveries {
        let Delivery { run_id, activity_id, attempt, started_event_id, .. } = delivery;
        let Some(before) = seen.insert((run_id, activity_id, *attempt, *started_event_id), delivery) else { continue };
        // One that begins anew has the same attempts again.
        let began_anew = evidence.book.interventions.iter().any(|one| {
            let is_meant = one.activity_id.is_empty() || one.activity_id == *activity_id;
            one.kind == Intervene::Reset && one.run_id == *run_id && is_meant && one.asked.0 <= delivery.at
        });
        if began_anew {
            continue;
        }
        let once_only = delivery.attempts_max == 1 && !activity_id.is_empty();
        let told = before.at.checked_sub(ON_THE_WAY).unwrap_or(before.at);
        let was_lost = evidence.losses.iter().any(|lost| (told..=delivery.at).contains(lost));
        if !was_lost || once_only {
            let what = format!("workers got the same task twice: {before:?}, {delivery:?}");
            found.push(Violation { invariant: M1, what });
        }
    }
}
