//! S2: no timer fires before its time, and no run that waits for its time begins to work before.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::EventType,
    history::v1::{HistoryEvent, history_event::Attributes},
};

use super::time_of;
use crate::evidence::{Evidence, RunEvidence};
use crate::ledger::{Asked, Violation, What};

/// Against every timer that has fired, and every run that waited for its first workflow task.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    for (run_id, run) in &evidence.runs {
        let wait = duration(run.started().first_workflow_task_backoff);
        let first = run.events.iter().find(|event| event.event_type() == EventType::WorkflowTaskScheduled);
        // One that waits for nothing may begin before, when somebody sets the clock back.
        let is_early = first.is_some_and(|first| time_of(first) < run.started_at().after(wait));
        if !wait.is_zero() && is_early && !is_hurried(evidence, run) {
            let what = format!("run {run_id} was to wait for {wait:?}, and began before");
            found.push(Violation { invariant: "S2", what });
        }
        let mut due = BTreeMap::new();
        for event in &run.events {
            match event.attributes.as_ref() {
                Some(Attributes::TimerStartedEventAttributes(e)) => {
                    due.insert(event.event_id, time_of(event).after(duration(e.start_to_fire_timeout)));
                }
                Some(Attributes::TimerFiredEventAttributes(e)) => {
                    if due.get(&e.started_event_id).is_none_or(|due| time_of(event) < *due) {
                        let what = format!("timer {} of run {run_id} fired before its time", e.timer_id);
                        found.push(Violation { invariant: "S2", what });
                    }
                }
                Some(_) | None => {}
            }
        }
    }
}

/// Whether somebody had a run begin that waited for its time: a request to cancel does, an update, and a signal that would
/// have begun one. So it is on the reference server as well.
fn is_hurried(evidence: &Evidence, run: &RunEvidence) -> bool {
    let before = run.events.iter().take_while(|event| event.event_type() != EventType::WorkflowTaskScheduled);
    let is_news = |event: &HistoryEvent| {
        matches!(event.event_type(), EventType::WorkflowExecutionSignaled | EventType::WorkflowExecutionCancelRequested)
    };
    let may_update = |asked: &Asked| asked.what == What::Update && asked.workflow_id == run.workflow_id;
    before.into_iter().any(is_news) || evidence.book.requests.iter().any(may_update)
}

fn duration(of: Option<prost_types::Duration>) -> Duration {
    let of = of.unwrap_or_default();
    Duration::new(u64::try_from(of.seconds).unwrap_or(0), u32::try_from(of.nanos).unwrap_or(0))
}
