//! What can be asked, what is answered, and how a page or a count is made out of rows that come in any order.

use std::collections::BTreeMap;

use abide_model::{NamespaceId, Partition};
use bytes::Bytes;

use super::column::Column;
use super::document::Document;
use super::filter::Filter;
use super::order::{Cursor, Order, full_order, sort_key};
use super::value::{Raw, Value};
use crate::key::{NAMESPACE_BYTES, VisibilityRecord, behind};
use crate::{Error, Row, Scan, Space};

/// A page of rows that is wanted.
#[derive(Clone, Debug)]
pub struct Search {
    /// Of which namespace.
    pub namespace: NamespaceId,
    /// Which rows.
    pub filter: Filter,
    /// In which order; nothing asks for open runs first, then the newest end, then the newest start.
    pub orders: Vec<Order>,
    /// Behind which place; none asks for the first page.
    pub after: Option<Cursor>,
    /// The most rows to return.
    pub limit: usize,
}

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// Where to go on; none behind the last row. There may be a place without any row before it, when much was read to
    /// find little.
    pub next: Option<Cursor>,
    /// How it was found.
    pub plan: Plan,
}

/// What is to be counted.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Of which namespace.
    pub namespace: NamespaceId,
    /// Which rows.
    pub filter: Filter,
    /// Apart for every combination of values of these columns.
    pub groups: Vec<Column>,
}

/// How many rows have the same values.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// The values of the columns that rows are grouped by.
    pub values: Vec<Option<Value>>,
    /// How many.
    pub count: u64,
}

/// How something was found, for people.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Step by step.
    pub steps: Vec<String>,
    /// Rows that were read.
    pub rows_read: usize,
    /// Whether more may have been read than the page and its way there in an index.
    pub is_wide: bool,
}

impl Plan {
    pub(crate) fn in_memory(rows_read: usize) -> Self {
        Self { steps: vec!["every row, in memory".into()], rows_read, is_wide: true }
    }
}

/// The best rows so far: those that come first in the order, behind where the page begins.
pub(crate) struct Selection<'a> {
    search: &'a Search,
    orders: Vec<Order>,
    /// Sorted; one more than is wanted says that there is another page.
    best: Vec<(Cursor, Row)>,
}

impl<'a> Selection<'a> {
    pub(crate) fn new(search: &'a Search) -> Self {
        Self { search, orders: full_order(&search.orders), best: Vec::new() }
    }

    pub(crate) fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// Looks at a row. The order of rows does not matter.
    pub(crate) fn offer(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let columns = VisibilityRecord::columns_in(value)?;
        let document = Document::of(key, &columns)?;
        if !self.search.filter.passes(&document) {
            return Ok(());
        }
        let key_rest = key.get(NAMESPACE_BYTES..).unwrap_or_default().to_vec();
        let place = Cursor { values: sort_key(&self.orders, &document), key: key_rest };
        if let Some(after) = &self.search.after
            && place.compare(after, &self.orders).is_le()
        {
            return Ok(());
        }
        if self.is_full() && self.best.last().is_some_and(|(worst, _)| place.compare(worst, &self.orders).is_ge()) {
            return Ok(());
        }
        let at = self.best.partition_point(|(before, _)| before.compare(&place, &self.orders).is_lt());
        if self.best.get(at).is_some_and(|(same, _)| *same == place) {
            // Met before, on another way.
            return Ok(());
        }
        let (key, value) = (Bytes::copy_from_slice(key), Bytes::copy_from_slice(value));
        self.best.insert(at, (place, Row { partition: Partition::SHARED, key, value }));
        self.best.truncate(self.search.limit.saturating_add(1));
        Ok(())
    }

    /// Whether only better rows can change anything.
    pub(crate) fn is_full(&self) -> bool {
        self.best.len() > self.search.limit
    }

    /// The place of the last of the best.
    pub(crate) fn worst(&self) -> Option<&Cursor> {
        self.best.last().map(|(place, _)| place)
    }

    /// The page. `known_to` says up to where all rows have been looked at; none means all of them.
    pub(crate) fn finish(mut self, known_to: Option<Cursor>, plan: Plan) -> Found {
        let mut next = None;
        if let Some(known_to) = known_to {
            self.best.retain(|(place, _)| place.compare(&known_to, &self.orders).is_le());
            next = Some(known_to);
        }
        if self.best.len() > self.search.limit {
            self.best.truncate(self.search.limit);
            next = self.best.last().map(|(place, _)| place.clone());
        }
        Found { rows: self.best.into_iter().map(|(_, row)| row).collect(), next, plan }
    }
}

/// Counts in the making.
pub(crate) struct Groups<'a> {
    tally: &'a Tally,
    counts: BTreeMap<Vec<Rank>, (Vec<Option<Value>>, i64)>,
}

/// A value as a key of a map.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Null,
    Bool(bool),
    Number(i64),
    Real(u64),
    Text(String),
}

impl Rank {
    fn of(value: Option<&Value>) -> Self {
        match value {
            None => Rank::Null,
            Some(Value::Bool(value)) => Rank::Bool(*value),
            Some(Value::Number(number)) => Rank::Number(*number),
            Some(Value::Real(real)) => Rank::Real(real.to_bits()),
            Some(Value::Text(text)) => Rank::Text(text.clone()),
        }
    }
}

impl<'a> Groups<'a> {
    pub(crate) fn new(tally: &'a Tally) -> Self {
        let mut groups = Self { tally, counts: BTreeMap::new() };
        if tally.groups.is_empty() {
            groups.add(Vec::new(), 0);
        }
        groups
    }

    /// Counts a row, or takes it off again, if it is wanted.
    pub(crate) fn offer(&mut self, key: &[u8], value: &[u8], by: i64) -> Result<(), Error> {
        let columns = VisibilityRecord::columns_in(value)?;
        let document = Document::of(key, &columns)?;
        if self.tally.filter.passes(&document) {
            let values = self.tally.groups.iter().map(|column| document.get(column).and_then(Raw::to_value)).collect();
            self.add(values, by);
        }
        Ok(())
    }

    /// Counts so many of the same.
    pub(crate) fn add(&mut self, values: Vec<Option<Value>>, by: i64) {
        let rank: Vec<Rank> = values.iter().map(|value| Rank::of(value.as_ref())).collect();
        self.counts.entry(rank).or_insert((values, 0)).1 += by;
    }

    /// The counts, in the order of their values.
    pub(crate) fn finish(self) -> Vec<Group> {
        let ungrouped = self.tally.groups.is_empty();
        let counts = self.counts.into_values().filter(|(_, count)| ungrouped || *count > 0);
        counts.map(|(values, count)| Group { values, count: u64::try_from(count).unwrap_or(0) }).collect()
    }
}

/// The scan that reads every row of a namespace.
pub(crate) fn all_of(namespace: NamespaceId) -> Scan {
    let prefix = Bytes::copy_from_slice(namespace.0.as_bytes());
    Scan {
        space: Space::Visibility,
        partitions: Partition::SHARED.0..=Partition::SHARED.0,
        to: behind(&prefix),
        from: prefix,
        after: None,
        limit: usize::MAX,
        reverse: false,
    }
}

/// The page out of all rows.
pub(crate) fn select_all(search: &Search, rows: &[Row]) -> Result<Found, Error> {
    let mut selection = Selection::new(search);
    for row in rows {
        selection.offer(&row.key, &row.value)?;
    }
    Ok(selection.finish(None, Plan::in_memory(rows.len())))
}

/// The counts of all rows.
pub(crate) fn group_all(tally: &Tally, rows: &[Row]) -> Result<(Vec<Group>, Plan), Error> {
    let mut groups = Groups::new(tally);
    for row in rows {
        groups.offer(&row.key, &row.value, 1)?;
    }
    Ok((groups.finish(), Plan::in_memory(rows.len())))
}
