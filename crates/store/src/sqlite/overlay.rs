//! What is durable in the log and not in the database yet, as readers must see it: two layers of rows over the database.
//! The upper one takes what is committed; the lower one, if there is one, is being moved and does not change.

mod layer;
mod listed;
mod merge;

#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use abide_model::Partition;
use bytes::Bytes;

use crate::{Row, Scan, Space, Write};
pub(super) use layer::{Found, Layer};
pub(super) use listed::{Block, Listed, ListedRow};

/// See the file's first lines.
#[derive(Default)]
pub(super) struct Overlay(RwLock<Layers>);

#[derive(Default)]
struct Layers {
    upper: Layer,
    lower: Option<Arc<Layer>>,
    /// Grows when rows go from one place to another.
    version: u64,
}

impl Overlay {
    /// What a crash has left in the log lies below what comes.
    pub(super) fn over(lower: Option<Arc<Layer>>) -> Self {
        Self(RwLock::new(Layers { lower, ..Layers::default() }))
    }

    /// Lets readers see a group, as a whole.
    pub(super) fn apply(&self, writes: &[Write]) {
        let mut layers = self.write();
        writes.iter().for_each(|write| layers.upper.apply(write));
    }

    /// What is known about a row without the database.
    pub(super) fn get(&self, space: Space, partition: Partition, key: &Bytes) -> Found {
        let layers = self.read();
        match (layers.upper.get(space, partition, key), &layers.lower) {
            (Found::Nothing, Some(lower)) => lower.get(space, partition, key),
            (found, _) => found,
        }
    }

    /// Bytes of keys and values in the upper layer.
    pub(super) fn bytes(&self) -> usize {
        self.read().upper.bytes()
    }

    /// Whether a layer is being moved.
    pub(super) fn is_moving(&self) -> bool {
        self.read().lower.is_some()
    }

    /// The layer that is to be moved: the upper one, over which an empty one is laid. There must be no lower one.
    pub(super) fn freeze(&self) -> Arc<Layer> {
        let mut layers = self.write();
        debug_assert!(layers.lower.is_none(), "one layer is moved at a time");
        let lower = Arc::new(std::mem::take(&mut layers.upper));
        layers.lower = Some(lower.clone());
        layers.version += 1;
        lower
    }

    /// The lower layer is in the database. It is given back, because freeing it takes a while.
    pub(super) fn retire(&self) -> Option<Arc<Layer>> {
        let mut layers = self.write();
        layers.version += 1;
        layers.lower.take()
    }

    /// What a reading of the database must be merged under: see [`Overlay::merge`].
    pub(super) fn version(&self) -> u64 {
        self.read().version
    }

    /// The rows of lists whose keys begin with `prefix`, and under which [`Overlay::version`] they were taken. Writers
    /// are kept waiting for no longer than it takes to take hold of them.
    pub(super) fn lists(&self, prefix: &Bytes) -> (u64, Lists) {
        let layers = self.read();
        let none = Layer::default();
        let (upper, lower) = (&layers.upper, layers.lower.as_deref().unwrap_or(&none));
        let lists = Lists {
            upper: upper.listed(prefix),
            upper_ranges: upper.unlisted(prefix),
            lower: lower.listed(prefix),
            lower_ranges: lower.unlisted(prefix),
        };
        (layers.version, lists)
    }

    /// Lays the layers over rows that were read from the database after `version` was asked for, with the same scan but
    /// perhaps a larger limit.
    pub(super) fn merge(&self, version: u64, scan: &Scan, read: Vec<Row>, end: End) -> Merged {
        let layers = self.read();
        // The database may have rows by now that are newer than the layers, or the layers may lack what has moved.
        if layers.version != version {
            return Merged::Outdated;
        }
        merge::merge(scan, &layers.upper, layers.lower.as_deref(), read, end)
    }

    fn read(&self) -> RwLockReadGuard<'_, Layers> {
        // Nothing panics while it holds the lock in a half-changed state.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Layers> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the layers say about the rows of lists, and which ranges of their keys are deleted below each.
#[derive(Default)]
pub(super) struct Lists {
    pub(super) upper: Listed,
    pub(super) upper_ranges: Vec<(Bytes, Bytes)>,
    pub(super) lower: Listed,
    pub(super) lower_ranges: Vec<(Bytes, Bytes)>,
}

/// What follows the rows that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// No row that the scan wants.
    Nothing,
    /// Perhaps more.
    Unknown,
}

/// What became of rows that were read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Merged {
    /// The page that the scan wants.
    Page(Vec<Row>),
    /// So many of the rows are deleted that more must be read.
    TooFew,
    /// They must be read again.
    Outdated,
}
