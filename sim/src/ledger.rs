//! The oracle: what clients asked and what they were told, and what anyone was ever shown of a history. Invariants are
//! checked against it when the simulation is over; what can be seen to be wrong at once is noted at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abide_api::temporal::api::enums::v1::EventType;
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_model::Timestamp;
use tokio::time::Instant;

/// See the file's first lines.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Book>>);

/// Everything that is known.
#[derive(Default)]
pub struct Book {
    /// What clients asked.
    pub requests: Vec<Asked>,
    /// Every event that anyone was shown as stored, by run and event id, and when it was shown for the first time.
    pub shown: BTreeMap<String, BTreeMap<i64, (HistoryEvent, Instant)>>,
    /// Runs that were seen to be closed: how many events they had.
    pub closed: BTreeMap<String, usize>,
    /// Activities and workflow tasks that workers got.
    pub deliveries: Vec<Delivery>,
    /// Addresses that runs are known to have: run id and address.
    pub registered: Vec<(String, String)>,
    /// Who came to an address outside.
    pub visits: Vec<Visit>,
    /// Runs that somebody wanted to be deleted.
    pub deletions: Vec<Deletion>,
    /// What was asked of single activities.
    pub interventions: Vec<Intervention>,
    /// What is wrong.
    pub violations: Vec<Violation>,
}

impl Book {
    /// Whether somebody wanted this run to be deleted: it may be gone.
    pub fn may_be_gone(&self, run_id: &str) -> bool {
        self.deletions.iter().any(|deletion| deletion.run_id == run_id)
    }
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Of which invariant.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
}

/// One thing that a client asked, perhaps several times.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What.
    pub what: What,
    /// Of which workflow id.
    pub workflow_id: String,
    /// Of which run; the newest one when empty.
    pub run_id: String,
    /// Names it in histories, and no other.
    pub tag: String,
    /// What the client knows.
    pub told: Told,
    /// The server's time when the client was told.
    pub told_at: Timestamp,
}

/// What a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A start.
    Start,
    /// A signal.
    Signal,
    /// A signal to a run that begins if there is none.
    SignalWithStart,
    /// An update, until it is done.
    Update,
    /// A cancellation.
    Cancel,
    /// A termination.
    Terminate,
    /// A reset.
    Reset,
}

/// What a client knows of what it asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Done; in this run, as far as the answer says.
    Acked(String),
    /// Not done, for sure.
    Refused,
    /// Nothing for sure.
    Unknown,
}

/// Somebody wanted a run to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Its workflow id.
    pub workflow_id: String,
    /// The run.
    pub run_id: String,
    /// Whether it was said that it will be.
    pub is_acked: bool,
}

/// A task that a worker got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivery {
    /// The run.
    pub run_id: String,
    /// The activity's id; empty for a workflow task.
    pub activity_id: String,
    /// Which attempt.
    pub attempt: i32,
    /// The event that started it, for a workflow task.
    pub started_event_id: i64,
    /// The most attempts of the activity.
    pub attempts_max: i32,
    /// When.
    pub at: Instant,
    /// When it began, by the server's clock.
    pub began_at: Timestamp,
}

/// Somebody came to an address outside and said how a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The address.
    pub url: String,
    /// The run.
    pub run_id: String,
    /// How it ended: `succeeded`, `failed` or `canceled`.
    pub state: String,
    /// What came with it.
    pub body: String,
    /// What became of it.
    pub answer: Answer,
}

/// What an address answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// That it knows.
    Taken,
    /// That it must be told again.
    NotNow,
    /// That it must not be told again.
    Never,
    /// Something that is lost on its way.
    Unheard,
}

/// What somebody asked of one activity, or of all activities of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intervention {
    /// What.
    pub kind: Intervene,
    /// The run.
    pub run_id: String,
    /// Which activity; all when empty.
    pub activity_id: String,
    /// When it was asked, and the server's time then.
    pub asked: (Instant, Timestamp),
    /// The server's time when it was told that it is done; none while nobody knows, or when it was refused.
    pub done_at: Option<Timestamp>,
    /// The server's time when nobody asked for it any more; none while somebody does.
    pub over_at: Option<Timestamp>,
}

/// What can be asked of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intervene {
    /// To be handed to nobody.
    Pause,
    /// To be handed out again.
    Unpause,
    /// To begin anew with its first attempt.
    Reset,
}

impl Ledger {
    /// Everything, to read or to add to.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is wrong.
    pub fn violated(&self, invariant: &'static str, what: String) {
        self.book().violations.push(Violation { invariant, what });
    }

    /// Somebody was shown these events of a run, in order. The open workflow task at their end may not be stored yet.
    pub fn shown(&self, run_id: &str, events: &[HistoryEvent]) {
        let book = &mut *self.book();
        let is_open = |event: &HistoryEvent| {
            matches!(event.event_type(), EventType::WorkflowTaskScheduled | EventType::WorkflowTaskStarted)
        };
        let stored = events.iter().rposition(|event| !is_open(event)).map_or(0, |last| last + 1);
        let shown = book.shown.entry(run_id.to_owned()).or_default();
        for event in &events[..stored] {
            let (before, at) = shown.entry(event.event_id).or_insert_with(|| (event.clone(), Instant::now()));
            if before != event {
                let what = format!(
                    "event {} of run {run_id} was rewritten: {before:?}, shown at {at:?}, is {event:?}",
                    event.event_id
                );
                book.violations.push(Violation { invariant: "R1", what });
            }
        }
    }
}
