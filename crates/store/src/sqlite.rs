//! The embedded store: one SQLite file, and a log of commits before it that is synced at every commit. Commits become
//! durable in the log and are moved into the database in bulk, by which most of them have been overwritten or are
//! neighbours; readers see both as one. One connection writes; a few others read. One server at a time may open the
//! file. A store that was closed is the one file alone.

mod backup;
mod check;
mod file;
mod log;
mod logged;
mod mover;
mod overlay;
mod readers;
mod rest;
mod sql;
mod visibility;
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
use crate::search::{Found, Group, Plan, Search, Tally};
use crate::{Batch, BoxFuture, Completion, Error, Fence, Row, Scan, Space, Store, Urgency};
pub use backup::{Existing, Progress, backup, restore};
pub use check::check;
use log::{Durability, Log};
pub use log::{LogFile, LogFiles, SystemFiles};
use logged::Logged;
use mover::Mover;
use overlay::{End, Layer, Merged, Overlay};
use readers::{Get, Readers};
use sql::Statements;
use visibility::{CountRead, FindRead};
use writer::Writer;

/// How to open a file.
#[derive(Clone, Debug)]
pub struct Options {
    /// SQLite pragmas as the user gave them, set on every connection after our own. `synchronous` concerns the log as
    /// well: with `normal` commits do not wait for the disk, and a power cut may take the newest; with `off` it may take
    /// everything.
    pub pragmas: Vec<(String, String)>,
    /// Commits are moved from the log into the database when so many bytes have come together. About three times as
    /// many are in memory at most, under load.
    pub log_bytes: usize,
    /// Where the log is written.
    pub log_files: Arc<dyn LogFiles>,
}

impl Default for Options {
    fn default() -> Self {
        Self { pragmas: Vec::new(), log_bytes: 24 * 1024 * 1024, log_files: Arc::new(SystemFiles) }
    }
}

impl Options {
    fn durability(&self) -> Durability {
        let given = self.pragmas.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("synchronous"));
        match given.map(|(_, value)| value.to_ascii_lowercase()).as_deref() {
            Some("off" | "0") => Durability::Never,
            Some("normal" | "1") => Durability::Moved,
            Some(_) | None => Durability::Synced,
        }
    }
}

/// A store in one SQLite file. Dropping it closes it.
pub struct SqliteStore {
    readers: Arc<Readers>,
    overlay: Arc<Overlay>,
    committer: Arc<Committer>,
}

impl SqliteStore {
    /// Opens the file, or creates it. Blocks for some milliseconds; after a crash, for as long as the log is read.
    pub fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        let lock = file::Lock::take(path)?;
        let content = file::inspect(path)?;
        let database = file::open_writer(path, content, options)?;
        let position = file::log_position(&database).map_err(read_error)?;
        let files = options.log_files.clone();
        let recovered = log::recover(&*files, path, position.moved, position.open)?;
        let mut writer = Writer::new(database, lock).map_err(read_error)?;
        // Before the database says that it has a log, or has newer groups than there were: one that asks for a segment
        // that was never begun could not be opened again.
        let mut log = Log::begin(files, path, &recovered, options.durability())?;
        if !position.open {
            file::open_log(writer.database()).map_err(read_error)?;
        }
        let mut left = (!recovered.groups.is_empty()).then(|| Arc::new(Layer::of(&recovered.groups)));
        let mut moved = position.moved;
        if recovered.is_crowded()
            && let Some(layer) = left.take()
        {
            writer.write_layer(&layer, recovered.newest)?;
            moved = recovered.newest;
            log.moved(moved);
        }
        let overlay = Arc::new(Overlay::over(left.clone()));
        let epoch = newest_epoch(writer.database(), &overlay)?;
        let readers = (0..readers::READERS).map(|_| file::open_reader(path, options)).collect::<Result<_, _>>()?;
        let mover = Mover::start(writer, overlay.clone(), moved)?;
        if let Some(left) = left {
            mover.begin(left, recovered.newest);
        }
        let driver: Box<dyn Driver> = Box::new(Logged::new(log, overlay.clone(), mover, options.log_bytes));
        let committer = Arc::new(Committer::start(driver, epoch)?);
        Ok(Self { readers: Arc::new(Readers::new(readers)), overlay, committer })
    }

    /// A page of rows out of the database and what lies over it.
    async fn page(&self, scan: Scan) -> Result<Vec<Row>, Error> {
        let mut wide = scan.clone();
        loop {
            let version = self.overlay.version();
            let read = self.readers.read(wide.clone()).await?;
            let end = if read.len() < wide.limit { End::Nothing } else { End::Unknown };
            match self.overlay.merge(version, &scan, read, end) {
                Merged::Page(page) => return Ok(page),
                Merged::TooFew => wide.limit = wide.limit.saturating_mul(4),
                Merged::Outdated => {}
            }
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Before the writer: the last connection to close moves SQLite's log, and readers cannot.
        self.readers.close();
    }
}

impl Store for SqliteStore {
    fn acquire(&self, partitions: RangeInclusive<u16>) -> BoxFuture<'_, Result<Fence, Error>> {
        self.committer.acquire(partitions)
    }

    fn get(&self, space: Space, partition: Partition, key: Bytes) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async move {
            match self.overlay.get(space, partition, &key) {
                overlay::Found::Value(value) => Ok(Some(value)),
                overlay::Found::Deleted => Ok(None),
                overlay::Found::Nothing => self.readers.read(Get { space, partition, key }).await,
            }
        })
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
        Box::pin(self.page(scan))
    }

    fn find(&self, search: Search) -> BoxFuture<'_, Result<Found, Error>> {
        let read = FindRead { search, overlay: self.overlay.clone() };
        Box::pin(async { self.readers.read(read).await? })
    }

    fn count(&self, tally: Tally) -> BoxFuture<'_, Result<(Vec<Group>, Plan), Error>> {
        let read = CountRead { tally, overlay: self.overlay.clone() };
        Box::pin(async { self.readers.read(read).await? })
    }

    fn commit(&self, batch: Batch, urgency: Urgency, done: Completion) {
        self.committer.commit(batch, urgency, done);
    }

    fn waiting_bytes(&self) -> usize {
        self.committer.waiting_bytes()
    }

    fn failed(&self) -> BoxFuture<'static, Arc<str>> {
        self.committer.failed()
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

fn newest_epoch(database: &Connection, overlay: &Overlay) -> Result<u64, Error> {
    let value = match overlay.get(FenceKey::SPACE, Partition::SHARED, &FenceKey.encode()) {
        overlay::Found::Value(value) => Some(value),
        overlay::Found::Deleted => None,
        overlay::Found::Nothing => {
            let get = Statements::new().of(FenceKey::SPACE).get.clone();
            let key = FenceKey.encode();
            let row = database.query_row(&get, params![Partition::SHARED.0, &key[..]], |row| row.get::<_, Vec<u8>>(0));
            row.optional().map_err(read_error)?.map(Bytes::from)
        }
    };
    match value {
        Some(value) => FenceRecord::from_value(value).map(|fence| fence.epoch),
        None => Ok(0),
    }
}

fn read_error(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt(format!("database file: {error}")),
        Some(_) | None => Error::Io(error.into()),
    }
}

/// What an error says, with its cause.
fn words(error: &Error) -> String {
    match error {
        Error::Io(cause) => cause.to_string(),
        Error::Corrupt(_) | Error::Newer(_) | Error::Locked(_) | Error::Foreign(_) => error.to_string(),
    }
}
