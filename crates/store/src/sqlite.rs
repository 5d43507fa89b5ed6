//! The embedded store: one SQLite file with a write-ahead log, synced at every commit. One connection writes, on the
//! committer's thread; a few others read. One server at a time may open the file.

mod checkpoint;
mod file;
mod readers;
mod sql;
mod writer;

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use abide_model::Partition;
use bytes::Bytes;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::committer::{Committer, Driver};
use crate::key::{FenceKey, FenceRecord, Key};
use crate::record::Record;
use crate::{Batch, BoxFuture, Completion, Error, Fence, Row, Scan, Space, Store, Urgency};
use checkpoint::Checkpoints;
use readers::{Get, Readers};
use sql::Statements;
use writer::Writer;

/// How to open a file.
#[derive(Clone, Debug)]
pub struct Options {
    /// SQLite pragmas as the user gave them, set on every connection after our own.
    pub pragmas: Vec<(String, String)>,
    /// The write-ahead log is moved into the database when it has so many bytes.
    pub log_bytes: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { pragmas: Vec::new(), log_bytes: 64 * 1024 * 1024 }
    }
}

/// A store in one SQLite file. Dropping it closes it.
pub struct SqliteStore {
    readers: Arc<Readers>,
    committer: Arc<Committer>,
}

impl SqliteStore {
    /// Opens the file, or creates it. Blocks for some milliseconds.
    pub fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        let lock = file::Lock::take(path)?;
        let content = file::inspect(path)?;
        let database = file::open_writer(path, content, options)?;
        let epoch = newest_epoch(&database)?;
        let readers = (0..readers::READERS).map(|_| file::open_reader(path, options)).collect::<Result<_, _>>()?;
        let checkpoints = Checkpoints::start(path.to_owned(), options.log_bytes / file::PAGE_BYTES)?;
        let driver: Box<dyn Driver> = Box::new(Writer::new(database, checkpoints, lock).map_err(read_error)?);
        Ok(Self { readers: Arc::new(Readers::new(readers)), committer: Arc::new(Committer::start(driver, epoch)?) })
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Before the writer: the last connection to close moves the log, and readers cannot.
        self.readers.close();
    }
}

impl Store for SqliteStore {
    fn acquire(&self, partitions: RangeInclusive<u16>) -> BoxFuture<'_, Result<Fence, Error>> {
        self.committer.acquire(partitions)
    }

    fn get(&self, space: Space, partition: Partition, key: Bytes) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(self.readers.read(Get { space, partition, key }))
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
        Box::pin(self.readers.read(scan))
    }

    fn commit(&self, batch: Batch, urgency: Urgency, done: Completion) {
        self.committer.commit(batch, urgency, done);
    }

    fn waiting_bytes(&self) -> usize {
        self.committer.waiting_bytes()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        let (readers, committer) = (self.readers.clone(), self.committer.clone());
        let close = move || {
            readers.close();
            committer.close()
        };
        Box::pin(async {
            let closed = tokio::task::spawn_blocking(close).await;
            closed.unwrap_or_else(|cause| Err(Error::Io(cause.into())))
        })
    }
}

fn newest_epoch(database: &Connection) -> Result<u64, Error> {
    let get = Statements::new().of(FenceKey::SPACE).get.clone();
    let value = database
        .query_row(&get, params![Partition::SHARED.0, &FenceKey.encode()[..]], |row| row.get::<_, Vec<u8>>(0))
        .optional()
        .map_err(read_error)?;
    match value {
        Some(value) => FenceRecord::from_value(value.into()).map(|fence| fence.epoch),
        None => Ok(0),
    }
}

fn read_error(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt(format!("database file: {error}")),
        Some(_) | None => Error::Io(error.into()),
    }
}
