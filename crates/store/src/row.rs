//! The narrow waist: what every store can do. Rows are bytes; what they mean stands in [`crate::key`].

use std::fmt;
use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;

use abide_model::Partition;
use bytes::Bytes;

use crate::search::{self, Found, Group, Plan, Search, Tally};

/// A boxed future, so that the trait can be used as `dyn Store`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The kinds of rows. The ordinals are part of the stored format, for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Space {
    /// Format version, fences, namespaces: few rows, rarely written.
    Meta = 1,
    /// Which run a workflow id's newest one is.
    Current = 2,
    /// History nodes: the changes of one transition of a run.
    Node = 3,
    /// Snapshots of runs: a cache of the nodes before them.
    Snapshot = 4,
    /// Tasks that a poller must get.
    Dispatch = 5,
    /// The next deadline of a run.
    Timer = 6,
    /// What lists show.
    Visibility = 7,
    /// What runs owe to other runs.
    Outbound = 8,
    /// Closed runs that are to be deleted.
    Retention = 9,
}

impl Space {
    /// All of them, in order.
    pub const ALL: [Space; 9] = [
        Space::Meta,
        Space::Current,
        Space::Node,
        Space::Snapshot,
        Space::Dispatch,
        Space::Timer,
        Space::Visibility,
        Space::Outbound,
        Space::Retention,
    ];

    /// Its place among [`Space::ALL`].
    pub(crate) fn index(self) -> usize {
        let place = Self::ALL.iter().position(|space| *space == self);
        place.expect("every space is among all of them")
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The partition that it is in.
    pub partition: Partition,
    /// Its key within space and partition; compared as bytes.
    pub key: Bytes,
    /// Its value.
    pub value: Bytes,
}

/// One change of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Insert or replace.
    Put {
        /// Which kind.
        space: Space,
        /// Where.
        partition: Partition,
        /// Which.
        key: Bytes,
        /// What.
        value: Bytes,
    },
    /// Delete, if it is there.
    Delete {
        /// Which kind.
        space: Space,
        /// Where.
        partition: Partition,
        /// Which.
        key: Bytes,
    },
    /// Delete every row with `from <= key < to`.
    DeleteRange {
        /// Which kind.
        space: Space,
        /// Where.
        partition: Partition,
        /// The first key.
        from: Bytes,
        /// The first key that stays.
        to: Bytes,
    },
}

impl Write {
    /// Which kind of rows it is about.
    pub fn space(&self) -> Space {
        match self {
            Write::Put { space, .. } | Write::Delete { space, .. } | Write::DeleteRange { space, .. } => *space,
        }
    }

    /// Which partition it is about.
    pub fn partition(&self) -> Partition {
        match self {
            Write::Put { partition, .. } | Write::Delete { partition, .. } | Write::DeleteRange { partition, .. } => {
                *partition
            }
        }
    }
}

/// The right to write to a range of partitions. A newer fence of an overlapping range makes it void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The partitions.
    pub partitions: RangeInclusive<u16>,
    /// Grows with every acquisition.
    pub epoch: u64,
}

/// Writes that become true together or not at all.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Under which right. Rows in [`Partition::SHARED`] may ride along in any batch.
    pub fence: Arc<Fence>,
    /// In order; a later write of the same row wins.
    pub writes: Vec<Write>,
}

/// Whether anyone waits for a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Someone waits: commit as soon as the disk allows.
    Now,
    /// Nobody waits: ride along with the next batch that somebody waits for, within some milliseconds.
    Lazy,
}

/// Why a batch did not commit, by what the caller does now.
#[derive(Debug, Clone)]
pub enum CommitError {
    /// Somebody else owns the partitions: close the shard.
    FenceLost,
    /// It may or may not be stored: forget what was cached and load again.
    Unknown(Arc<dyn std::error::Error + Send + Sync>),
    /// The store writes nothing any more (full disk, failed sync, shut down): refuse work. A batch that was under way
    /// when it happened may or may not be stored.
    Closed(Arc<str>),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommitError::FenceLost => write!(f, "another owner has acquired the partitions"),
            CommitError::Unknown(_) => write!(f, "nobody knows whether the commit succeeded"),
            CommitError::Closed(why) => write!(f, "the store is closed: {why}"),
        }
    }
}

impl std::error::Error for CommitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CommitError::Unknown(cause) => Some(&**cause),
            CommitError::FenceLost | CommitError::Closed(_) => None,
        }
    }
}

/// Why a read failed, or an acquisition.
#[derive(Debug)]
pub enum Error {
    /// The device or the database said no.
    Io(Box<dyn std::error::Error + Send + Sync>),
    /// A stored record cannot be what it should be. Names the record.
    Corrupt(String),
    /// Written by a newer version. Names what was found and what is known.
    Newer(String),
    /// Another process holds the store. Names the file.
    Locked(String),
    /// There is something else where the store should be. Says what, and where.
    Foreign(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io(_) => write!(f, "the store cannot be read"),
            Error::Corrupt(what) => write!(f, "corrupt record: {what}"),
            Error::Newer(what) => write!(f, "written by a newer version: {what}"),
            Error::Locked(file) => write!(f, "{file} is in use by another server"),
            Error::Foreign(what) => write!(f, "{what}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io(cause) => Some(&**cause),
            Error::Corrupt(_) | Error::Newer(_) | Error::Locked(_) | Error::Foreign(_) => None,
        }
    }
}

/// A range of rows, in order of partition, then key. Across partitions it is quick for the spaces that owners recover
/// from ([`Space::Dispatch`], [`Space::Timer`], [`Space::Outbound`]) and for [`Space::Meta`], [`Space::Visibility`] and
/// [`Space::Retention`]; of the others a driver may have to sort all rows.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Which kind.
    pub space: Space,
    /// Which partitions.
    pub partitions: RangeInclusive<u16>,
    /// The first key, within each partition.
    pub from: Bytes,
    /// The first key that is not wanted, within each partition; none means to the end.
    pub to: Option<Bytes>,
    /// Go on behind this row of an earlier page (before it, when `reverse`).
    pub after: Option<(Partition, Bytes)>,
    /// The most rows to return.
    pub limit: usize,
    /// From the end.
    pub reverse: bool,
}

/// Runs when a batch's fate is known, on the committer's own thread: it must be short and must not block.
pub type Completion = Box<dyn FnOnce(Result<(), CommitError>) + Send>;

/// What every store can do.
pub trait Store: Send + Sync + 'static {
    /// Takes the partitions: every older fence that overlaps is void from now on.
    fn acquire(&self, partitions: RangeInclusive<u16>) -> BoxFuture<'_, Result<Fence, Error>>;

    /// Reads one row.
    fn get(&self, space: Space, partition: Partition, key: Bytes) -> BoxFuture<'_, Result<Option<Bytes>, Error>>;

    /// Reads a page of rows: fewer than the limit only when there are no more. Rows of one partition are seen as one
    /// commit left them; rows of different partitions need not be.
    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<Row>, Error>>;

    /// A page of the rows of [`Space::Visibility`] that a filter lets pass, as one moment left them. A store that keeps
    /// them in no other order looks at all of them.
    fn find(&self, search: Search) -> BoxFuture<'_, Result<Found, Error>> {
        Box::pin(async move {
            let rows = self.scan(search::all_of(search.namespace)).await?;
            search::select_all(&search, &rows)
        })
    }

    /// Counts the rows of [`Space::Visibility`] that a filter lets pass, as one moment left them.
    fn count(&self, tally: Tally) -> BoxFuture<'_, Result<(Vec<Group>, Plan), Error>> {
        Box::pin(async move {
            let rows = self.scan(search::all_of(tally.namespace)).await?;
            search::group_all(&tally, &rows)
        })
    }

    /// Queues a batch. Batches become durable in the order in which they were queued; completions run in that order,
    /// each after its batch is on the disk, and reads see a batch before its completion runs. What waits at the same
    /// moment shares one sync.
    ///
    /// After a failure, every later batch under the same fence fails in the same way, because it may build on what was
    /// lost: the owner shows that it has seen the failure by calling [`Store::acquire`] again.
    ///
    /// Panics when a write is outside the fence's partitions and not in [`Partition::SHARED`].
    fn commit(&self, batch: Batch, urgency: Urgency, done: Completion);

    /// How many bytes of batches wait to become durable: what a shard looks at before it takes more work.
    fn waiting_bytes(&self) -> usize {
        0
    }

    /// Returns when the store writes nothing any more although nobody has closed it, with the reason. A store that
    /// cannot fail in such a way never returns.
    fn failed(&self) -> BoxFuture<'static, Arc<str>> {
        Box::pin(std::future::pending())
    }

    /// Makes everything that is queued durable, and ends: later commits fail with [`CommitError::Closed`]. Dropping the
    /// store does the same, but cannot say whether it went well.
    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }
}
