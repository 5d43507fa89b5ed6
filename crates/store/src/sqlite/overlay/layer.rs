//! One layer: the last write of every row, and the ranges that were deleted before these.

use std::collections::BTreeMap;
use std::ops::Bound;

use abide_model::Partition;
use bytes::Bytes;

use super::listed::{Listed, ListedRow};
use crate::walk::{self, Place, Step};
use crate::{Scan, Space, Write};

/// What a row takes beside its key and value: about.
const ROW_BYTES: usize = 100;

/// See the file's first lines. A value of none is a row that was deleted.
#[derive(Debug, Default)]
pub(in crate::sqlite) struct Layer {
    rows: [BTreeMap<Place, Option<Bytes>>; Space::ALL.len()],
    /// The rows of lists once more.
    listed: Listed,
    ranges: Vec<Range>,
    bytes: usize,
}

#[derive(Debug)]
struct Range {
    space: Space,
    from: Place,
    to: Place,
}

/// What a layer says about a row.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sqlite) enum Found {
    /// It has this value.
    Value(Bytes),
    /// It is deleted.
    Deleted,
    /// Ask below.
    Nothing,
}

impl Layer {
    pub(super) fn apply(&mut self, write: &Write) {
        match write {
            Write::Put { space, partition, key, value } => self.insert(*space, *partition, key, Some(value)),
            Write::Delete { space, partition, key } => self.insert(*space, *partition, key, None),
            Write::DeleteRange { space, partition, from, to } => {
                if is_listed(*space, *partition) {
                    self.listed.forget(from, to);
                }
                let (from, to) = (place(*partition, from), place(*partition, to));
                let rows = &mut self.rows[space.index()];
                let covered: Vec<Place> = rows.range(&from..&to).map(|(place, _)| place.clone()).collect();
                for place in covered {
                    rows.remove(&place);
                }
                self.bytes += ROW_BYTES + from.key.len() + to.key.len();
                self.ranges.push(Range { space: *space, from, to });
            }
        }
    }

    /// A layer with these groups.
    pub(in crate::sqlite) fn of(groups: &[Vec<Write>]) -> Self {
        let mut layer = Self::default();
        groups.iter().flatten().for_each(|write| layer.apply(write));
        layer
    }

    // Bytes of rows that are replaced count as well: the layer is as large as what was written to the log, at most.
    fn insert(&mut self, space: Space, partition: Partition, key: &Bytes, value: Option<&Bytes>) {
        self.bytes += ROW_BYTES + key.len() + value.map_or(0, Bytes::len);
        if is_listed(space, partition) {
            self.bytes += ListedRow::BYTES;
            self.listed.put(key.clone(), value.cloned());
        }
        self.rows[space.index()].insert(place(partition, key), value.cloned());
    }

    pub(in crate::sqlite) fn get(&self, space: Space, partition: Partition, key: &Bytes) -> Found {
        let place = place(partition, key);
        match self.rows[space.index()].get(&place) {
            Some(Some(value)) => Found::Value(value.clone()),
            Some(None) => Found::Deleted,
            None if self.covers(space, &place) => Found::Deleted,
            None => Found::Nothing,
        }
    }

    /// Whether a row of a lower layer at this place is deleted by one of the ranges.
    pub(super) fn covers(&self, space: Space, place: &Place) -> bool {
        self.ranges.iter().any(|range| range.space == space && range.from <= *place && *place < range.to)
    }

    /// The rows of lists whose keys begin with `prefix`, and some of their neighbours.
    pub(super) fn listed(&self, prefix: &[u8]) -> Listed {
        self.listed.under(prefix)
    }

    /// The ranges of keys of rows of lists that are deleted below, as far as they may concern keys with this prefix.
    pub(super) fn unlisted(&self, prefix: &Bytes) -> Vec<(Bytes, Bytes)> {
        let concerns = |range: &&Range| {
            is_listed(range.space, partition(&range.from))
                && (range.from.key.starts_with(prefix) || (range.from.key <= *prefix && *prefix < range.to.key))
        };
        self.ranges.iter().filter(concerns).map(|range| (range.from.key.clone(), range.to.key.clone())).collect()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Everything as writes that have the same effect: ranges first, then every row once, neighbours side by side.
    pub(in crate::sqlite) fn writes(&self) -> impl Iterator<Item = Write> {
        let ranges = self.ranges.iter().map(|range| Write::DeleteRange {
            space: range.space,
            partition: partition(&range.from),
            from: range.from.key.clone(),
            to: range.to.key.clone(),
        });
        let rows = Space::ALL.into_iter().flat_map(|space| {
            self.rows[space.index()].iter().map(move |(place, value)| {
                let (partition, key) = (partition(place), place.key.clone());
                match value {
                    Some(value) => Write::Put { space, partition, key, value: value.clone() },
                    None => Write::Delete { space, partition, key },
                }
            })
        });
        ranges.chain(rows)
    }

    /// The rows of a kind, in order of key, then partition. A value of none is one that was deleted.
    pub(in crate::sqlite) fn in_order_of_keys(&self, space: Space) -> Vec<(Bytes, Partition, Option<Bytes>)> {
        let rows = self.rows[space.index()].iter();
        let mut rows: Vec<_> =
            rows.map(|(place, value)| (place.key.clone(), partition(place), value.clone())).collect();
        rows.sort_by(|one, other| (&one.0, one.1.0).cmp(&(&other.0, other.1.0)));
        rows
    }

    /// Whether a row of a lower layer was deleted together with its neighbours.
    pub(in crate::sqlite) fn hides(&self, space: Space, partition: Partition, key: &Bytes) -> bool {
        self.covers(space, &place(partition, key))
    }

    /// The rows that a scan wants, in its order.
    pub(super) fn wanted<'a>(&'a self, scan: &'a Scan) -> Wanted<'a> {
        Wanted { rows: &self.rows[scan.space.index()], scan, next: walk::start(scan).map(From::from) }
    }
}

/// Whether lists show such rows.
fn is_listed(space: Space, partition: Partition) -> bool {
    space == Space::Visibility && partition == Partition::SHARED
}

fn place(partition: Partition, key: &Bytes) -> Place {
    Place { partition: u32::from(partition.0), key: key.clone() }
}

pub(super) fn partition(place: &Place) -> Partition {
    Partition(u16::try_from(place.partition).expect("a row was put under a partition"))
}

/// See [`Layer::wanted`].
pub(super) struct Wanted<'a> {
    rows: &'a BTreeMap<Place, Option<Bytes>>,
    scan: &'a Scan,
    next: Option<Next>,
}

/// Where to look on.
enum Next {
    /// Forward: from here on. In reverse: before this.
    From(Place),
    /// Behind this row, which was seen.
    Behind(Place),
}

impl From<Place> for Next {
    fn from(place: Place) -> Self {
        Next::From(place)
    }
}

impl<'a> Iterator for Wanted<'a> {
    type Item = (&'a Place, &'a Option<Bytes>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let next = self.next.take()?;
            let met = if self.scan.reverse {
                let (Next::From(place) | Next::Behind(place)) = &next;
                self.rows.range(..place).next_back()
            } else {
                let begin = match &next {
                    Next::From(place) => Bound::Included(place),
                    Next::Behind(place) => Bound::Excluded(place),
                };
                self.rows.range((begin, Bound::Unbounded)).next()
            };
            let (place, value) = met?;
            match walk::step(self.scan, place.partition, &place.key) {
                Step::End => return None,
                Step::Jump(to) => self.next = Some(Next::From(to)),
                Step::Take => {
                    self.next = Some(Next::Behind(place.clone()));
                    return Some((place, value));
                }
            }
        }
    }
}
