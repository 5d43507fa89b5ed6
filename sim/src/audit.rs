//! What the disk alone says, as whoever starts on it would read it: every run is folded from its stored changes, and its
//! rows are compared with what it owes. Done after every crash and stop, when the disk is all there is.

use std::collections::{BTreeMap, BTreeSet};

use abide_engine::Machine;
use abide_engine::run::{Outbound, Run, decode_changes};
use abide_model::{Partition, RunId, WorkflowKey};
use abide_store::key::{
    DispatchKey, DispatchSubject, Key, NodeKey, OutboundKey, OutboundSubject, SnapshotKey, SnapshotRecord, TimerKey,
};
use abide_store::memory::Rows;
use abide_store::{Error, Row, Scan};
use bytes::Bytes;

use crate::invariant::{r5, r6};
use crate::world::World;

/// A run as it is stored.
pub struct Stored {
    /// Folded from all its nodes.
    pub run: Run,
    /// The number of its newest transition.
    pub transition: u64,
    /// Its snapshot, if it has one.
    pub snapshot: Option<SnapshotRecord>,
    /// What the fold was at the snapshot's transition.
    pub at_snapshot: Option<Run>,
}

/// Rows that make something happen.
#[derive(Default)]
pub struct Tasks {
    /// Per run: when its timer rows fire.
    pub timers: BTreeMap<RunId, Vec<TimerKey>>,
    /// Per run: what its dispatch rows are about.
    pub dispatch: BTreeMap<RunId, BTreeSet<DispatchSubject>>,
    /// Per run: what its outbound rows are about.
    pub outbound: BTreeMap<RunId, BTreeSet<OutboundSubject>>,
}

/// Looks at the disk as it is.
pub fn disk(world: &World) {
    let rows = world.host.disk.rows();
    let (runs, tasks) = match read(&rows) {
        Ok(found) => found,
        Err(error) => return world.ledger.violated("R1", format!("what is stored does not fit together: {error}")),
    };
    let mut found = Vec::new();
    for (run_id, stored) in &runs {
        r5::check_stored(*run_id, stored, &tasks, &mut found);
        r6::check_stored(*run_id, stored, &mut found);
    }
    r5::check_rows(&runs, &tasks, &world.ledger.book(), &mut found);
    world.trace.line("audit", format_args!("{} runs, {} wrong", runs.len(), found.len()));
    world.ledger.book().violations.append(&mut found);
}

/// Every run, folded, and every row that makes something happen.
pub fn read(rows: &Rows) -> Result<(BTreeMap<RunId, Stored>, Tasks), Error> {
    let mut snapshots = BTreeMap::new();
    for row in all::<SnapshotKey>(rows) {
        let (SnapshotKey(run_id), record) = SnapshotKey::decode_row(row)?;
        snapshots.insert(run_id, record);
    }
    let runs = fold(all::<NodeKey>(rows), &mut snapshots)?;
    if let Some(run_id) = snapshots.keys().next() {
        return Err(Error::Corrupt(format!("run {run_id} has a snapshot and no node")));
    }
    Ok((runs, tasks(rows)?))
}

/// One run, folded from all its nodes; none when it has none.
pub fn read_run(rows: &Rows, workflow: &WorkflowKey, run_id: RunId) -> Result<Option<Stored>, Error> {
    let partition = Partition::of(workflow).0;
    let (from, to) = NodeKey::range(run_id);
    let scan = Scan { partitions: partition..=partition, from, to, ..everything::<NodeKey>() };
    Ok(fold(rows.scan(&scan), &mut BTreeMap::new())?.remove(&run_id))
}

fn fold(nodes: Vec<Row>, snapshots: &mut BTreeMap<RunId, SnapshotRecord>) -> Result<BTreeMap<RunId, Stored>, Error> {
    let mut runs: BTreeMap<RunId, Stored> = BTreeMap::new();
    for row in nodes {
        let (key, node) = NodeKey::decode_row(row)?;
        let stored = runs.entry(key.run_id).or_insert_with(|| Stored {
            run: Run::default(),
            transition: 0,
            snapshot: snapshots.remove(&key.run_id),
            at_snapshot: None,
        });
        let before = u64::try_from(stored.run.next_event_id()).unwrap_or(0);
        if key.transition != stored.transition + 1 || key.first_event_id != before {
            let what = format!("node {} of run {} does not follow {}", key.transition, key.run_id, stored.transition);
            return Err(Error::Corrupt(what));
        }
        let changes = decode_changes(node.changes).map_err(|error| Error::Corrupt(error.to_string()))?;
        changes.iter().for_each(|change| stored.run.apply(change));
        stored.transition = key.transition;
        if stored.snapshot.as_ref().is_some_and(|snapshot| snapshot.transition == key.transition) {
            stored.at_snapshot = Some(stored.run.clone());
        }
    }
    Ok(runs)
}

fn tasks(rows: &Rows) -> Result<Tasks, Error> {
    let mut tasks = Tasks::default();
    for row in all::<TimerKey>(rows) {
        let key = TimerKey::decode(&row.key)?;
        tasks.timers.entry(key.run_id).or_default().push(key);
    }
    for row in all::<DispatchKey>(rows) {
        let key = DispatchKey::decode(&row.key)?;
        tasks.dispatch.entry(key.run_id).or_default().insert(key.subject);
    }
    for row in all::<OutboundKey>(rows) {
        let key = OutboundKey::decode(&row.key)?;
        tasks.outbound.entry(key.run_id).or_default().insert(key.subject);
    }
    Ok(tasks)
}

fn all<K: Key>(rows: &Rows) -> Vec<Row> {
    rows.scan(&everything::<K>())
}

fn everything<K: Key>() -> Scan {
    Scan {
        space: K::SPACE,
        partitions: 0..=Partition::SHARED.0,
        from: Bytes::new(),
        to: None,
        after: None,
        limit: usize::MAX,
        reverse: false,
    }
}

/// The subject of the row of a debt.
pub fn subject(outbound: Outbound) -> OutboundSubject {
    let number = |event_id: i64| u64::try_from(event_id).unwrap_or(0);
    match outbound {
        Outbound::Child(event_id) => OutboundSubject::Child(number(event_id)),
        Outbound::Signal(event_id) => OutboundSubject::Signal(number(event_id)),
        Outbound::Cancel(event_id) => OutboundSubject::Cancel(number(event_id)),
        Outbound::Parent => OutboundSubject::Parent,
        Outbound::Callback(number_in_order) => OutboundSubject::Callback(number(number_in_order)),
    }
}
