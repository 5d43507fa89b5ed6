//! Copies of a database, whole and by themselves, and putting one in the place of another. A copy is one file without a
//! log: what the log of the original has is in it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::file::{self, Lock, beside, cannot};
use super::rest::Rest;
use super::writer::Writer;
use super::{Options, log, read_error};
use crate::Error;

/// Pages that are copied at a time: progress is told in between.
const STEP_PAGES: i32 = 2048;
/// How long to wait for another process that has locked the original.
const LOCKED_PAUSE: Duration = Duration::from_millis(50);
/// What SQLite keeps beside a database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are copied.
    pub done: u64,
    /// Bytes that there are.
    pub total: u64,
}

/// What to do about a file that is in the place of the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is done.
    Keep,
    /// It goes when the new one is in its place.
    Replace,
}

/// Copies the database at `source` to the new file `target`: as it was at some moment after this was called, with
/// everything that was acknowledged before. A server may be running on it meanwhile. Returns the size of the copy in
/// bytes; it is on the disk then.
pub fn backup(source: &Path, target: &Path, progress: &mut dyn FnMut(Progress)) -> Result<u64, Error> {
    refuse_existing(target)?;
    let partial = beside(target, "-partial");
    copy(source, &partial, progress).inspect_err(|_| remove_with_companions(&partial))?;
    // Again: another one may have come meanwhile.
    refuse_existing(target).inspect_err(|_| remove_with_companions(&partial))?;
    std::fs::rename(&partial, target).map_err(|cause| cannot(target, cause))?;
    sync_folder_of(target)?;
    target.metadata().map(|file| file.len()).map_err(|cause| cannot(target, cause))
}

/// Puts a copy of the database at `source` in the place of the one at `target`, on which no server may run. What was
/// there is complete until the new one is in its place. Returns its size in bytes.
pub fn restore(
    source: &Path,
    target: &Path,
    existing: Existing,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, Error> {
    let _lock = Lock::take(target)?;
    if existing == Existing::Keep {
        refuse_existing(target)?;
        if let Some(left) = log::paths(target).into_iter().find(|path| path.exists()) {
            return Err(Error::Foreign(format!("{} is left of another database", left.display())));
        }
    }
    let partial = beside(target, "-partial");
    copy(source, &partial, progress).inspect_err(|_| remove_with_companions(&partial))?;
    // The old one keeps its log under its new name, so that at any moment one of the two is whole.
    let replaced = beside(target, "-replaced");
    for (old, aside) in all_files(target).into_iter().zip(all_files(&replaced)) {
        match std::fs::rename(&old, &aside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(cannot(&old, error)),
            Ok(()) | Err(_) => {}
        }
    }
    std::fs::rename(&partial, target).map_err(|cause| cannot(target, cause))?;
    sync_folder_of(target)?;
    all_files(&replaced).iter().for_each(|path| remove(path));
    target.metadata().map(|file| file.len()).map_err(|cause| cannot(target, cause))
}

fn refuse_existing(path: &Path) -> Result<(), Error> {
    if path.exists() { Err(Error::Foreign(format!("{} exists already", path.display()))) } else { Ok(()) }
}

/// Makes a whole database of one and its log.
fn copy(source: &Path, target: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
    remove_with_companions(target);
    let rest = Rest::open(source)?;
    copy_pages(rest.database(), target, progress)?;
    let lock = Lock::take(target)?;
    let database = file::open_writer(target, file::Content::Ours, &Options::default())?;
    let mut writer = Writer::new(database, lock).map_err(read_error)?;
    writer.write_layer(rest.layer(), rest.newest())?;
    writer.finish(rest.newest())?;
    for companion in COMPANIONS.into_iter().chain([".lock"]) {
        remove(&beside(target, companion));
    }
    File::open(target).and_then(|file| file.sync_all()).map_err(|cause| cannot(target, cause))
}

fn copy_pages(source: &Connection, target: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
    let mut database = Connection::open(target).map_err(|cause| cannot(target, cause))?;
    // Should this be interrupted, the file is made anew.
    database.pragma_update_and_check(None, "journal_mode", "off", |_| Ok(())).map_err(read_error)?;
    database.pragma_update(None, "synchronous", "off").map_err(read_error)?;
    let backup = Backup::new(source, &mut database).map_err(read_error)?;
    loop {
        let step = backup.step(STEP_PAGES).map_err(read_error)?;
        let pages = backup.progress();
        let bytes = |pages: i32| u64::try_from(pages).unwrap_or(0) * u64::from(file::PAGE_BYTES);
        progress(Progress { done: bytes(pages.pagecount - pages.remaining), total: bytes(pages.pagecount) });
        match step {
            StepResult::Done => break,
            StepResult::Busy | StepResult::Locked => std::thread::sleep(LOCKED_PAUSE),
            _ => {}
        }
    }
    drop(backup);
    database.close().map_err(|(_, error)| read_error(error))
}

/// A database, what SQLite keeps beside it, and its log.
fn all_files(database: &Path) -> Vec<PathBuf> {
    let companions = COMPANIONS.iter().map(|companion| beside(database, companion));
    std::iter::once(database.to_owned()).chain(companions).chain(log::paths(database)).collect()
}

fn remove_with_companions(database: &Path) {
    remove(database);
    COMPANIONS.iter().chain([&".lock"]).for_each(|companion| remove(&beside(database, companion)));
}

/// What cannot be removed is in nobody's way.
fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, path = %path.display(), "a file that is not needed stays");
    }
}

#[cfg(unix)]
fn sync_folder_of(path: &Path) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|cause| cannot(folder, cause))
}

#[cfg(not(unix))]
fn sync_folder_of(_: &Path) -> Result<(), Error> {
    Ok(())
}
