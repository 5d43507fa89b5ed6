//! The file: who may open it, whether it is ours, and how a connection to it is set up. A file that is not ours, or that
//! a newer version has written, is refused before anything is changed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::log::Durability;
use super::sql::{SCHEMA, STATEMENTS_MAX};
use super::{Options, read_error, visibility};
use crate::Error;

/// Marks a database as ours: "abid".
const APPLICATION_ID: u32 = 0x6162_6964;
/// The version of the tables. Records have versions of their own.
pub(super) const FORMAT: u32 = 4;
/// The oldest version that is brought up to date when it is opened.
const FORMAT_MIN: u32 = 2;
/// Bytes of a page.
pub(super) const PAGE_BYTES: u32 = 8192;
/// Page cache of the writer: KiB.
const WRITER_CACHE_KIB: i64 = 16 * 1024;
/// Page cache of a reader: KiB.
const READER_CACHE_KIB: i64 = 4 * 1024;
/// How long a statement waits for another process (a backup, a shell) that looks into the file: milliseconds.
const BUSY_MILLIS: u32 = 10_000;
/// The write-ahead log is cut back to this when it starts over: bytes.
const LOG_KEPT_BYTES: i64 = 128 * 1024 * 1024;

/// The right to open the database: a lock on a file beside it that ends with the process, however it ends. The file
/// stays behind, because deleting it could let two processes lock two files.
pub(super) struct Lock(#[expect(dead_code, reason = "held, not used")] File);

impl Lock {
    pub(super) fn take(database: &Path) -> Result<Self, Error> {
        let path = beside(database, ".lock");
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(|cause| cannot(&path, cause))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::Locked(database.display().to_string())),
            Err(TryLockError::Error(cause)) => Err(cannot(&path, cause)),
        }
    }

    /// The same, but nothing is created: where no server has ever been, none is.
    pub(super) fn take_if_there(database: &Path) -> Result<Option<Self>, Error> {
        match beside(database, ".lock").exists() {
            true => Self::take(database).map(Some),
            false => Ok(None),
        }
    }
}

/// What is in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing yet.
    Nothing,
    /// A database of ours, of a format that is known.
    Ours,
}

/// Looks without touching. The caller holds the [`Lock`]: SQLite's own locks on a file would be lost when any other
/// handle to it is closed in the same process.
pub(super) fn inspect(path: &Path) -> Result<Content, Error> {
    let mut header = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Content::Nothing),
        Err(error) => return Err(cannot(path, error)),
        Ok(file) => file.take(100).read_to_end(&mut header).map_err(|cause| cannot(path, cause))?,
    };
    if header.is_empty() {
        return Ok(Content::Nothing);
    }
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        return Err(Error::Foreign(format!("{} is not a database", path.display())));
    }
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (format, application) = (number(60), number(68));
    let mut content = Content::Nothing;
    if application == APPLICATION_ID {
        content = check_format(path, format)?;
    } else if application != 0 {
        return Err(foreign(path));
    }
    if application == 0 && was_being_created(path)? {
        return Ok(Content::Nothing);
    }
    // The header of the file may be older than the log beside it, and a crash may have left an empty database.
    let log_is_empty = std::fs::metadata(beside(path, "-wal")).map_or(true, |log| log.len() == 0);
    if application == APPLICATION_ID && log_is_empty { Ok(content) } else { inspect_with_log(path) }
}

/// Whether a crash has interrupted the very first write: then the journal beside the file, which SQLite takes back as soon
/// as somebody may write, says that there was nothing before.
fn was_being_created(path: &Path) -> Result<bool, Error> {
    /// What a journal begins with; the size that the database had follows twelve bytes further on.
    const JOURNAL: &[u8] = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
    let path = beside(path, "-journal");
    let mut header = Vec::new();
    match File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(cannot(&path, error)),
        Ok(file) => file.take(20).read_to_end(&mut header).map_err(|cause| cannot(&path, cause))?,
    };
    Ok(header.starts_with(JOURNAL) && header.get(16..20) == Some(&[0; 4]))
}

fn inspect_with_log(path: &Path) -> Result<Content, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let look = || -> rusqlite::Result<(u32, u32, u32)> {
        let database = Connection::open_with_flags(path, flags)?;
        database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let tables = database.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let application = database.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let format = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok((application, format, tables))
    };
    match look().map_err(read_error)? {
        (APPLICATION_ID, format, _) => check_format(path, format),
        (0, 0, 0) => Ok(Content::Nothing),
        _ => Err(foreign(path)),
    }
}

fn check_format(path: &Path, format: u32) -> Result<Content, Error> {
    let what = || format!("{} has format {format}, this version knows {FORMAT}", path.display());
    match format {
        FORMAT_MIN..=FORMAT => Ok(Content::Ours),
        // Its tasks lie where this version does not look for them: opening it would forget them.
        1..FORMAT_MIN => Err(Error::Foreign(format!(
            "{} has format {format}, which no release has written; this version knows {FORMAT}",
            path.display()
        ))),
        0 => Err(Error::Corrupt(what())),
        _ => Err(Error::Newer(what())),
    }
}

/// Refuses a database that is not ours, or that a newer version has written; returns its format.
pub(super) fn check_ours(path: &Path, database: &Connection) -> Result<u32, Error> {
    let number = |name: &str| database.pragma_query_value(None, name, |row| row.get::<_, u32>(0)).map_err(read_error);
    let (application, format) = (number("application_id")?, number("user_version")?);
    if application != APPLICATION_ID {
        return Err(foreign(path));
    }
    check_format(path, format).map(|_| format)
}

fn foreign(path: &Path) -> Error {
    Error::Foreign(format!("{} is another application's database", path.display()))
}

/// The connection that writes; creates what is missing.
pub(super) fn open_writer(path: &Path, content: Content, options: &Options) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags).map_err(|cause| cannot(path, cause))?;
    // SQLite opens a file that may not be written as one that is only read.
    if database.is_readonly(rusqlite::MAIN_DB).map_err(read_error)? {
        return Err(cannot(path, "it may not be written"));
    }
    set_up(&database, WRITER_CACHE_KIB).map_err(read_error)?;
    // Before anything else is written: afterwards it cannot be changed.
    database.pragma_update(None, "page_size", PAGE_BYTES).map_err(read_error)?;
    let mode: String = database
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(|cause| cannot(path, cause))?;
    if mode != "wal" {
        return Err(Error::Io(format!("{} cannot have a write-ahead log", path.display()).into()));
    }
    database.pragma_update(None, "synchronous", "full").map_err(read_error)?;
    // Checkpoints are made where their failure is seen.
    database.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(())).map_err(read_error)?;
    database.pragma_update_and_check(None, "journal_size_limit", LOG_KEPT_BYTES, |_| Ok(())).map_err(read_error)?;
    apply_options(&database, options)?;
    if options.durability() != Durability::Never {
        // What the log has let go of must be on the disk.
        database.pragma_update(None, "synchronous", "full").map_err(read_error)?;
    }
    let format: u32 = match content {
        Content::Ours => database.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(read_error)?,
        Content::Nothing => 0,
    };
    if format != FORMAT {
        create(&database, format).map_err(|cause| cannot(path, cause))?;
    }
    Ok(database)
}

/// Creates the tables that are not there, and brings those of an older format up to date.
fn create(database: &Connection, format: u32) -> rusqlite::Result<()> {
    let is_older = (FORMAT_MIN..FORMAT).contains(&format);
    database.execute_batch("BEGIN IMMEDIATE")?;
    if is_older {
        tracing::info!(format, "the database is brought up to date");
        database.execute_batch("ALTER TABLE visibility RENAME TO visibility_format_3")?;
    }
    database.execute_batch(SCHEMA)?;
    if is_older {
        visibility::upgrade(database)?;
        database.execute_batch("DROP TABLE visibility_format_3")?;
    }
    let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}; COMMIT");
    database.execute_batch(&marks)
}

/// What the database knows of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogPosition {
    /// The number of the newest group that is in the database.
    pub(super) moved: u64,
    /// Whether newer ones may be in the log.
    pub(super) open: bool,
}

pub(super) fn log_position(database: &Connection) -> rusqlite::Result<LogPosition> {
    database.query_row("SELECT moved, open FROM commit_log", [], |row| {
        let moved: i64 = row.get(0)?;
        Ok(LogPosition { moved: moved.cast_unsigned(), open: row.get(1)? })
    })
}

/// The same of a database that may be as old as before there was a log.
pub(super) fn log_position_of_any_format(database: &Connection) -> rusqlite::Result<LogPosition> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'commit_log'";
    match database.query_row(sql, [], |row| row.get::<_, i64>(0))? {
        0 => Ok(LogPosition { moved: 0, open: false }),
        _ => log_position(database),
    }
}

/// From now on the database is not whole without its log.
pub(super) fn open_log(database: &Connection) -> rusqlite::Result<()> {
    database.execute("UPDATE commit_log SET open = 1", []).map(drop)
}

/// The database is whole up to this group.
pub(super) fn set_moved(database: &Connection, newest: u64) -> rusqlite::Result<()> {
    database.prepare_cached("UPDATE commit_log SET moved = ?1")?.execute([newest.cast_signed()]).map(drop)
}

/// The database is whole.
pub(super) fn close_log(database: &Connection, newest: u64) -> rusqlite::Result<()> {
    database.execute("UPDATE commit_log SET moved = ?1, open = 0", [newest.cast_signed()]).map(drop)
}

/// A connection that reads.
pub(super) fn open_reader(path: &Path, options: &Options) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags).map_err(|cause| cannot(path, cause))?;
    set_up_reader(&database).map_err(read_error)?;
    apply_options(&database, options)?;
    Ok(database)
}

/// How every connection that reads is set up.
pub(super) fn set_up_reader(database: &Connection) -> rusqlite::Result<()> {
    set_up(database, READER_CACHE_KIB)
}

fn set_up(database: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    database.pragma_update_and_check(None, "busy_timeout", BUSY_MILLIS, |_| Ok(()))?;
    database.pragma_update(None, "cache_size", -cache_kib)?;
    database.pragma_update(None, "temp_store", "memory")?;
    database.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Without this a prepared range is planned anew for every pair of bounds.
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// What would lock our own connections out.
const PRAGMAS_REFUSED: [&str; 2] = ["locking_mode", "query_only"];
/// What may give up the promise that an acknowledged commit survives a power cut.
const PRAGMAS_RISKY: [&str; 3] = ["synchronous", "journal_mode", "fullfsync"];

fn apply_options(database: &Connection, options: &Options) -> Result<(), Error> {
    for (name, value) in &options.pragmas {
        let name = name.to_ascii_lowercase();
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name || PRAGMAS_REFUSED.contains(&&*name) {
            return Err(Error::Foreign(format!("the pragma {name:?} cannot be set")));
        }
        if PRAGMAS_RISKY.contains(&&*name) {
            tracing::warn!(pragma = name, value, "this pragma decides how durable the data is");
        }
        let text = format!("PRAGMA {name} = '{}'", value.replace('\'', "''"));
        database.execute_batch(&text).map_err(|cause| Error::Io(format!("{text}: {cause}").into()))?;
    }
    Ok(())
}

/// The database's name with something appended.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

pub(super) fn cannot(path: &Path, cause: impl std::fmt::Display) -> Error {
    Error::Io(format!("cannot open {}: {cause}", path.display()).into())
}
