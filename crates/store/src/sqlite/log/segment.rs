//! The bytes of a segment. Pure.
//!
//! ```text
//! header  "abidelog" | version u32 | generation u64 | number of the first group u64 | checksum u32
//! record  length of the group u32 | checksum u32 | number u64 | group
//! group   writes, one after the other:  kind u8 | space u8 | partition u16 | field [| field]
//! field   length u32 | bytes
//! ```
//!
//! Numbers are little-endian. A record's checksum (CRC-32) goes on from that of the record before, the first one's from
//! the header's: what an earlier use of the file has left behind is never taken for a record, and a group never without
//! those before it.

use abide_model::Partition;
use bytes::{Buf, Bytes};

use crate::{Space, Write};

const MAGIC: &[u8; 8] = b"abidelog";
const VERSION: u32 = 1;
/// Bytes of a header.
pub(super) const HEADER_BYTES: usize = 8 + 4 + 8 + 8 + 4;
pub(super) const RECORD_HEADER_BYTES: usize = 4 + 4 + 8;

/// Groups and segments are numbered one by one: no disk is large enough for this many.
pub(super) const NUMBER_MAX: u64 = u64::MAX >> 2;

const PUT: u8 = 1;
const DELETE: u8 = 2;
const DELETE_RANGE: u8 = 3;

/// What stands at the begin of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Grows with every segment that is begun.
    pub(super) generation: u64,
    /// The number of its first group.
    pub(super) first: u64,
}

impl Header {
    /// The bytes, and what the first record's checksum goes on from.
    pub(super) fn encode(self) -> (Vec<u8>, u32) {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.generation.to_le_bytes());
        bytes.extend_from_slice(&self.first.to_le_bytes());
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        (bytes, checksum)
    }

    /// None when the file was never begun, or not to the end.
    pub(super) fn decode(content: &[u8]) -> Result<Option<Self>, String> {
        if content.len() < HEADER_BYTES || &content[..8] != MAGIC {
            return Ok(None);
        }
        let (checked, mut checksum) = content[..HEADER_BYTES].split_at(HEADER_BYTES - 4);
        if crc32fast::hash(checked) != checksum.get_u32_le() {
            return Ok(None);
        }
        let mut fields = &checked[8..];
        match fields.get_u32_le() {
            VERSION => {
                let header = Self { generation: fields.get_u64_le(), first: fields.get_u64_le() };
                if header.generation.max(header.first) > NUMBER_MAX {
                    return Err(format!("{header:?} was never written"));
                }
                Ok(Some(header))
            }
            version => Err(format!("it has version {version}, this one knows {VERSION}")),
        }
    }

    /// The groups of a segment that begins with this header: up to the first record that is not whole. Keys and values
    /// are slices of `content`.
    pub(super) fn groups(self, content: &Bytes) -> Result<Vec<Vec<Write>>, String> {
        let (_, mut chain) = self.encode();
        let (mut groups, mut number) = (Vec::new(), self.first);
        let mut rest = content.slice(HEADER_BYTES..);
        while let Some((group, checksum)) = next_record(&mut rest, chain, number) {
            groups.push(decode_group(group).ok_or_else(|| format!("group {number} cannot be read"))?);
            (chain, number) = (checksum, number + 1);
        }
        Ok(groups)
    }
}

/// A record that is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damage {
    /// Its number.
    pub(super) group: u64,
    /// Whether a whole one stands behind it, so that no crash can have left it so.
    pub(super) is_followed: bool,
}

impl Header {
    /// The record at which reading ends, unless it was never begun.
    pub(super) fn damage(self, content: &Bytes) -> Option<Damage> {
        let (_, mut chain) = self.encode();
        let mut group = self.first;
        let mut rest = content.slice(HEADER_BYTES..);
        loop {
            let here = rest.clone();
            match next_record(&mut rest, chain, group) {
                Some((encoded, checksum)) if decode_group(encoded.clone()).is_some() => {
                    (chain, group) = (checksum, group + 1);
                }
                Some(_) => return Some(Damage { group, is_followed: true }),
                None if is_followed(&here, chain, group) => return Some(Damage { group, is_followed: true }),
                None => return was_begun(&here, chain, group).then_some(Damage { group, is_followed: false }),
            }
        }
    }
}

/// Whether this record was written here. What an earlier use of the file has left behind has lesser numbers.
fn was_begun(here: &Bytes, chain: u32, number: u64) -> bool {
    let Some(header) = here.get(..RECORD_HEADER_BYTES) else { return false };
    let (mut fields, group) = (header, &here[RECORD_HEADER_BYTES..]);
    let (length, stored, found) = (fields.get_u32_le() as usize, fields.get_u32_le(), fields.get_u64_le());
    let fits = || group.get(..length).is_some_and(|group| checksum(chain, number, group) == stored);
    found == number || length > 0 && fits()
}

/// Whether a record with this number, whatever became of it, is followed by one that is whole.
fn is_followed(here: &Bytes, chain: u32, number: u64) -> bool {
    let Some(stored) = here.get(4..8).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes) else {
        return false;
    };
    let next = (number + 1).to_le_bytes();
    let places = here.windows(next.len()).enumerate().skip(RECORD_HEADER_BYTES).filter(|(_, bytes)| *bytes == next);
    places.filter_map(|(at, _)| at.checked_sub(8).filter(|at| *at >= RECORD_HEADER_BYTES)).any(|at| {
        // It goes on from the checksum in the header; or the header is damaged, and the group says it.
        let said = checksum(chain, number, &here[RECORD_HEADER_BYTES..at]);
        [stored, said].into_iter().any(|chain| next_record(&mut here.slice(at..), chain, number + 1).is_some())
    })
}

/// The bytes of the record with this number, if it is whole.
fn next_record(rest: &mut Bytes, chain: u32, number: u64) -> Option<(Bytes, u32)> {
    if rest.len() < RECORD_HEADER_BYTES {
        return None;
    }
    let length = usize::try_from(rest.get_u32_le()).ok()?;
    let (checksum, found) = (rest.get_u32_le(), rest.get_u64_le());
    if found != number || length > rest.len() {
        return None;
    }
    let group = rest.split_to(length);
    (checksum == self::checksum(chain, number, &group)).then_some((group, checksum))
}

/// Appends a record; returns its checksum.
pub(super) fn encode_group(chain: u32, number: u64, writes: &[Write], record: &mut Vec<u8>) -> u32 {
    let begin = record.len();
    record.extend_from_slice(&[0; RECORD_HEADER_BYTES]);
    for write in writes {
        let (kind, fields): (u8, [Option<&Bytes>; 2]) = match write {
            Write::Put { key, value, .. } => (PUT, [Some(key), Some(value)]),
            Write::Delete { key, .. } => (DELETE, [Some(key), None]),
            Write::DeleteRange { from, to, .. } => (DELETE_RANGE, [Some(from), Some(to)]),
        };
        record.extend_from_slice(&[kind, write.space() as u8]);
        record.extend_from_slice(&write.partition().0.to_le_bytes());
        for field in fields.into_iter().flatten() {
            record.extend_from_slice(&length(field.len()).to_le_bytes());
            record.extend_from_slice(field);
        }
    }
    seal(chain, number, &mut record[begin..])
}

/// Fills in the header of a record whose group stands behind it; returns the checksum.
fn seal(chain: u32, number: u64, record: &mut [u8]) -> u32 {
    let (header, group) = record.split_at_mut(RECORD_HEADER_BYTES);
    let checksum = checksum(chain, number, group);
    header[..4].copy_from_slice(&length(group.len()).to_le_bytes());
    header[4..8].copy_from_slice(&checksum.to_le_bytes());
    header[8..].copy_from_slice(&number.to_le_bytes());
    checksum
}

/// Appends a record with any content, for tests of what reads it.
#[cfg(test)]
pub(super) fn seal_group(chain: u32, number: u64, group: &[u8], record: &mut Vec<u8>) {
    let begin = record.len();
    record.extend_from_slice(&[0; RECORD_HEADER_BYTES]);
    record.extend_from_slice(group);
    seal(chain, number, &mut record[begin..]);
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a group has a bound far below four gigabytes")
}

fn checksum(chain: u32, number: u64, group: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&chain.to_le_bytes());
    hasher.update(&number.to_le_bytes());
    hasher.update(&length(group.len()).to_le_bytes());
    hasher.update(group);
    hasher.finalize()
}

fn decode_group(mut group: Bytes) -> Option<Vec<Write>> {
    let mut writes = Vec::new();
    while !group.is_empty() {
        if group.len() < 4 {
            return None;
        }
        let (kind, space) = (group.get_u8(), group.get_u8());
        let space = Space::ALL.into_iter().find(|known| *known as u8 == space)?;
        let partition = Partition(group.get_u16_le());
        let key = field(&mut group)?;
        writes.push(match kind {
            PUT => Write::Put { space, partition, key, value: field(&mut group)? },
            DELETE => Write::Delete { space, partition, key },
            DELETE_RANGE => Write::DeleteRange { space, partition, from: key, to: field(&mut group)? },
            _ => return None,
        });
    }
    Some(writes)
}

fn field(group: &mut Bytes) -> Option<Bytes> {
    if group.len() < 4 {
        return None;
    }
    let length = usize::try_from(group.get_u32_le()).ok()?;
    (length <= group.len()).then(|| group.split_to(length))
}
