//! One moment of a namespace's rows: a transaction that reads the database as it is, and what lies over it. Everything
//! that is read afterwards is of that moment, whatever is committed or moved meanwhile.

use abide_model::{NamespaceId, Partition};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::overlay::{Block, ListedRow, Lists, Overlay};

/// See the file's first lines.
pub(super) struct Snapshot {
    /// What the keys of the namespace begin with.
    prefix: Bytes,
    lists: Lists,
}

/// Some rows that lie over the database.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) block: &'a Block,
    is_lower: bool,
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
            let (now, lists) = overlay.lists(&prefix);
            if now == version {
                return Ok(Self { prefix, lists });
            }
            // Rows have been moved into the database between the two.
            database.execute_batch("COMMIT; BEGIN")?;
        }
    }

    /// Whether a row of the database does not count, because something lies over it.
    pub(super) fn hides(&self, key: &[u8]) -> bool {
        self.hides_lower(key) || self.lists.lower.has(key) || is_in(&self.lists.lower_ranges, key)
    }

    /// The same of a row of the lower layer.
    fn hides_lower(&self, key: &[u8]) -> bool {
        self.lists.upper.has(key) || is_in(&self.lists.upper_ranges, key)
    }

    /// The rows that lie over the database, those of the newest runs first in each layer.
    pub(super) fn parts(&self) -> impl DoubleEndedIterator<Item = Part<'_>> {
        let of = |is_lower| move |block| Part { block, is_lower };
        self.lists.upper.blocks().map(of(false)).chain(self.lists.lower.blocks().map(of(true)))
    }

    /// What a row of a part shows; none when it shows nothing.
    pub(super) fn shown<'a>(&self, part: Part<'_>, row: &'a ListedRow) -> Option<&'a Bytes> {
        let value = row.value.as_ref().filter(|_| row.key.starts_with(&self.prefix))?;
        (!part.is_lower || !self.hides_lower(&row.key)).then_some(value)
    }

    /// The rows that may stand in the database under the same keys as rows that lie over it.
    pub(super) fn changed(&self, database: &Connection) -> rusqlite::Result<Changed<'_>> {
        let sql = "SELECT key FROM visibility WHERE partition = ?1 AND key >= ?2 ORDER BY key LIMIT 1";
        let mut first = database.prepare_cached(sql)?;
        let newest = first.query_row(params![Partition::SHARED.0, &self.prefix[..]], |row| row.get(0)).optional()?;
        Ok(Changed { snapshot: self, newest })
    }

    /// Whether whole ranges of the database are deleted.
    pub(super) fn has_ranges(&self) -> bool {
        !self.lists.upper_ranges.is_empty() || !self.lists.lower_ranges.is_empty()
    }
}

/// Keys under which something lies over the database. Those of runs that are newer than all in the database are passed
/// over: most changes are about such.
pub(super) struct Changed<'a> {
    snapshot: &'a Snapshot,
    /// The first key in the database.
    newest: Option<Vec<u8>>,
}

impl Changed<'_> {
    /// How many there are, about.
    pub(super) fn len(&self) -> usize {
        self.parts().map(|part| part.block.rows.len()).sum()
    }

    /// One by one, each once.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Bytes> {
        let snapshot = self.snapshot;
        self.parts().flat_map(move |part| {
            let counts = move |key: &&Bytes| {
                key.starts_with(&snapshot.prefix) && !(part.is_lower && snapshot.lists.upper.has(key))
            };
            part.block.rows.iter().map(|row| &row.key).filter(counts)
        })
    }

    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let newest = self.newest.as_deref();
        self.snapshot.parts().filter(move |part| newest.is_some_and(|newest| newest <= &part.block.last()[..]))
    }
}

fn is_in(ranges: &[(Bytes, Bytes)], key: &[u8]) -> bool {
    ranges.iter().any(|(from, to)| &from[..] <= key && key < &to[..])
}
