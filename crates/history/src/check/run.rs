//! The runs themselves: their histories are folded, one after the other, and compared with everything else that is
//! stored about them.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use abide_engine::Machine;
use abide_engine::run::{Change, Run, decode_changes};
use abide_model::{Partition, RunId, RunKey};
use abide_store::check::{AtRest, Report};
use abide_store::key::{
    CurrentKey, CurrentRecord, Key, NodeKey, NodeRecord, SnapshotKey, SnapshotRecord, TimerKey, VisibilityKey,
    VisibilityRecord,
};
use abide_store::{Error, Record, Row, Write};

use super::hex;
use super::rows::{RowsOfRun, RowsOfRuns, shown};
use crate::dispatch::Offered;
use crate::load::event_number;

/// After so many runs progress is told.
const PROGRESS_RUNS: u64 = 1000;

/// See the file's first lines.
pub(super) struct Folding<'a> {
    store: &'a dyn AtRest,
    report: &'a mut Report,
    progress: &'a mut dyn FnMut(u64),
    at_hand: Option<Folded>,
    runs: u64,
    /// The store could not be read.
    failure: Option<Error>,
}

/// A run, as far as its history was read.
struct Folded {
    run_id: RunId,
    partition: Partition,
    run: Run,
    transition: u64,
    /// Its snapshot, until its transition is reached.
    snapshot: Option<SnapshotRecord>,
    is_broken: bool,
}

impl<'a> Folding<'a> {
    pub(super) fn new(store: &'a dyn AtRest, report: &'a mut Report, progress: &'a mut dyn FnMut(u64)) -> Self {
        Self { store, report, progress, at_hand: None, runs: 0, failure: None }
    }

    /// The next node, in order of its key.
    pub(super) fn node(&mut self, row: Row, rows: &mut RowsOfRuns) {
        self.report.count("history nodes", 1);
        let (partition, place) = (row.partition, format!("history node {}", hex(&row.key)));
        let key = match NodeKey::decode(&row.key) {
            Ok(key) => key,
            Err(error) => return self.report.wrong(place, error.to_string()),
        };
        if self.at_hand.as_ref().is_none_or(|folded| (folded.run_id, folded.partition) != (key.run_id, partition)) {
            self.finish(rows);
            self.at_hand = Some(Folded::begin(key.run_id, partition));
            if let Err(error) = self.look_up_snapshot() {
                self.report.wrong(format!("snapshot of run {}", key.run_id), error.to_string());
            }
        }
        let Some(folded) = self.at_hand.as_mut().filter(|folded| !folded.is_broken) else { return };
        let read = NodeRecord::from_value(row.value).map_err(|error| error.to_string());
        if let Err(what) = read.and_then(|node| folded.apply(key, &node)) {
            folded.is_broken = true;
            self.report.wrong(place, format!("run {}, transition {}: {what}", key.run_id, key.transition));
        }
    }

    /// There are no more nodes.
    pub(super) fn end(mut self, rows: &mut RowsOfRuns) -> Result<(), Error> {
        self.finish(rows);
        (self.progress)(self.runs);
        self.report.count("runs", self.runs);
        self.failure.map_or(Ok(()), Err)
    }

    fn look_up_snapshot(&mut self) -> Result<(), Error> {
        let Some(folded) = &mut self.at_hand else { return Ok(()) };
        folded.snapshot = get(self.store, folded.partition, &SnapshotKey(folded.run_id))?;
        Ok(())
    }

    /// The history of the run at hand has ended.
    fn finish(&mut self, rows: &mut RowsOfRuns) {
        let Some(folded) = self.at_hand.take() else { return };
        self.runs += 1;
        if self.runs.is_multiple_of(PROGRESS_RUNS) {
            (self.progress)(self.runs);
        }
        let rows = rows.take(folded.run_id);
        if folded.is_broken {
            return;
        }
        let place = format!("run {}", folded.run_id);
        let compared = catch_unwind(AssertUnwindSafe(|| compare(self.store, &folded, &rows)));
        match compared {
            Ok(Ok(found)) => {
                found.wrongs.into_iter().for_each(|what| self.report.wrong(place.clone(), what));
                found.leftovers.into_iter().for_each(|what| self.report.leftover(place.clone(), what));
            }
            Ok(Err(error @ Error::Io(_))) => self.failure = Some(error),
            Ok(Err(error)) => self.report.wrong(place, error.to_string()),
            Err(_) => self.report.wrong(place, "it breaks down when it is looked at"),
        }
        self.report.count(if folded.run.is_open() { "open runs" } else { "closed runs" }, 1);
    }
}

impl Folded {
    fn begin(run_id: RunId, partition: Partition) -> Self {
        Self { run_id, partition, run: Run::default(), transition: 0, snapshot: None, is_broken: false }
    }

    fn apply(&mut self, key: NodeKey, node: &NodeRecord) -> Result<(), String> {
        if key.transition != self.transition + 1 {
            return Err(format!("it stands behind transition {}", self.transition));
        }
        let mut next = self.run.next_event_id();
        if key.first_event_id != event_number(next) {
            return Err(format!("the event before it is {}", next - 1));
        }
        let changes = decode_changes(node.changes.clone()).map_err(|error| error.to_string())?;
        for event in changes.iter().filter_map(|change| match change {
            Change::Event(event) => Some(event),
            Change::Note(_) => None,
        }) {
            if event.event_id != next {
                return Err(format!("event {} stands where {next} is due", event.event_id));
            }
            next += 1;
        }
        if node.next_event_id != event_number(next) {
            return Err(format!("it ends before event {next}, and says {}", node.next_event_id));
        }
        let run = &mut self.run;
        let applied = catch_unwind(AssertUnwindSafe(|| changes.iter().for_each(|change| run.apply(change))));
        applied.map_err(|_| "the run breaks down over it".to_owned())?;
        if self.run.next_event_id() != next {
            return Err(format!("the run goes on with event {}, not {next}", self.run.next_event_id()));
        }
        self.transition = key.transition;
        let is_reached = |snapshot: &mut SnapshotRecord| snapshot.transition == self.transition;
        match self.snapshot.take_if(is_reached).map(|snapshot| Run::decode(snapshot.state)) {
            Some(Ok(run)) if !self.run.is_same(&run) => Err("the snapshot taken then is another state".into()),
            Some(Err(error)) => Err(format!("the snapshot taken then cannot be read: {error}")),
            Some(Ok(_)) | None => Ok(()),
        }
    }
}

/// What was found about a run.
#[derive(Default)]
struct Found {
    wrongs: Vec<String>,
    leftovers: Vec<String>,
}

/// What is wrong with the rows of a run.
fn compare(store: &dyn AtRest, folded: &Folded, rows: &RowsOfRun) -> Result<Found, Error> {
    let (run, key) = (&folded.run, folded.run.key());
    let mut found = Found::default();
    let wrongs = &mut found.wrongs;
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            wrongs.push(what.to_owned());
        }
    };
    expect(key.run_id == folded.run_id, "its history is another run's");
    expect(
        Partition::of(&key.workflow) == folded.partition,
        "its history is in another partition than its workflow id",
    );
    expect(folded.snapshot.is_none(), "its snapshot is of a transition that it has not made");
    let offered = Offered::of(run).keys();
    expect(
        rows.dispatch.iter().copied().collect::<BTreeSet<_>>() == offered,
        "the tasks that it offers have other rows",
    );
    let owed: BTreeSet<_> = rows.owed.iter().copied().collect();
    expect(owed == run.open_outbound(), "what it owes has other rows");
    if let Some(deadline) = run.deadline() {
        let due = TimerKey::at(deadline, folded.run_id);
        expect(rows.timers.iter().any(|row| *row <= due), "nothing wakes it at its next deadline");
    }
    expect(!run.is_open() || rows.retention.is_empty(), "it is open and is to be deleted");
    expect(run.is_open() || !rows.retention.is_empty(), "it is closed and is never to be deleted");
    compare_pointer(store, folded, &key, rows, &mut found)?;
    compare_list(store, folded, &key, rows, &mut found)?;
    Ok(found)
}

/// The row of its workflow id.
fn compare_pointer(
    store: &dyn AtRest,
    folded: &Folded,
    key: &RunKey,
    rows: &RowsOfRun,
    found: &mut Found,
) -> Result<(), Error> {
    let run = &folded.run;
    let pointer: Option<CurrentRecord> = get(store, folded.partition, &CurrentKey(key.workflow.clone()))?;
    if pointer.is_none() && !run.is_open() {
        // As it is when a newer run was deleted.
        found.leftovers.push("it is closed, and its workflow id points at no run".into());
    }
    let wrong = match pointer.filter(|pointer| pointer.run_id() == folded.run_id) {
        None if rows.is_current => "another workflow id points at it",
        None if run.is_open() => "it is open, and its workflow id does not point at it",
        None => return Ok(()),
        Some(pointer) if is_open(pointer.status) != run.is_open() => "its workflow id says that it stands otherwise",
        Some(pointer) if pointer.first_run_id() != run.first_run_id() || pointer.started_at != run.started_at() => {
            "its workflow id says that it began otherwise"
        }
        Some(_) => return Ok(()),
    };
    found.wrongs.push(wrong.into());
    Ok(())
}

fn is_open(status: i32) -> bool {
    use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus as Status;
    matches!(Status::try_from(status), Ok(Status::Running | Status::Paused))
}

/// What lists show of it.
fn compare_list(
    store: &dyn AtRest,
    folded: &Folded,
    key: &RunKey,
    rows: &RowsOfRun,
    found: &mut Found,
) -> Result<(), Error> {
    let Write::Put { key: expected_key, value, .. } =
        abide_visibility::write(key.workflow.namespace, folded.run.info())
    else {
        return Ok(());
    };
    let place = VisibilityKey::decode(&expected_key)?;
    let stored: Option<VisibilityRecord> = get(store, Partition::SHARED, &place)?;
    let wrong = match (&rows.listed[..], stored) {
        ([], _) | (_, None) => "no list shows it",
        ([_, _, ..], Some(_)) => "lists show it several times",
        ([_], Some(stored)) => {
            let (stored, expected) = (shown(&place, stored)?, shown(&place, VisibilityRecord::from_value(value)?)?);
            if stored.run == expected.run {
                if stored.work != expected.work {
                    // It is put right with the next change.
                    found.leftovers.push("lists say of its workers what an earlier version of the server did".into());
                }
                return Ok(());
            }
            "lists show it as it is not"
        }
    };
    found.wrongs.push(wrong.into());
    Ok(())
}

fn get<K: Key>(store: &dyn AtRest, partition: Partition, key: &K) -> Result<Option<K::Record>, Error> {
    store.get(K::SPACE, partition, &key.encode())?.map(K::Record::from_value).transpose()
}
