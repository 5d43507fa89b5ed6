//! A database and its log as they lie there, to be read without changing anything. A server may be writing to them
//! meanwhile: what is seen is one moment, with everything that was acknowledged before it was opened.

use std::cmp::Ordering;
use std::path::Path;

use abide_model::Partition;
use bytes::Bytes;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::file::{self, Lock, LogPosition};
use super::log::{self, UntouchedFiles};
use super::overlay::{self, Layer};
use super::read_error;
use super::sql::{Statements, table};
use crate::check::AtRest;
use crate::{Error, Row, Space};

/// How often a moment is looked for: a server that is busy moves its log every few seconds, and reading it takes less.
const ATTEMPTS_MAX: usize = 100;

/// See the file's first lines.
pub(super) struct Rest {
    database: Connection,
    /// What is in the log and not in the database.
    layer: Layer,
    /// The number of the newest group.
    newest: u64,
    /// Groups in the log.
    groups: usize,
    // Should no server hold the file, none may begin to.
    _lock: Option<Lock>,
}

/// The file is left to itself while it is read, or another process writes to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Still,
    Shared,
}

impl Rest {
    /// Opens what is there. It may be of an older format.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        if !path.is_file() {
            return Err(Error::Foreign(format!("there is no file {}", path.display())));
        }
        let (lock, mode) = match Lock::take_if_there(path) {
            Ok(lock) if is_empty(&file::beside(path, "-wal")) => (lock, Mode::Still),
            Ok(lock) => (lock, Mode::Shared),
            Err(Error::Locked(_)) => (None, Mode::Shared),
            Err(error) => return Err(error),
        };
        let database = connect(path, mode)?;
        file::check_ours(path, &database)?;
        for _ in 0..ATTEMPTS_MAX {
            database.execute_batch("BEGIN").map_err(read_error)?;
            let position = file::log_position_of_any_format(&database).map_err(read_error)?;
            let recovered = log::recover(&UntouchedFiles, path, position.moved, position.open);
            // A segment is used again when its groups are in the database: until then nothing of it was lost.
            if mode == Mode::Still || position_now(path, mode)? == position {
                let recovered = recovered?;
                let (layer, newest, groups) = (Layer::of(&recovered.groups), recovered.newest, recovered.groups.len());
                return Ok(Self { database, layer, newest, groups, _lock: lock });
            }
            database.execute_batch("ROLLBACK").map_err(read_error)?;
        }
        Err(Error::Io(format!("{} changes too fast to be read", path.display()).into()))
    }

    /// The connection, in a transaction that sees the moment.
    pub(super) fn database(&self) -> &Connection {
        &self.database
    }

    /// What is to be laid over the database.
    pub(super) fn layer(&self) -> &Layer {
        &self.layer
    }

    /// The number of the newest group.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// How many groups there are in the log.
    pub(super) fn groups(&self) -> usize {
        self.groups
    }
}

fn is_empty(path: &Path) -> bool {
    path.metadata().map_or(true, |file| file.len() == 0)
}

fn position_now(path: &Path, mode: Mode) -> Result<LogPosition, Error> {
    file::log_position_of_any_format(&connect(path, mode)?).map_err(read_error)
}

fn connect(path: &Path, mode: Mode) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = match (mode, path.to_str()) {
        // Nothing is created beside the file, and it may lie where nobody may write.
        (Mode::Still, Some(name)) => {
            let name = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
            Connection::open_with_flags(format!("file:{name}?immutable=1"), flags | OpenFlags::SQLITE_OPEN_URI)
        }
        (Mode::Still | Mode::Shared, _) => Connection::open_with_flags(path, flags),
    };
    let database = database.map_err(|cause| file::cannot(path, cause))?;
    file::set_up_reader(&database).map_err(read_error)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(read_error)?;
    Ok(database)
}

impl AtRest for Rest {
    fn each(&self, space: Space, look: &mut dyn FnMut(Row)) -> Result<(), Error> {
        let sql = format!("SELECT partition, key, value FROM {} ORDER BY key, partition", table(space));
        let mut statement = self.database.prepare(&sql).map_err(read_error)?;
        let mut read = statement.query([]).map_err(read_error)?;
        let mut over = self.layer.in_order_of_keys(space).into_iter().peekable();
        let mut next = || -> Result<Option<Row>, rusqlite::Error> {
            let Some(row) = read.next()? else { return Ok(None) };
            let bytes = |column: usize| -> rusqlite::Result<Bytes> {
                Ok(Bytes::copy_from_slice(row.get_ref(column)?.as_blob()?))
            };
            Ok(Some(Row { partition: Partition(row.get(0)?), key: bytes(1)?, value: bytes(2)? }))
        };
        let mut below = next().map_err(read_error)?;
        loop {
            let order = match (&below, over.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(below), Some((key, partition, _))) => (&below.key, below.partition.0).cmp(&(key, partition.0)),
            };
            if order.is_ge()
                && let Some((key, partition, Some(value))) = over.next()
            {
                look(Row { partition, key, value });
            }
            if order.is_le()
                && let Some(row) = below.take()
            {
                if order.is_lt() && !self.layer.hides(space, row.partition, &row.key) {
                    look(row);
                }
                below = next().map_err(read_error)?;
            }
        }
    }

    fn get(&self, space: Space, partition: Partition, key: &Bytes) -> Result<Option<Bytes>, Error> {
        match self.layer.get(space, partition, key) {
            overlay::Found::Value(value) => return Ok(Some(value)),
            overlay::Found::Deleted => return Ok(None),
            overlay::Found::Nothing => {}
        }
        let mut get = self.database.prepare_cached(&Statements::new().of(space).get).map_err(read_error)?;
        let value = get.query_row(params![partition.0, &key[..]], |row| row.get::<_, Vec<u8>>(0));
        Ok(value.optional().map_err(read_error)?.map(Bytes::from))
    }
}
