//! M2: no poller waits while its queue has a matching task, longer than a bound. Seen from the task: while nothing goes
//! wrong and workers poll, it is started soon after it is scheduled.

use std::collections::BTreeMap;

use abide_api::temporal::api::history::v1::{HistoryEvent, history_event::Attributes};
use abide_model::Timestamp;

use super::time_of;
use crate::evidence::Evidence;
use crate::ledger::Violation;

const M2: &str = "M2";
/// Longer than workers are busy with other workflow tasks, and than a sticky queue is waited for.
const BOUND_SECONDS: u64 = 8;

/// Against all tasks that were scheduled since nothing goes wrong any more.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    for (run_id, run) in &evidence.runs {
        let mut scheduled: BTreeMap<i64, Timestamp> = BTreeMap::new();
        for event in &run.events {
            if let Some(Attributes::WorkflowTaskScheduledEventAttributes(_)) = event.attributes
                && time_of(event) > evidence.calm_since
            {
                scheduled.insert(event.event_id, time_of(event));
            }
            let Some(since) = started_of(event).and_then(|id| scheduled.get(&id)) else { continue };
            let waited = time_of(event).since(*since);
            if waited.as_secs() > BOUND_SECONDS {
                let what = format!("a task of run {run_id} waited {waited:?} to be started, event {}", event.event_id);
                found.push(Violation { invariant: M2, what });
            }
        }
    }
}

fn started_of(event: &HistoryEvent) -> Option<i64> {
    match event.attributes.as_ref()? {
        Attributes::WorkflowTaskStartedEventAttributes(started) => Some(started.scheduled_event_id),
        _ => None,
    }
}
