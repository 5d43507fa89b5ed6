//! One moment of a namespace's rows: a transaction that reads the database as it is, and what lies over it. Everything
//! that is read afterwards is of that moment, whatever is committed or moved meanwhile.

use std::collections::BTreeMap;

use abide_model::{NamespaceId, Partition};
use bytes::Bytes;
use rusqlite::Connection;

use crate::Space;
use crate::sqlite::overlay::{Overlay, Rows};

/// See the file's first lines.
pub(super) struct Snapshot {
    /// Rows that lie over the database; none of one that is deleted.
    over: BTreeMap<Bytes, Option<Bytes>>,
    /// What is deleted of the rows below.
    ranges: Vec<(Bytes, Bytes)>,
}

impl Snapshot {
    /// Begins: the database must be in a transaction that has read nothing yet.
    pub(super) fn take(database: &Connection, overlay: &Overlay, namespace: NamespaceId) -> rusqlite::Result<Self> {
        let prefix = Bytes::copy_from_slice(namespace.0.as_bytes());
        loop {
            let version = overlay.version();
            // The first reading settles what the transaction sees.
            let mut read = database.prepare_cached("SELECT moved FROM commit_log")?;
            read.query_row([], |row| row.get::<_, i64>(0))?;
            drop(read);
            let (now, rows) = overlay.rows(Space::Visibility, Partition::SHARED, &prefix);
            if now == version {
                return Ok(Self::of(rows));
            }
            // Rows have been moved into the database between the two.
            database.execute_batch("COMMIT; BEGIN")?;
        }
    }

    fn of(rows: Rows) -> Self {
        let Rows { upper, lower, upper_ranges, lower_ranges } = rows;
        let mut over: BTreeMap<Bytes, Option<Bytes>> = lower.into_iter().collect();
        for (from, to) in upper_ranges.iter().filter(|(from, to)| from < to) {
            over.range_mut(from.clone()..to.clone()).for_each(|(_, value)| *value = None);
        }
        over.extend(upper);
        let ranges = upper_ranges.into_iter().chain(lower_ranges).collect();
        Self { over, ranges }
    }

    /// Whether a row of the database does not count, because something lies over it.
    pub(super) fn hides(&self, key: &[u8]) -> bool {
        self.over.contains_key(key) || self.ranges.iter().any(|(from, to)| from <= key && key < to)
    }

    /// The rows that lie over the database.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.over.iter().filter_map(|(key, value)| value.as_ref().map(|value| (key, value)))
    }

    /// The keys under which something lies over the database; none when whole ranges of it are deleted.
    pub(super) fn keys(&self) -> Option<impl ExactSizeIterator<Item = &Bytes>> {
        self.ranges.is_empty().then(|| self.over.keys())
    }
}
