//! C3: every address is told at least once how each run ended that closed with it, and is told nothing else.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    enums::v1::ContinueAsNewInitiator,
    failure::v1::Failure,
    history::v1::{HistoryEvent, history_event::Attributes},
};

use crate::calls::read_text;
use crate::evidence::{Evidence, RunEvidence};
use crate::ledger::{Answer, Violation, Visit};

const C3: &str = "C3";

/// Against every visit to an address outside, and every run that has addresses.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    let mut say = |what: String| found.push(Violation { invariant: C3, what });
    let mut visits: BTreeMap<(String, String), Vec<&Visit>> = BTreeMap::new();
    for visit in &evidence.book.visits {
        visits.entry((visit.run_id.clone(), visit.url.clone())).or_default().push(visit);
    }
    for (run_id, run) in &evidence.runs {
        let truth = if goes_on(evidence, run) { None } else { run.end().and_then(truth) };
        for url in run.addresses() {
            let visits = visits.remove(&(run_id.clone(), url.clone())).unwrap_or_default();
            let is_settled = visits.iter().any(|visit| matches!(visit.answer, Answer::Taken | Answer::Never));
            match &truth {
                Some(truth) if !is_settled => say(format!("{url} was not told that run {run_id} ended {truth:?}")),
                Some(truth) => visits.iter().filter(|visit| !truth.is_told_by(visit)).for_each(|visit| {
                    say(format!("run {run_id} ended {truth:?}, and an address was told {visit:?}"));
                }),
                None if !visits.is_empty() => say(format!("run {run_id} is not over, and told {visits:?}")),
                None => {}
            }
        }
        check_heir(evidence, run_id, run, &mut say);
    }
    for visit in visits.values().flatten() {
        say(format!("an address was told by a run that does not know it: {visit:?}"));
    }
    for (run_id, url) in &evidence.book.registered {
        if !evidence.runs.get(run_id).is_some_and(|run| run.addresses().contains(url)) {
            say(format!("run {run_id} was said to know {url}, and does not"));
        }
    }
}

/// Whoever goes on in the place of a run has its addresses.
fn check_heir(evidence: &Evidence, run_id: &str, run: &RunEvidence, say: &mut impl FnMut(String)) {
    let heirs = evidence.runs.iter().filter(|(heir_id, heir)| match goes_on(evidence, run) {
        true if run.is_replaced() => heir.is_made_of(heir_id, run_id),
        true => *heir_id == run.successor(),
        false => false,
    });
    for (heir_id, heir) in heirs {
        let known = heir.addresses();
        for url in run.addresses().iter().filter(|url| !known.contains(*url)) {
            say(format!("run {heir_id} goes on in the place of run {run_id}, and does not know {url}"));
        }
    }
}

/// Whether another run goes on in its place, and will tell how that ended. The next run of a schedule does not.
fn goes_on(evidence: &Evidence, run: &RunEvidence) -> bool {
    let is_continued = |end: &HistoryEvent| {
        matches!(end.attributes, Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(_)))
    };
    let next = evidence.runs.get(run.successor()).map(RunEvidence::started);
    let is_retried = next.is_some_and(|next| next.initiator() == ContinueAsNewInitiator::Retry);
    run.end().is_some_and(is_continued) || is_retried || run.is_replaced()
}

/// What an address must be told.
#[derive(Debug)]
struct Truth {
    state: &'static str,
    /// The whole body, or the message in it.
    words: String,
}

fn truth(end: &HistoryEvent) -> Option<Truth> {
    let failed = |words: &str| Truth { state: "failed", words: words.to_owned() };
    let message = |failure: Option<&Failure>| failure.map(|failure| failure.message.clone()).unwrap_or_default();
    Some(match end.attributes.as_ref()? {
        Attributes::WorkflowExecutionCompletedEventAttributes(e) => {
            Truth { state: "succeeded", words: read_text(e.result.as_ref()) }
        }
        Attributes::WorkflowExecutionFailedEventAttributes(e) => failed(&message(e.failure.as_ref())),
        Attributes::WorkflowExecutionTerminatedEventAttributes(_) => failed("operation terminated"),
        Attributes::WorkflowExecutionTimedOutEventAttributes(_) => failed("operation exceeded internal timeout"),
        Attributes::WorkflowExecutionCanceledEventAttributes(_) => {
            Truth { state: "canceled", words: "operation canceled".into() }
        }
        _ => return None,
    })
}

impl Truth {
    fn is_told_by(&self, visit: &Visit) -> bool {
        let message = format!("\"message\":\"{}\"", self.words);
        visit.state == self.state && (visit.body == self.words || visit.body.contains(&message))
    }
}
