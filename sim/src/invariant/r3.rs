//! R3: an acknowledged start, signal, update, cancellation or termination is in the history, once per request; a refused
//! one is nowhere.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    enums::v1::EventType,
    history::v1::{HistoryEvent, history_event::Attributes},
};

use super::time_of;
use crate::evidence::Evidence;
use crate::ledger::{Asked, Told, Violation, What};

const R3: &str = "R3";

/// Every request, by the name that it left.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    let traces = Traces::of(evidence);
    for asked in &evidence.book.requests {
        let mut say = |what: &str| {
            let Asked { what: kind, workflow_id, run_id, tag, told, .. } = asked;
            let what = format!("{kind:?} {tag} of {workflow_id} {run_id} was told {told:?}: {what}");
            found.push(Violation { invariant: R3, what });
        };
        match asked.what {
            What::Start => check_start(asked, &traces, &mut say),
            What::Signal | What::Update => check_left(asked, &traces, &mut say),
            What::SignalWithStart => {
                check_left(asked, &traces, &mut say);
                if traces.began_twice(&asked.workflow_id, &asked.tag) {
                    say("it began more than one run");
                }
            }
            What::Cancel => check_cancel(asked, evidence, &traces, &mut say),
            What::Terminate => check_terminate(asked, evidence, &traces, &mut say),
            What::Reset => check_reset(asked, evidence, &mut say),
        }
    }
}

fn check_start(asked: &Asked, traces: &Traces<'_>, say: &mut impl FnMut(&str)) {
    let began = traces.began(&asked.tag);
    if traces.began_twice(&asked.workflow_id, &asked.tag) {
        say(&format!("it began {began:?}"));
    }
    match &asked.told {
        Told::Acked(run_id) if !traces.knows(run_id, &asked.tag) => say(&format!("it began {began:?}")),
        Told::Refused if !began.is_empty() => say(&format!("it began {began:?}")),
        Told::Acked(_) | Told::Refused | Told::Unknown => {}
    }
}

/// A signal or an update: once in a run that it was meant for, and at most once in any.
fn check_left(asked: &Asked, traces: &Traces<'_>, say: &mut impl FnMut(&str)) {
    check_times(asked, traces, say);
    let left = traces.left(&asked.tag);
    // A reset takes copies along. Without one, the runs of a chain know nothing of each other's signals; only a request
    // that named no run and was repeated may have reached two.
    let runs: Vec<&str> = left.keys().copied().filter(|run_id| !traces.is_reset(run_id)).collect();
    if runs.len() > 1 && !asked.run_id.is_empty() {
        say(&format!("it is in the runs {runs:?}"));
    }
    match &asked.told {
        Told::Acked(run_id) if run_id.is_empty() && left.is_empty() => say("it is nowhere"),
        Told::Acked(run_id) if !run_id.is_empty() && !left.contains_key(run_id.as_str()) => {
            say(&format!("it is in {:?}", left.keys()));
        }
        Told::Refused if !left.is_empty() => say(&format!("it is in {:?}", left.keys())),
        Told::Acked(_) | Told::Refused | Told::Unknown => {}
    }
}

/// A run that had ended already has what its canceler wants.
fn check_cancel(asked: &Asked, evidence: &Evidence, traces: &Traces<'_>, say: &mut impl FnMut(&str)) {
    check_times(asked, traces, say);
    let Told::Acked(run_id) = &asked.told else { return };
    let Some(run) = evidence.runs.get(run_id) else { return };
    let is_canceled = |event: &HistoryEvent| event.event_type() == EventType::WorkflowExecutionCancelRequested;
    let ended_before = run.end().is_some_and(|end| time_of(end) <= asked.told_at);
    if !ended_before && !evidence.clock_was_set_back && !run.events.iter().any(is_canceled) {
        say("it is not in the history");
    }
}

fn check_terminate(asked: &Asked, evidence: &Evidence, traces: &Traces<'_>, say: &mut impl FnMut(&str)) {
    check_times(asked, traces, say);
    let left = traces.left(&asked.tag);
    match &asked.told {
        Told::Acked(run_id) if run_id.is_empty() && left.is_empty() => say("it ended no run"),
        Told::Acked(run_id) if !run_id.is_empty() => {
            let Some(run) = evidence.runs.get(run_id) else { return };
            let is_terminated = |event: &HistoryEvent| event.event_type() == EventType::WorkflowExecutionTerminated;
            if !run.end().is_some_and(is_terminated) {
                say("the run did not end by it");
            }
        }
        Told::Refused if !left.is_empty() => say(&format!("it ended {:?}", left.keys())),
        Told::Acked(_) | Told::Refused | Told::Unknown => {}
    }
}

/// A run has it once. A reset that follows a chain brings along what each of its runs has.
fn check_times(asked: &Asked, traces: &Traces<'_>, say: &mut impl FnMut(&str)) {
    let left = traces.left(&asked.tag);
    let originals = left.keys().filter(|run_id| !traces.is_reset(run_id)).count();
    for (run_id, times) in left {
        let times_max = if traces.is_reset(run_id) { originals.max(1) } else { 1 };
        if times > times_max {
            say(&format!("it is in run {run_id} {times} times"));
        }
    }
}

fn check_reset(asked: &Asked, evidence: &Evidence, say: &mut impl FnMut(&str)) {
    if let Told::Acked(run_id) = &asked.told
        && !evidence.runs.contains_key(run_id)
    {
        say("the run that it made is not there");
    }
}

/// What requests left in histories.
struct Traces<'a> {
    /// By tag: runs that began with it, and neither follow another one nor are copies.
    began: BTreeMap<String, Vec<&'a str>>,
    /// By tag: in which runs it is, and how often.
    left: BTreeMap<&'a str, BTreeMap<&'a str, usize>>,
    evidence: &'a Evidence,
}

impl<'a> Traces<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        let mut traces = Self { began: BTreeMap::new(), left: BTreeMap::new(), evidence };
        for (run_id, run) in &evidence.runs {
            let started = run.started();
            if started.continued_execution_run_id.is_empty() && !run.is_copy(run_id) {
                traces.began.entry(run.starter()).or_default().push(run_id);
            }
            for tag in run.events.iter().filter_map(tag_of) {
                *traces.left.entry(tag).or_default().entry(run_id).or_default() += 1;
            }
        }
        traces
    }

    fn began(&self, tag: &str) -> &[&'a str] {
        self.began.get(tag).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a request began a run although the one before it knew the request. Only the newest run of an id knows it,
    /// and a copy of that, as in the reference server: a request that arrives again when others have begun meanwhile is a
    /// new one.
    fn began_twice(&self, workflow_id: &str, tag: &str) -> bool {
        if self.evidence.clock_was_set_back {
            return false;
        }
        let runs = self.evidence.runs.iter().filter(|(_, run)| run.workflow_id == workflow_id);
        let mut runs: Vec<_> = runs.map(|(run_id, run)| (run.began_at(run_id), run_id.as_str())).collect();
        runs.sort_unstable();
        runs.windows(2).any(|pair| self.knows(pair[0].1, tag) && self.began(tag).contains(&pair[1].1))
    }

    /// Whether a run began by a request, or a reset made it from one that did: then it stands for that one.
    fn knows(&self, run_id: &str, tag: &str) -> bool {
        let Some(run) = self.evidence.runs.get(run_id) else { return false };
        run.started().continued_execution_run_id.is_empty() && run.starter() == tag
    }

    fn left(&self, tag: &str) -> BTreeMap<&'a str, usize> {
        self.left.get(tag).cloned().unwrap_or_default()
    }

    fn is_reset(&self, run_id: &str) -> bool {
        self.evidence.runs.get(run_id).is_some_and(|run| run.is_copy(run_id))
    }
}

/// The name that a request left in an event.
fn tag_of(event: &HistoryEvent) -> Option<&str> {
    match event.attributes.as_ref()? {
        Attributes::WorkflowExecutionSignaledEventAttributes(e) => Some(&e.signal_name),
        Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(e) => Some(&e.protocol_instance_id),
        Attributes::WorkflowExecutionCancelRequestedEventAttributes(e) => Some(&e.cause),
        Attributes::WorkflowExecutionTerminatedEventAttributes(e) => Some(&e.reason),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use abide_api::temporal::api::{
        history::v1::{
            WorkflowExecutionSignaledEventAttributes, WorkflowExecutionStartedEventAttributes,
            WorkflowTaskFailedEventAttributes,
        },
        workflowservice::v1::DescribeWorkflowExecutionResponse,
    };
    use abide_model::Timestamp;

    use super::*;
    use crate::calls::text;
    use crate::evidence::RunEvidence;
    use crate::ledger::Book;

    fn event(seconds: i64, attributes: Attributes) -> HistoryEvent {
        let event_time = Some(prost_types::Timestamp { seconds, nanos: 0 });
        HistoryEvent { event_time, attributes: Some(attributes), ..HistoryEvent::default() }
    }

    /// A run that began then by this request. When `copied` says so, a reset made it later of another run.
    fn run(run_id: &str, began: i64, tag: &str, copied: Option<(&str, i64)>) -> (String, RunEvidence) {
        let started = WorkflowExecutionStartedEventAttributes {
            input: text(&format!("1 0 {tag}")),
            original_execution_run_id: copied.map_or(run_id, |(base, _)| base).to_owned(),
            ..WorkflowExecutionStartedEventAttributes::default()
        };
        let mut events = vec![event(began, Attributes::WorkflowExecutionStartedEventAttributes(Box::new(started)))];
        if let Some((base, at)) = copied {
            let failed = WorkflowTaskFailedEventAttributes {
                base_run_id: base.to_owned(),
                new_run_id: run_id.to_owned(),
                ..WorkflowTaskFailedEventAttributes::default()
            };
            events.push(event(at, Attributes::WorkflowTaskFailedEventAttributes(Box::new(failed))));
        }
        let description = DescribeWorkflowExecutionResponse::default();
        (run_id.to_owned(), RunEvidence { workflow_id: "w".into(), events, description })
    }

    fn wrong(told_run: &str, runs: Vec<(String, RunEvidence)>) -> Vec<Violation> {
        wrong_of(What::Start, told_run, runs)
    }

    fn wrong_of(what: What, told_run: &str, runs: Vec<(String, RunEvidence)>) -> Vec<Violation> {
        let asked = Asked {
            what,
            workflow_id: "w".into(),
            run_id: String::new(),
            tag: "t".into(),
            told: Told::Acked(told_run.to_owned()),
            told_at: Timestamp::EPOCH,
        };
        let evidence = Evidence {
            book: Book { requests: vec![asked], ..Book::default() },
            runs: runs.into_iter().collect(),
            listed: BTreeMap::new(),
            calm_since: Timestamp::EPOCH,
            clock_was_set: false,
            clock_was_set_back: false,
            losses: Vec::new(),
        };
        let mut found = Vec::new();
        check(&evidence, &mut found);
        found
    }

    #[test]
    fn a_start_that_arrives_again_is_new_only_when_the_newest_run_does_not_know_it() {
        let other = || run("other", 1, "o", None);
        let runs = vec![other(), run("first", 2, "t", None), run("second", 4, "t", None)];
        assert_eq!(wrong("second", runs).len(), 1, "two in a row");
        let of_other = run("copy", 1, "o", Some(("other", 3)));
        let runs = vec![other(), run("first", 2, "t", None), of_other, run("second", 4, "t", None)];
        assert_eq!(wrong("second", runs), [], "a reset of another run has come between");
        let of_first = run("copy", 2, "t", Some(("first", 3)));
        let runs = vec![other(), run("first", 2, "t", None), of_first, run("second", 4, "t", None)];
        assert_eq!(wrong("second", runs).len(), 1, "the copy knows what began the first");
    }

    #[test]
    fn a_copy_has_a_signal_as_often_as_the_chain_that_it_follows() {
        let signalled = |mut run: (String, RunEvidence), times: usize| {
            let signal = WorkflowExecutionSignaledEventAttributes {
                signal_name: "t".into(),
                ..WorkflowExecutionSignaledEventAttributes::default()
            };
            let signal = event(3, Attributes::WorkflowExecutionSignaledEventAttributes(signal));
            run.1.events.extend(std::iter::repeat_n(signal, times));
            run
        };
        let told = |runs| wrong_of(What::Signal, "second", runs).len();
        let first = || signalled(run("first", 1, "o", None), 1);
        let second = || signalled(run("second", 2, "o", None), 1);
        let copy = |times| signalled(run("copy", 1, "o", Some(("first", 3))), times);
        assert_eq!(told(vec![first(), second(), copy(2)]), 0, "the request had arrived again after the first");
        assert_eq!(told(vec![first(), second(), copy(3)]), 1);
        assert_eq!(told(vec![second(), copy(2)]), 1);
    }

    #[test]
    fn a_copy_stands_for_the_run_that_a_start_began() {
        let runs = || vec![run("first", 2, "t", None), run("copy", 2, "t", Some(("first", 3)))];
        assert_eq!(wrong("copy", runs()), []);
        assert_eq!(wrong("another", runs()).len(), 1);
    }
}
