//! The catalogue of rows: for every kind a typed key with its byte layout, and the typed record of its value. All
//! numbers are big-endian, so that keys compare as bytes in the order of their fields. A layout never changes: another
//! one is another space.

mod batch;
mod current;
mod dispatch;
mod fence;
mod namespace;
mod node;
mod outbound;
mod queue_config;
mod retention;
mod snapshot;
mod timer;
mod visibility;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod samples;

pub use batch::{BatchKey, BatchRecord};
pub use current::{CurrentKey, CurrentRecord};
pub use dispatch::{DispatchKey, DispatchQueue, DispatchRecord, DispatchSubject};
pub use fence::{FenceKey, FenceRecord};
pub use namespace::{NamespaceKey, NamespaceRecord};
pub use node::{NodeKey, NodeRecord};
pub use outbound::{OutboundKey, OutboundRecord, OutboundSubject};
pub use queue_config::{QueueConfigKey, QueueConfigRecord};
pub use retention::{RetentionKey, RetentionRecord};
pub use snapshot::{SnapshotKey, SnapshotRecord};
pub use timer::{TimerKey, TimerRecord};
pub use visibility::{NAMESPACE_BYTES, VisibilityKey, VisibilityRecord};

use abide_model::Partition;
use bytes::Bytes;
use uuid::Uuid;

use crate::record::Record;
use crate::{Error, Row, Space, Store, Write};

/// A typed key.
pub trait Key: Sized {
    /// The kind of rows that it names.
    const SPACE: Space;
    /// What stands in such a row.
    type Record: Record;

    /// The stored form.
    fn encode(&self) -> Bytes;

    /// From the stored form; [`Error::Corrupt`] names what cannot be.
    fn decode(key: &[u8]) -> Result<Self, Error>;

    /// The write that puts this row.
    fn put(&self, partition: Partition, record: &Self::Record) -> Write {
        Write::Put { space: Self::SPACE, partition, key: self.encode(), value: record.to_value() }
    }

    /// The write that deletes this row.
    fn delete(&self, partition: Partition) -> Write {
        Write::Delete { space: Self::SPACE, partition, key: self.encode() }
    }

    /// Both halves of a row that a scan of [`Key::SPACE`] found.
    fn decode_row(row: Row) -> Result<(Self, Self::Record), Error> {
        Ok((Self::decode(&row.key)?, Self::Record::from_value(row.value)?))
    }
}

/// Reads the record of one row.
pub async fn get<K: Key>(store: &dyn Store, partition: Partition, key: &K) -> Result<Option<K::Record>, Error> {
    match store.get(K::SPACE, partition, key.encode()).await? {
        Some(value) => K::Record::from_value(value).map(Some),
        None => Ok(None),
    }
}

/// The first key behind all keys that begin with `prefix`; none when there is no such key.
pub fn behind(prefix: &[u8]) -> Option<Bytes> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut key = prefix[..=last].to_vec();
    key[last] += 1;
    Some(key.into())
}

/// Takes a stored key apart, field by field.
struct Fields<'a> {
    kind: &'static str,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn of(kind: &'static str, key: &'a [u8]) -> Self {
        Self { kind, rest: key }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        match self.rest.split_first_chunk() {
            Some((field, rest)) => {
                self.rest = rest;
                Ok(*field)
            }
            None => Err(self.corrupt("is too short")),
        }
    }

    fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.take::<1>()?[0])
    }

    fn number(&mut self) -> Result<u64, Error> {
        self.take().map(u64::from_be_bytes)
    }

    /// A number that [`signed`] wrote.
    fn signed(&mut self) -> Result<i64, Error> {
        Ok((self.number()? ^ SIGN) as i64)
    }

    fn uuid(&mut self) -> Result<Uuid, Error> {
        self.take().map(Uuid::from_bytes)
    }

    /// The rest of the key as text.
    fn text(self) -> Result<String, Error> {
        match std::str::from_utf8(self.rest) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(self.corrupt("is not text")),
        }
    }

    fn end(self) -> Result<(), Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.corrupt("is too long")) }
    }

    fn corrupt(&self, what: &str) -> Error {
        Error::Corrupt(format!("{} key {what}", self.kind))
    }
}

const SIGN: u64 = 1 << 63;

/// A signed number as eight bytes that compare like the number.
fn signed(number: i64) -> [u8; 8] {
    (number as u64 ^ SIGN).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_behind_a_prefix_is_the_smallest_that_does_not_begin_with_it() {
        assert_eq!(behind(b"ab").as_deref(), Some(&b"ac"[..]));
        assert_eq!(behind(b"a\xff\xff").as_deref(), Some(&b"b"[..]));
        assert_eq!(behind(b"\xff"), None);
        assert_eq!(behind(b""), None);
    }

    #[test]
    fn signed_numbers_compare_as_bytes() {
        let numbers = [i64::MIN, -2, -1, 0, 1, i64::MAX];
        assert!(numbers.is_sorted_by(|one, other| signed(*one) < signed(*other)));
    }
}
