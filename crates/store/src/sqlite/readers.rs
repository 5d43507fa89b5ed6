//! The connections that read. A read of a row takes about as long as handing it to another thread, so it is done where
//! it is asked for, unless every connection is busy; long scans go to the threads that may block.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use abide_model::Partition;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use super::read_error;
use super::sql::Statements;
use crate::committer::KEY_BYTES_MAX;
use crate::walk::{self, Place, Step};
use crate::{Error, Row, Scan, Space};

/// How many connections read.
pub(super) const READERS: usize = 4;
/// A scan for more rows than this is long.
const SHORT_SCAN_ROWS: usize = 100;
/// The connections from here on are those that long reads may take.
const FIRST_FOR_LONG: usize = 2;
/// Behind every key.
static END: [u8; KEY_BYTES_MAX + 1] = [u8::MAX; KEY_BYTES_MAX + 1];

/// The connections that read; none of them any more after the store was closed.
pub(super) struct Readers {
    connections: Vec<Mutex<Option<Connection>>>,
    statements: Statements,
    turn: AtomicUsize,
}

/// What is read.
pub(super) trait Read: Send + 'static {
    type Found: Send + 'static;

    fn is_short(&self) -> bool;

    fn read(&self, database: &Connection, statements: &Statements) -> rusqlite::Result<Self::Found>;
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        assert!(connections.len() > FIRST_FOR_LONG, "long reads need a connection of their own");
        let connections = connections.into_iter().map(|connection| Mutex::new(Some(connection))).collect();
        Self { connections, statements: Statements::new(), turn: AtomicUsize::new(0) }
    }

    /// Reads here, or where it may take its time.
    pub(super) async fn read<R: Read>(self: &Arc<Self>, read: R) -> Result<R::Found, Error> {
        if read.is_short()
            && let Some(found) = self.try_read(&read)
        {
            return found;
        }
        let readers = self.clone();
        let reading = tokio::task::spawn_blocking(move || readers.wait_and_read(&read));
        reading.await.unwrap_or_else(|cause| Err(Error::Io(cause.into())))
    }

    /// None when every connection is busy.
    fn try_read<R: Read>(&self, read: &R) -> Option<Result<R::Found, Error>> {
        for connection in &self.connections {
            let guard = match connection.try_lock() {
                Ok(guard) => guard,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => continue,
            };
            return Some(self.read_with(guard.as_ref(), read));
        }
        None
    }

    fn wait_and_read<R: Read>(&self, read: &R) -> Result<R::Found, Error> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let index = FIRST_FOR_LONG + turn % (self.connections.len() - FIRST_FOR_LONG);
        let guard = self.connections[index].lock().unwrap_or_else(PoisonError::into_inner);
        self.read_with(guard.as_ref(), read)
    }

    fn read_with<R: Read>(&self, database: Option<&Connection>, read: &R) -> Result<R::Found, Error> {
        match database {
            Some(database) => read.read(database, &self.statements).map_err(read_error),
            None => Err(Error::Io("the store was shut down".into())),
        }
    }

    /// Closes the connections; waits for reads that are under way.
    pub(super) fn close(&self) {
        for connection in &self.connections {
            connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }
}

/// One row.
pub(super) struct Get {
    pub(super) space: Space,
    pub(super) partition: Partition,
    pub(super) key: Bytes,
}

impl Read for Get {
    type Found = Option<Bytes>;

    fn is_short(&self) -> bool {
        true
    }

    fn read(&self, database: &Connection, statements: &Statements) -> rusqlite::Result<Option<Bytes>> {
        let mut get = database.prepare_cached(&statements.of(self.space).get)?;
        get.query_row(params![self.partition.0, &self.key[..]], |row| bytes(row, 0)).optional()
    }
}

impl Read for Scan {
    type Found = Vec<Row>;

    fn is_short(&self) -> bool {
        self.limit <= SHORT_SCAN_ROWS
    }

    fn read(&self, database: &Connection, statements: &Statements) -> rusqlite::Result<Vec<Row>> {
        let mut page = Vec::new();
        let mut place = walk::start(self);
        while let Some(from) = place.take() {
            place = collect(self, &from, database, statements, &mut page)?;
        }
        Ok(page)
    }
}

/// Takes wanted rows until the page is full, the rows end, or a jump is needed: then says where to.
fn collect(
    scan: &Scan,
    place: &Place,
    database: &Connection,
    statements: &Statements,
    page: &mut Vec<Row>,
) -> rusqlite::Result<Option<Place>> {
    let sql = statements.of(scan.space);
    let (first, last) = scan.partitions.clone().into_inner();
    let (from, end) = (&scan.from[..], scan.to.as_deref().unwrap_or(&END));
    // The place of a reverse scan without an end is the begin of the partition behind the last.
    let key = if place.partition > u32::from(last) { end } else { &place.key[..] };
    let mut statement;
    let mut rows = match (first == last, scan.reverse) {
        (true, false) => {
            statement = database.prepare_cached(&sql.scan_one)?;
            statement.query(params![first, key, end])?
        }
        (true, true) => {
            statement = database.prepare_cached(&sql.scan_one_reverse)?;
            statement.query(params![first, from, key])?
        }
        (false, false) => {
            statement = database.prepare_cached(&sql.scan_many)?;
            statement.query(params![place.partition, &place.key[..], last])?
        }
        (false, true) => {
            statement = database.prepare_cached(&sql.scan_many_reverse)?;
            statement.query(params![place.partition, &place.key[..], first])?
        }
    };
    while let Some(row) = rows.next()? {
        let partition: u16 = row.get(0)?;
        match walk::step(scan, u32::from(partition), row.get_ref(1)?.as_blob()?) {
            Step::End => return Ok(None),
            Step::Jump(to) => return Ok(Some(to)),
            Step::Take => {
                page.push(Row { partition: Partition(partition), key: bytes(row, 1)?, value: bytes(row, 2)? });
                if page.len() >= scan.limit {
                    return Ok(None);
                }
            }
        }
    }
    Ok(None)
}

fn bytes(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    Ok(Bytes::copy_from_slice(row.get_ref(column)?.as_blob()?))
}
