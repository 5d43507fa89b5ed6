//! One moment of a namespace's rows: a transaction that reads the database as it is, and what lies over it. Everything
//! that is read afterwards is of that moment, whatever is committed or moved meanwhile.

use abide_model::{NamespaceId, Partition};
use bytes::Bytes;
use rusqlite::Connection;

use crate::Space;
use crate::sqlite::overlay::{Overlay, Rows};

/// See the file's first lines.
pub(super) struct Snapshot {
    /// Rows that lie over the database, by key; no value of one that is deleted.
    over: Vec<(Bytes, Option<Bytes>)>,
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
        let Rows { upper, mut lower, upper_ranges, lower_ranges } = rows;
        for (key, value) in &mut lower {
            if is_in(&upper_ranges, key) {
                *value = None;
            }
        }
        let ranges = upper_ranges.into_iter().chain(lower_ranges).collect();
        Self { over: laid_over(upper, lower), ranges }
    }

    /// Whether a row of the database does not count, because something lies over it.
    pub(super) fn hides(&self, key: &[u8]) -> bool {
        self.over.binary_search_by(|(over, _)| over[..].cmp(key)).is_ok() || is_in(&self.ranges, key)
    }

    /// The rows that lie over the database.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.over.iter().filter_map(|(key, value)| value.as_ref().map(|value| (key, value)))
    }

    /// How many rows lie over the database.
    pub(super) fn len(&self) -> usize {
        self.over.len()
    }

    /// The keys under which something lies over the database; none when whole ranges of it are deleted.
    pub(super) fn keys(&self) -> Option<impl Iterator<Item = &Bytes>> {
        self.ranges.is_empty().then(|| self.over.iter().map(|(key, _)| key))
    }
}

fn is_in(ranges: &[(Bytes, Bytes)], key: &[u8]) -> bool {
    ranges.iter().any(|(from, to)| &from[..] <= key && key < &to[..])
}

/// Both in order of their keys; of two with the same key the upper one.
fn laid_over(upper: Vec<(Bytes, Option<Bytes>)>, lower: Vec<(Bytes, Option<Bytes>)>) -> Vec<(Bytes, Option<Bytes>)> {
    let mut both = Vec::with_capacity(upper.len() + lower.len());
    let mut lower = lower.into_iter().peekable();
    for (key, value) in upper {
        while let Some(before) = lower.next_if(|(below, _)| *below < key) {
            both.push(before);
        }
        lower.next_if(|(below, _)| *below == key);
        both.push((key, value));
    }
    both.extend(lower);
    both
}
