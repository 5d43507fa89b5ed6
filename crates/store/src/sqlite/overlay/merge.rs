//! One page of a scan out of the rows of the database and the layers over them. Pure.

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

/// Where a row was found.
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
        let upper = self.upper.peek().map(|(place, _)| *place);
        let lower = self.lower.as_mut().and_then(|lower| lower.peek()).map(|(place, _)| *place);
        let read = self.read.peek().map(|(place, _)| place);
        let candidates = [upper, lower, read];
        let in_order = |one: &&&Place, other: &&&Place| if self.scan.reverse { other.cmp(one) } else { one.cmp(other) };
        let first = *candidates.iter().flatten().min_by(in_order)?;
        let [in_upper, in_lower, in_read] = candidates.map(|place| place == Some(first));
        let upper =
            self.upper.next_if(|_| in_upper).map(|(place, value)| (Source::Upper, place.clone(), value.clone()));
        let lower = self.lower.as_mut().and_then(|lower| lower.next_if(|_| in_lower));
        let lower = lower.map(|(place, value)| (Source::Lower, place.clone(), value.clone()));
        let read = self.read.next_if(|_| in_read).map(|(place, value)| (Source::Read, place, Some(value)));
        upper.or(lower).or(read).map(|(source, place, value)| Next { source, place, value })
    }
}
