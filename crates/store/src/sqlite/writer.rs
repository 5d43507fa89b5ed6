//! The connection that writes: one transaction per group, made durable by one sync. After an error that may mean that
//! the disk does not keep what it is given, nothing is written any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, ErrorCode, params};

use super::checkpoint::Checkpoints;
use super::file::Lock;
use super::sql::Statements;
use crate::committer::Driver;
use crate::{CommitError, Error, Write};

pub(super) struct Writer {
    database: Connection,
    statements: Statements,
    /// Pages in the write-ahead log after the last commit.
    log_pages: Arc<AtomicU32>,
    checkpoints: Checkpoints,
    // The last field: another server may open the file when the connection is gone.
    _lock: Lock,
}

impl Writer {
    pub(super) fn new(mut database: Connection, checkpoints: Checkpoints, lock: Lock) -> rusqlite::Result<Self> {
        let log_pages = Arc::new(AtomicU32::new(0));
        let pages_now = log_pages.clone();
        database.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
            pages_now.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self { database, statements: Statements::new(), log_pages, checkpoints, _lock: lock })
    }

    fn transaction(&self, writes: &[Write]) -> rusqlite::Result<()> {
        self.database.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for write in writes {
            self.write(write)?;
        }
        self.database.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    fn write(&self, write: &Write) -> rusqlite::Result<usize> {
        let sql = self.statements.of(write.space());
        match write {
            Write::Put { partition, key, value, .. } => {
                self.database.prepare_cached(&sql.put)?.execute(params![partition.0, &key[..], &value[..]])
            }
            Write::Delete { partition, key, .. } => {
                self.database.prepare_cached(&sql.delete)?.execute(params![partition.0, &key[..]])
            }
            Write::DeleteRange { partition, from, to, .. } => {
                self.database.prepare_cached(&sql.delete_range)?.execute(params![partition.0, &from[..], &to[..]])
            }
        }
    }

    /// Takes the transaction back, and says whether there can be another one.
    fn failed(&self, error: rusqlite::Error) -> CommitError {
        let taken_back = self.database.is_autocommit() || self.database.execute_batch("ROLLBACK").is_ok();
        if taken_back && is_harmless(&error) {
            CommitError::Unknown(Arc::new(error))
        } else {
            CommitError::Closed(format!("a commit failed: {error}").into())
        }
    }
}

/// Whether the error says nothing about the disk.
fn is_harmless(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OutOfMemory | ErrorCode::TooBig) => true,
        Some(_) | None => false,
    }
}

impl Driver for Writer {
    fn apply(&mut self, writes: &[Write]) -> Result<(), CommitError> {
        if let Some(why) = self.checkpoints.failure() {
            return Err(CommitError::Closed(why.into()));
        }
        self.transaction(writes).map_err(|error| self.failed(error))?;
        // The commit stands whatever becomes of the checkpoint, so its failure is told to the next one.
        self.checkpoints.after_commit(&self.database, self.log_pages.load(Ordering::Relaxed));
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        self.checkpoints.finish(&self.database)
    }
}
