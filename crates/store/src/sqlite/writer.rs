//! The connection that writes: one transaction for a layer, and the number of its last group with it. Moves SQLite's own
//! write-ahead log into the database file when it has grown long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, params};

use super::file::{self, Lock};
use super::overlay::Layer;
use super::read_error;
use super::sql::Statements;
use super::visibility::Projection;
use crate::{Error, Space, Write};

/// SQLite's write-ahead log is moved into the database file when it has so many pages.
const LOG_PAGES_MAX: u32 = 64 * 1024 * 1024 / file::PAGE_BYTES;

pub(super) struct Writer {
    database: Connection,
    statements: Statements,
    projection: Projection,
    /// Pages in the write-ahead log after the last commit.
    log_pages: Arc<AtomicU32>,
    // The last field: another server may open the file when the connection is gone.
    _lock: Lock,
}

impl Writer {
    pub(super) fn new(mut database: Connection, lock: Lock) -> rusqlite::Result<Self> {
        let log_pages = Arc::new(AtomicU32::new(0));
        let pages_now = log_pages.clone();
        database.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
            pages_now.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self { database, statements: Statements::new(), projection: Projection::default(), log_pages, _lock: lock })
    }

    /// The connection, to read with.
    pub(super) fn database(&self) -> &Connection {
        &self.database
    }

    /// Makes a layer, whose last group has this number, part of the database for good. An error means that the database
    /// must not be written any more.
    pub(super) fn write_layer(&mut self, layer: &Layer, newest: u64) -> Result<(), Error> {
        while let Err(error) = self.transaction(layer, newest) {
            self.projection.forget();
            let taken_back = self.database.is_autocommit() || self.database.execute_batch("ROLLBACK").is_ok();
            if !taken_back || !is_busy(&error) {
                return Err(read_error(error));
            }
            // Another process looks into the file, and SQLite has already waited for it.
            tracing::warn!(%error, "the database is locked by another process");
        }
        if self.log_pages.load(Ordering::Relaxed) >= LOG_PAGES_MAX {
            self.checkpoint(CheckpointMode::PASSIVE)?;
        }
        Ok(())
    }

    fn transaction(&mut self, layer: &Layer, newest: u64) -> rusqlite::Result<()> {
        self.database.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for write in layer.writes() {
            self.write(&write)?;
        }
        file::set_moved(&self.database, newest)?;
        self.database.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    fn write(&mut self, write: &Write) -> rusqlite::Result<()> {
        if write.space() == Space::Visibility {
            return self.write_visibility(write);
        }
        let sql = self.statements.of(write.space());
        match write {
            Write::Put { partition, key, value, .. } => {
                self.database.prepare_cached(&sql.put)?.execute(params![partition.0, &key[..], &value[..]])?;
            }
            Write::Delete { partition, key, .. } => {
                self.database.prepare_cached(&sql.delete)?.execute(params![partition.0, &key[..]])?;
            }
            Write::DeleteRange { partition, from, to, .. } => {
                self.database.prepare_cached(&sql.delete_range)?.execute(params![partition.0, &from[..], &to[..]])?;
            }
        }
        Ok(())
    }

    fn write_visibility(&mut self, write: &Write) -> rusqlite::Result<()> {
        let (database, projection) = (&self.database, &mut self.projection);
        match write {
            Write::Put { partition, key, value, .. } => projection.put(database, partition.0, key, value),
            Write::Delete { partition, key, .. } => projection.delete(database, partition.0, key),
            Write::DeleteRange { partition, from, to, .. } => projection.delete_range(database, partition.0, from, to),
        }
    }

    /// Everything up to this group is in the database, and nothing will follow: it needs no log any more.
    pub(super) fn finish(self, newest: u64) -> Result<(), Error> {
        file::close_log(&self.database, newest).map_err(read_error)?;
        self.checkpoint(CheckpointMode::TRUNCATE)
    }

    fn checkpoint(&self, mode: CheckpointMode) -> Result<(), Error> {
        match self.database.wal_checkpoint_v2(None::<&str>, mode) {
            Ok(_) => Ok(()),
            // Somebody else is at it, or reads: the next one will do.
            Err(error) if is_busy(&error) => Ok(()),
            Err(error) => Err(read_error(error)),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
