//! One page of a scan out of the rows of the database and the layers over them. Pure.

use std::cmp::Ordering;
use std::iter::Peekable;

use bytes::Bytes;

use super::layer::{Layer, Wanted, partition};
use super::{End, Merged};
use crate::walk::Place;
use crate::{Row, Scan};

/// Lays the layers over the rows that were read. The rows stand in the order of the scan.
pub(super) fn merge(scan: &Scan, upper: &Layer, lower: Option<&Layer>, read: Vec<Row>, end: End) -> Merged {
    let mut sources = Sources {
        scan,
        upper: upper.wanted(scan).peekable(),
        lower: lower.map(|lower| lower.wanted(scan).peekable()),
        read: read.into_iter().map(|row| (place_of(&row), row.value)).peekable(),
    };
    let hidden_by_upper = |place: &Place| upper.covers(scan.space, place);
    let hidden = |place: &Place| hidden_by_upper(place) || lower.is_some_and(|lower| lower.covers(scan.space, place));
    let mut page = Vec::new();
    while page.len() < scan.limit {
        // Behind the last row that was read there may be rows that were not, between those of the layers.
        if end == End::Unknown && sources.read.peek().is_none() {
            return Merged::TooFew;
        }
        let Some(next) = sources.next() else { break };
        let value = match next.source {
            Source::Upper => next.value,
            Source::Lower => next.value.filter(|_| !hidden_by_upper(&next.place)),
            Source::Read => next.value.filter(|_| !hidden(&next.place)),
        };
        if let Some(value) = value {
            page.push(Row { partition: partition(&next.place), key: next.place.key, value });
        }
    }
    Merged::Page(page)
}

fn place_of(row: &Row) -> Place {
    Place { partition: u32::from(row.partition.0), key: row.key.clone() }
}

struct Sources<'a, R: Iterator<Item = (Place, Bytes)>> {
    scan: &'a Scan,
    upper: Peekable<Wanted<'a>>,
    lower: Option<Peekable<Wanted<'a>>>,
    read: Peekable<R>,
}

/// In order of precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Upper,
    Lower,
    Read,
}

struct Next {
    source: Source,
    place: Place,
    value: Option<Bytes>,
}

impl<R: Iterator<Item = (Place, Bytes)>> Sources<'_, R> {
    /// The next row in order; of several at the same place the one that counts. The others are passed over.
    fn next(&mut self) -> Option<Next> {
        let upper = self.upper.peek().map(|(place, _)| (*place).clone());
        let lower = self.lower.as_mut().and_then(|lower| lower.peek()).map(|(place, _)| (*place).clone());
        let read = self.read.peek().map(|(place, _)| place.clone());
        let order = |one: &Place, other: &Place| if self.scan.reverse { other.cmp(one) } else { one.cmp(other) };
        let candidates = [(Source::Upper, upper), (Source::Lower, lower), (Source::Read, read)];
        let candidates = candidates.into_iter().filter_map(|(source, place)| Some((source, place?)));
        let (source, place) = candidates
            .min_by(|(one_source, one), (other_source, other)| order(one, other).then(one_source.cmp(other_source)))?;
        let is_here = |other: &Place| order(other, &place) == Ordering::Equal;
        let upper = self.upper.next_if(|(other, _)| is_here(other)).map(|(_, value)| value.clone());
        let lower = self.lower.as_mut().and_then(|lower| lower.next_if(|(other, _)| is_here(other)));
        let lower = lower.map(|(_, value)| value.clone());
        let read = self.read.next_if(|(other, _)| is_here(other)).map(|(_, value)| Some(value));
        let value = match source {
            Source::Upper => upper,
            Source::Lower => lower,
            Source::Read => read,
        };
        Some(Next { source, place, value: value.flatten() })
    }
}
