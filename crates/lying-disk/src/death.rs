//! The end of the process at a named step: it is killed there, with everything that it has written so far left behind.

use std::path::Path;

/// Which call to the disk, and on which side of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// On which file.
    pub file: Kind,
    /// What is called.
    pub call: Call,
    /// On which side of the call.
    pub side: Side,
    /// How many such calls go well before.
    pub after: u64,
}

/// A file, or the part of it that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The begin of a segment of the commit log: it is begun, or used again.
    LogHeader,
    /// The records of a segment of the commit log.
    LogRecords,
    /// SQLite's own log.
    WriteAheadLog,
    /// The database.
    Database,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Bytes are written.
    Write,
    /// They are synced.
    Sync,
    /// The file is deleted.
    Remove,
}

/// Before a call, or behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Nothing of the call has happened.
    Before,
    /// All of it has.
    Behind,
}

impl Kind {
    /// Of a path, and of a place in the file.
    fn of(path: &Path, offset: u64) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.contains("-log") {
            if offset == 0 { Kind::LogHeader } else { Kind::LogRecords }
        } else if name.ends_with("-wal") {
            Kind::WriteAheadLog
        } else {
            Kind::Database
        }
    }
}

impl Moment {
    /// Ends the process if this is it.
    pub(crate) fn pass(&mut self, path: &Path, offset: u64, call: Call, side: Side) {
        // A sync is of the whole file, wherever it was written last.
        let kind = Kind::of(path, offset);
        let is_file = kind == self.file || call != Call::Write && kind.is_log() && self.file.is_log();
        if !is_file || (call, side) != (self.call, self.side) {
            return;
        }
        if self.after == 0 {
            std::process::abort();
        }
        self.after -= 1;
    }
}

impl Kind {
    fn is_log(self) -> bool {
        matches!(self, Kind::LogHeader | Kind::LogRecords)
    }
}
