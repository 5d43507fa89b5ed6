//! The commit log: what makes a group durable. One record per group of batches, appended to a segment file and synced;
//! the database is brought up to date behind it, a whole segment at a time. A segment whose groups are in the database
//! is used again. Knows groups and their numbers; what is in the database, and what readers see meanwhile, is not its
//! business.
//!
//! Segments are the files `NAME-log0` to `NAME-log3` beside the database. Which of them count is said by their headers:
//! they must carry on, group by group, from the newest group in the database.

mod files;
mod segment;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

pub(super) use files::UntouchedFiles;
pub use files::{LogFile, LogFiles, SystemFiles};

use super::file::beside;
use crate::check::Report;
use crate::{Error, Write};
use segment::{Damage, HEADER_BYTES, Header, NUMBER_MAX};

/// How many segments there can be: one that is written, one that is moved into the database, and two that a crash may
/// have left in their place.
const SLOTS: usize = 4;
/// Files grow by this: bytes. Writing zeros ahead spares the sync of every group the file's new length.
const GROWTH_BYTES: usize = 1024 * 1024;

/// The log of a database that is open.
pub(super) struct Log {
    files: Arc<dyn LogFiles>,
    paths: Vec<PathBuf>,
    slots: [Slot; SLOTS],
    segment: Segment,
    generation: u64,
    /// Whether records are synced.
    durability: Durability,
    buffer: Vec<u8>,
}

/// What is on the disk when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// A group, when it is told to be.
    Synced,
    /// Groups, some time later, and in order: the user has asked for that.
    Moved,
    /// Whenever the operating system likes: the user has asked for that.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Free,
    /// Its groups are not in the database yet; this is the number of the last of them, or of the last before it.
    Holds {
        newest: u64,
    },
}

/// The segment that is written.
struct Segment {
    slot: usize,
    file: Box<dyn LogFile>,
    /// Where the next record goes.
    end: usize,
    /// What the file has room for.
    allocated: usize,
    /// The checksum of the record before, or of the header.
    chain: u32,
    /// The number of the next group.
    next: u64,
}

/// What was found beside a database.
pub(super) struct Recovered {
    /// Groups that are not in the database, in order.
    pub(super) groups: Vec<Vec<Write>>,
    /// The number of the last group that was ever written.
    pub(super) newest: u64,
    slots: [Slot; SLOTS],
    generation: u64,
}

impl Recovered {
    /// Whether several crashes in a row have left so many segments that they must be emptied before commits go on.
    pub(super) fn is_crowded(&self) -> bool {
        self.slots.iter().filter(|slot| **slot == Slot::Free).count() < 2
    }
}

/// Reads what the log has behind the group `moved`, the newest in the database. Everything that is returned is on the
/// disk. `expected` says that there must be a log.
pub(super) fn recover(files: &dyn LogFiles, database: &Path, moved: u64, expected: bool) -> Result<Recovered, Error> {
    if moved > NUMBER_MAX {
        return Err(corrupt(database, &format!("it has group {moved}, which was never written")));
    }
    let mut found = Vec::new();
    for (slot, path) in paths(database).iter().enumerate() {
        if let Some(content) = files.read(path).map_err(|cause| failed(path, cause))?
            && let Some(header) = Header::decode(&content).map_err(|what| corrupt(path, &what))?
        {
            found.push((header, slot, Bytes::from(content)));
        }
    }
    let mut recovered = Recovered {
        groups: Vec::new(),
        newest: moved,
        slots: [Slot::Free; SLOTS],
        generation: found.iter().map(|(header, ..)| header.generation).max().unwrap_or(0),
    };
    let mut continued = false;
    // Of two that begin with the same group only the newer one can have a record: the older was found to have none.
    found.sort_by_key(|(header, ..)| std::cmp::Reverse(header.generation));
    while let Some(place) = found.iter().position(|(header, ..)| header.first == recovered.newest + 1) {
        let (header, slot, content) = found.remove(place);
        found.retain(|(other, ..)| other.first != header.first);
        continued = true;
        let path = &paths(database)[slot];
        let groups = header.groups(&content).map_err(|what| corrupt(path, &what))?;
        if groups.is_empty() {
            break;
        }
        // What a killed process has written is there to be read, and may still be lost.
        let file = files.open(path).and_then(|mut file| file.sync());
        file.map_err(|cause| failed(path, cause))?;
        recovered.newest += groups.len() as u64;
        recovered.slots[slot] = Slot::Holds { newest: recovered.newest };
        recovered.groups.extend(groups);
    }
    if let Some((header, slot, _)) = found.iter().find(|(header, ..)| header.first > recovered.newest + 1) {
        let (path, newest) = (&paths(database)[*slot], recovered.newest);
        return Err(corrupt(path, &format!("group {} follows group {newest}", header.first)));
    }
    if expected && !continued {
        let what = format!("{} is without its log, which has newer changes", database.display());
        return Err(Error::Corrupt(what));
    }
    Ok(recovered)
}

impl Log {
    /// Begins a new segment behind what was recovered.
    pub(super) fn begin(
        files: Arc<dyn LogFiles>,
        database: &Path,
        recovered: &Recovered,
        durability: Durability,
    ) -> Result<Self, Error> {
        let paths = paths(database);
        let (slots, generation) = (recovered.slots, recovered.generation + 1);
        let slot = free_slot(&slots).expect("a crowded log is emptied while it has one left");
        let segment = begin_segment(&*files, &paths[slot], slot, generation, recovered.newest + 1)
            .map_err(|cause| failed(&paths[slot], cause))?;
        let mut log = Self { files, paths, slots, segment, generation, durability, buffer: Vec::new() };
        log.slots[slot] = Slot::Holds { newest: recovered.newest };
        Ok(log)
    }

    /// Appends a group and makes it durable. After an error nobody knows what is on the disk: the log must not be used
    /// any more.
    pub(super) fn append(&mut self, writes: &[Write]) -> io::Result<()> {
        let segment = &mut self.segment;
        self.buffer.clear();
        let chain = segment::encode_group(segment.chain, segment.next, writes, &mut self.buffer);
        let end = segment.end + self.buffer.len();
        while segment.allocated < end {
            let zeros = vec![0; GROWTH_BYTES];
            segment.file.write_at(segment.allocated as u64, &zeros)?;
            segment.allocated += zeros.len();
        }
        segment.file.write_at(segment.end as u64, &self.buffer)?;
        if self.durability == Durability::Synced {
            segment.file.sync()?;
        }
        self.slots[segment.slot] = Slot::Holds { newest: segment.next };
        (segment.end, segment.chain, segment.next) = (end, chain, segment.next + 1);
        Ok(())
    }

    /// The number of the newest group.
    pub(super) fn newest(&self) -> u64 {
        self.segment.next - 1
    }

    /// Bytes in the segment that is written.
    pub(super) fn bytes(&self) -> usize {
        self.segment.end - HEADER_BYTES
    }

    /// Ends the segment and begins another one. An error leaves it as it was, and is as bad as one of
    /// [`Log::append`].
    pub(super) fn turn(&mut self) -> io::Result<()> {
        let slot = free_slot(&self.slots).ok_or_else(|| io::Error::other("every segment of the log is in use"))?;
        if self.durability == Durability::Moved {
            // A segment carries on from the one before, so that one must be there.
            self.segment.file.sync()?;
        }
        self.generation += 1;
        let (path, next) = (&self.paths[slot], self.segment.next);
        self.segment = begin_segment(&*self.files, path, slot, self.generation, next)?;
        self.slots[slot] = Slot::Holds { newest: next - 1 };
        Ok(())
    }

    /// All groups up to this one are in the database for good.
    pub(super) fn moved(&mut self, newest: u64) {
        for (number, slot) in self.slots.iter_mut().enumerate() {
            if number != self.segment.slot && matches!(slot, Slot::Holds { newest: last } if *last <= newest) {
                *slot = Slot::Free;
            }
        }
    }

    /// Deletes the files. The database must have everything, and must not expect a log any more.
    pub(super) fn delete(self) -> io::Result<()> {
        drop(self.segment);
        for path in &self.paths {
            self.files.remove(path)?;
        }
        Ok(())
    }
}

/// Looks at every record that is there, whether it is needed or not.
pub(super) fn check(database: &Path, report: &mut Report) -> Result<(), Error> {
    for path in paths(database) {
        let Some(content) = UntouchedFiles.read(&path).map_err(|cause| failed(&path, cause))? else { continue };
        let place = path.display().to_string();
        match Header::decode(&content) {
            Ok(Some(header)) => match header.damage(&Bytes::from(content)) {
                Some(Damage { group, is_followed: true }) => report.wrong(place, format!("group {group} is damaged")),
                Some(Damage { group, is_followed: false }) => {
                    report.leftover(place, format!("the last group, {group}, is not whole: nobody was told of it"));
                }
                None => {}
            },
            Ok(None) if content.iter().any(|byte| *byte != 0) => report.wrong(place, "it does not begin as a log does"),
            // It was never begun.
            Ok(None) => {}
            Err(what) => report.wrong(place, what),
        }
    }
    Ok(())
}

fn free_slot(slots: &[Slot; SLOTS]) -> Option<usize> {
    slots.iter().position(|slot| *slot == Slot::Free)
}

/// The header is on the disk before the first record, so that there is always a segment that carries on from the
/// database.
fn begin_segment(files: &dyn LogFiles, path: &Path, slot: usize, generation: u64, first: u64) -> io::Result<Segment> {
    let mut file = files.open(path)?;
    let allocated = usize::try_from(file.size()?).unwrap_or(usize::MAX).max(HEADER_BYTES);
    let (header, chain) = Header { generation, first }.encode();
    file.write_at(0, &header)?;
    file.sync()?;
    Ok(Segment { slot, file, end: HEADER_BYTES, allocated, chain, next: first })
}

/// The files that a log may have.
pub(super) fn paths(database: &Path) -> Vec<PathBuf> {
    (0..SLOTS).map(|slot| beside(database, &format!("-log{slot}"))).collect()
}

fn failed(path: &Path, cause: io::Error) -> Error {
    Error::Io(format!("{}: {cause}", path.display()).into())
}

fn corrupt(path: &Path, what: &str) -> Error {
    Error::Corrupt(format!("{}: {what}", path.display()))
}
