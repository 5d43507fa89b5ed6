//! Reading a run from the store: its snapshot and the nodes behind it. Changes nothing.

use std::sync::Arc;

use abide_engine::Machine;
use abide_engine::run::{DecodeError, Run, decode_changes};
use abide_model::{Partition, RunId, limits};
use abide_store::key::{Key, NodeKey, SnapshotKey, get};
use abide_store::{Error, Row, Scan, Space, Store};
use bytes::Bytes;

use crate::cache::Growth;
use crate::read::Tail;

/// A run that was read.
pub(crate) struct Loaded {
    pub(crate) run: Run,
    /// The newest transition.
    pub(crate) transition: u64,
    pub(crate) tail: Tail,
    /// What stands behind the snapshot.
    pub(crate) growth: Growth,
}

/// Reads a run; none when there is no such run in this partition.
pub(crate) async fn load(
    store: Arc<dyn Store>,
    partition: Partition,
    run_id: RunId,
) -> Result<Option<Box<Loaded>>, Error> {
    let mut loaded = Loaded { run: Run::default(), transition: 0, tail: Tail::default(), growth: Growth::default() };
    if let Some(snapshot) = get(&*store, partition, &SnapshotKey(run_id)).await? {
        loaded.run = Run::decode(snapshot.state).map_err(|error| corrupt(run_id, &error))?;
        loaded.transition = snapshot.transition;
        loaded.tail = Tail::beginning_at(loaded.run.next_event_id());
    }
    let mut nodes =
        Nodes::behind(&*store, partition, run_id, event_number(loaded.run.next_event_id()), loaded.transition);
    while let Some(page) = nodes.page().await? {
        for row in page {
            replay(&mut loaded, row)?;
        }
    }
    Ok((loaded.transition > 0).then(|| Box::new(loaded)))
}

fn replay(loaded: &mut Loaded, row: Row) -> Result<(), Error> {
    let bytes = row.value.len();
    let (key, node) = NodeKey::decode_row(row)?;
    if key.transition != loaded.transition + 1 || key.first_event_id != event_number(loaded.run.next_event_id()) {
        return Err(Error::Corrupt(format!(
            "history node {} of run {} stands behind transition {}",
            key.transition, key.run_id, loaded.transition
        )));
    }
    let changes = decode_changes(node.changes.clone()).map_err(|error| corrupt(key.run_id, &error))?;
    for change in &changes {
        loaded.run.apply(change);
    }
    if node.next_event_id != event_number(loaded.run.next_event_id()) {
        return Err(Error::Corrupt(format!("history node {} of run {} has a gap", key.transition, key.run_id)));
    }
    loaded.transition = key.transition;
    loaded.growth.add(bytes);
    loaded.tail.push(node.changes, loaded.run.next_event_id());
    Ok(())
}

/// Pages of the nodes of a run, in order.
pub(crate) struct Nodes<'a> {
    store: &'a dyn Store,
    scan: Scan,
    ended: bool,
}

impl<'a> Nodes<'a> {
    /// Those behind a transition, after which the next event was numbered `first_event_id`.
    pub(crate) fn behind(
        store: &'a dyn Store,
        partition: Partition,
        run_id: RunId,
        first_event_id: u64,
        transition: u64,
    ) -> Self {
        let from = NodeKey { run_id, first_event_id, transition: transition + 1 }.encode();
        Self::from(store, partition, run_id, from)
    }

    /// Those from a key on.
    pub(crate) fn from(store: &'a dyn Store, partition: Partition, run_id: RunId, from: Bytes) -> Self {
        let (_, to) = NodeKey::range(run_id);
        let scan = Scan {
            space: Space::Node,
            partitions: partition.0..=partition.0,
            from,
            to,
            after: None,
            limit: limits::SCAN_PAGE_ROWS,
            reverse: false,
        };
        Self { store, scan, ended: false }
    }

    /// The next page; none after the last.
    pub(crate) async fn page(&mut self) -> Result<Option<Vec<Row>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let rows = self.store.scan(self.scan.clone()).await?;
        self.ended = rows.len() < self.scan.limit;
        self.scan.after = rows.last().map(|row| (row.partition, row.key.clone()));
        Ok(Some(rows))
    }
}

/// An event id as keys have it.
pub(crate) fn event_number(event_id: i64) -> u64 {
    u64::try_from(event_id).unwrap_or(0)
}

pub(crate) fn corrupt(run_id: RunId, error: &DecodeError) -> Error {
    Error::Corrupt(format!("run {run_id}: {error}"))
}
