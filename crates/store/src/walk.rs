//! The way of a scan through rows that lie in order of partition and key: which row comes first, and for every row that
//! is met, whether it is wanted or where to go on. Drivers bring the rows.

use bytes::{BufMut, Bytes, BytesMut};

use crate::Scan;

/// A place between two rows: everything before it is smaller than this partition and key, everything behind it is not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) partition: u32,
    pub(crate) key: Bytes,
}

/// What to do with a row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is wanted.
    Take,
    /// It is not; go on from here.
    Jump(Place),
    /// It is not, and none behind it is.
    End,
}

impl Place {
    fn new(partition: u16, key: Bytes) -> Self {
        Self { partition: u32::from(partition), key }
    }
}

/// Where the scan begins: forward with the first row behind the place, in reverse with the first before it. None when
/// there is nothing to scan.
pub(crate) fn start(scan: &Scan) -> Option<Place> {
    let (first, last) = scan.partitions.clone().into_inner();
    if first > last || scan.limit == 0 {
        return None;
    }
    let after = scan.after.as_ref();
    let place = if scan.reverse {
        let end = match &scan.to {
            Some(to) => Place::new(last, to.clone()),
            None => Place { partition: u32::from(last) + 1, key: Bytes::new() },
        };
        after.map_or(end.clone(), |(partition, key)| Place::new(partition.0, key.clone()).min(end))
    } else {
        let begin = Place::new(first, scan.from.clone());
        after.map_or(begin.clone(), |(partition, key)| Place::new(partition.0, successor(key)).max(begin))
    };
    let within = if scan.reverse { place.partition >= u32::from(first) } else { place.partition <= u32::from(last) };
    within.then_some(place)
}

/// What to do with a row that was met on the way.
pub(crate) fn step(scan: &Scan, partition: u32, key: &[u8]) -> Step {
    let (first, last) = (u32::from(*scan.partitions.start()), u32::from(*scan.partitions.end()));
    let beyond = scan.to.as_ref().is_some_and(|to| key >= &to[..]);
    let before = key < &scan.from[..];
    if partition < first || partition > last {
        Step::End
    } else if !beyond && !before {
        Step::Take
    } else if scan.reverse {
        match &scan.to {
            Some(to) if beyond && !before => Step::Jump(Place { partition, key: to.clone() }),
            _ if partition == first => Step::End,
            _ => Step::Jump(Place { partition, key: Bytes::new() }),
        }
    } else if before {
        Step::Jump(Place { partition, key: scan.from.clone() })
    } else if partition == last {
        Step::End
    } else {
        Step::Jump(Place { partition: partition + 1, key: scan.from.clone() })
    }
}

/// The smallest key behind this one.
fn successor(key: &[u8]) -> Bytes {
    let mut successor = BytesMut::with_capacity(key.len() + 1);
    successor.put_slice(key);
    successor.put_u8(0);
    successor.freeze()
}
