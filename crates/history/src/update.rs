//! Callers who wait for an update of a workflow to come as far as they want. The update itself is part of the run; here
//! is only who is told. An update that left the run without an event is known to those who waited, and to nobody later.

use std::collections::BTreeMap;

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus;
use abide_api::temporal::api::history::v1::{HistoryEvent, history_event::Attributes};
use abide_api::temporal::api::update::v1::{Outcome, Request, outcome::Value};
use abide_cluster::Error;
use abide_cluster::error::UpdateError;
use abide_cluster::history::UpdateStage;
use abide_engine::run::{
    Change, Command, Rejection, UpdateAbort, UpdateEnd, UpdateStatus, unfinished_update_failure, update_id,
};
use abide_model::{RunId, Timestamp};
use abide_store::Urgency;

use crate::cache::Entry;
use crate::read::{Page, Stretch};
use crate::shard::{Answer, Desk, Draft, Performed, Release, Undecided, answering};

/// How far an update is.
#[derive(Debug)]
pub(crate) struct Told {
    /// The run that has it.
    pub(crate) run_id: RunId,
    /// The first run of its chain.
    pub(crate) first_run_id: RunId,
    /// How that run is.
    pub(crate) run_status: WorkflowExecutionStatus,
    /// How far the update is.
    pub(crate) status: UpdateStatus,
    /// What came of it.
    pub(crate) outcome: Option<Box<Outcome>>,
}

/// Who waits, and for what.
pub(crate) struct Caller {
    pub(crate) stage: UpdateStage,
    pub(crate) answer: Answer<Told>,
}

/// Those who wait for updates of one run.
#[derive(Default)]
pub(crate) struct Callers {
    waiting: BTreeMap<String, Vec<Caller>>,
    /// Updates that somebody waits for and that the transition at hand dropped.
    dropped: BTreeMap<String, UpdateEnd>,
}

impl Callers {
    /// Whether anybody still waits.
    pub(crate) fn is_awaited(&mut self) -> bool {
        self.waiting.retain(|_, callers| {
            callers.retain(|caller| !caller.answer.is_closed());
            !callers.is_empty()
        });
        !self.waiting.is_empty()
    }

    /// Tells everyone that there will be no answer.
    pub(crate) fn fail(self, error: &Error) {
        for caller in self.waiting.into_values().flatten() {
            drop(caller.answer.send(Err(error.clone())));
        }
    }
}

impl Entry {
    /// Remembers for those who wait how their updates left the run.
    pub(crate) fn note_dropped_updates(&mut self, changes: &[Change]) {
        let Some(callers) = &mut self.callers else { return };
        for (id, end) in changes.iter().filter_map(Change::dropped_update) {
            if callers.waiting.contains_key(id) {
                callers.dropped.insert(id.to_owned(), end);
            }
        }
    }

    fn wait_for_update(&mut self, id: &str, caller: Caller) {
        self.callers.get_or_insert_default().waiting.entry(id.to_owned()).or_default().push(caller);
    }
}

impl Desk {
    /// Somebody asks the workflow for an update, or asks again.
    pub(crate) fn update(&mut self, entry: &mut Entry, request: Request, caller: Caller, now: Timestamp) -> Performed {
        let id = update_id(&request).to_owned();
        // Admitting an update may be lost: its caller is told to ask again then.
        let mut draft = Draft::new(Urgency::Lazy);
        match self.decide(entry, Command::Update(Box::new(request)), now) {
            Ok(decided) => self.record(entry, decided, &mut draft, now),
            Err(Undecided::Rejected(Rejection::Closed)) if entry.run.update_status(&id).is_some() => {}
            Err(undecided) => return self.refuse(entry, undecided, caller.answer),
        }
        entry.wait_for_update(&id, caller);
        self.finish(entry, draft, now)
    }

    /// Somebody asks how far an update is, and may wait for more.
    pub(crate) fn poll_update(&mut self, entry: &mut Entry, id: String, caller: Caller) {
        let told = match entry.run.update_status(&id) {
            None => {
                let error = Error::Update(UpdateError::NotFound(id));
                return self.outbox.attach(entry.told, answering(caller.answer, Err(error)));
            }
            // Nothing of it may be durable yet.
            Some(UpdateStatus::Admitted) => entry.sequence,
            Some(UpdateStatus::Accepted | UpdateStatus::Completed { .. } | UpdateStatus::Unfinished) => entry.told,
        };
        entry.wait_for_update(&id, caller);
        let mut releases = Vec::new();
        self.answer_callers(entry, &mut releases);
        for release in releases {
            self.outbox.attach(told, release);
        }
    }

    /// After a transition: who has waited long enough.
    pub(crate) fn answer_callers(&self, entry: &mut Entry, releases: &mut Vec<Release>) {
        let Some(mut callers) = entry.callers.take() else { return };
        for (id, waiting) in std::mem::take(&mut callers.waiting) {
            if let Some(end) = callers.dropped.remove(&id) {
                releases.extend(waiting.into_iter().map(|caller| tell_end(entry, &end, caller)));
                continue;
            }
            let Some(status) = entry.run.update_status(&id) else {
                let error = Error::Update(UpdateError::NotFound(id));
                releases.extend(waiting.into_iter().map(|caller| answering(caller.answer, Err(error.clone()))));
                continue;
            };
            let (done, more): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|caller| caller.stage <= stage_of(status));
            releases.extend(done.into_iter().map(|caller| self.tell_status(entry, status, caller)));
            if !more.is_empty() {
                callers.waiting.insert(id, more);
            }
        }
        if !callers.waiting.is_empty() {
            entry.callers = Some(callers);
        }
    }

    fn tell_status(&self, entry: &Entry, status: UpdateStatus, caller: Caller) -> Release {
        let (run_id, first_run_id, run_status) = (entry.key.run_id, entry.run.first_run_id(), entry.run.status());
        let told = move |outcome| Told { run_id, first_run_id, run_status, status, outcome };
        match status {
            UpdateStatus::Admitted | UpdateStatus::Accepted => answering(caller.answer, Ok(told(None))),
            UpdateStatus::Unfinished => {
                let outcome = Outcome { value: Some(Value::Failure(unfinished_update_failure())) };
                answering(caller.answer, Ok(told(Some(Box::new(outcome)))))
            }
            UpdateStatus::Completed { event_id } => self.read_event(entry, event_id, move |event| {
                let outcome = event.and_then(outcome_of).map(|outcome| told(Some(Box::new(outcome))));
                drop(caller.answer.send(outcome));
            }),
        }
    }

    /// Hands an event over, from memory or from the store.
    fn read_event(
        &self,
        entry: &Entry,
        event_id: i64,
        then: impl FnOnce(Result<HistoryEvent, Error>) + Send + 'static,
    ) -> Release {
        let missing = move || Error::Internal(format!("there is no event {event_id}"));
        if let Some(page) = entry.tail.page(event_id, event_id, 1) {
            let event = page.into_events().and_then(|events| events.into_iter().next().ok_or_else(missing));
            return Box::new(move |durable| then(durable.and(event)));
        }
        let (partition, run_id) = (entry.partition, entry.key.run_id);
        let stretch = Stretch { partition, run_id, first: event_id, last: event_id, limit: 1 };
        let seams = self.seams.clone();
        Box::new(move |durable| match durable {
            Err(error) => then(Err(error)),
            Ok(()) => {
                let store = seams.store.clone();
                seams.background.spawn("event", async move {
                    let page = stretch.read(&*store).await;
                    let events = page.and_then(Page::into_events);
                    then(events.and_then(|events| events.into_iter().next().ok_or_else(missing)));
                });
            }
        })
    }
}

/// How an update left the run.
fn tell_end(entry: &Entry, end: &UpdateEnd, caller: Caller) -> Release {
    let result = match end {
        UpdateEnd::Rejected(failure) => Ok(Told {
            run_id: entry.key.run_id,
            first_run_id: entry.run.first_run_id(),
            run_status: entry.run.status(),
            // As far as it will ever be, and the run does not know it any more.
            status: UpdateStatus::Unfinished,
            outcome: Some(Box::new(Outcome { value: Some(Value::Failure(failure.clone())) })),
        }),
        UpdateEnd::Aborted(why) => Err(Error::Update(match UpdateAbort::try_from(*why) {
            Ok(UpdateAbort::RunContinued) => UpdateError::RunContinued,
            Ok(UpdateAbort::TaskRefused) => UpdateError::TaskRefused,
            Ok(UpdateAbort::RunClosed) | Err(_) => UpdateError::RunClosed,
        })),
    };
    answering(caller.answer, result)
}

/// What callers are told of a status.
pub(crate) fn stage_of(status: UpdateStatus) -> UpdateStage {
    match status {
        UpdateStatus::Admitted => UpdateStage::Admitted,
        UpdateStatus::Accepted => UpdateStage::Accepted,
        UpdateStatus::Completed { .. } | UpdateStatus::Unfinished => UpdateStage::Completed,
    }
}

fn outcome_of(event: HistoryEvent) -> Result<Outcome, Error> {
    match event.attributes {
        Some(Attributes::WorkflowExecutionUpdateCompletedEventAttributes(completed)) => {
            Ok(completed.outcome.unwrap_or_default())
        }
        _ => Err(Error::Internal(format!("event {} is no outcome of an update", event.event_id))),
    }
}
