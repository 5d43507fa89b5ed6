//! The orders that indexes have, so that a page can be read off them.

use std::cmp::Ordering;

use super::project::Cell;
use super::range::Index;
use crate::search::{Column, Cursor, Direction, Field, Order, Summary, Value};

/// In which order an index is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// Newest end first, then newest begin: the order of lists.
    Newest,
    /// Oldest end first.
    OldestEnd,
    /// Newest begin first.
    NewestBegin,
    /// Oldest begin first.
    OldestBegin,
}

impl Way {
    /// The way of an order, if there is one.
    pub(super) fn of(orders: &[Order]) -> Option<Self> {
        let by = |at: usize| orders.get(at).map(|order| (&order.column, order.direction));
        let (closed, started) = (Column::Field(Field::CloseTime), Column::Field(Field::StartTime));
        match by(0)? {
            (column, Direction::Descending) if *column == closed => {
                (by(1) == Some((&started, Direction::Descending))).then_some(Way::Newest)
            }
            (column, Direction::Ascending) if *column == closed => Some(Way::OldestEnd),
            (column, Direction::Descending) if *column == started => Some(Way::NewestBegin),
            (column, Direction::Ascending) if *column == started => Some(Way::OldestBegin),
            _ => None,
        }
    }

    /// The index that has this order for all rows.
    pub(super) fn index(self) -> Index {
        match self {
            Way::Newest | Way::OldestEnd => Index::Newest,
            Way::NewestBegin | Way::OldestBegin => Index::Started,
        }
    }

    pub(super) fn order(self, table: &str) -> String {
        match self {
            Way::Newest => format!("{table}.closed DESC, {table}.started DESC"),
            Way::OldestEnd => format!("{table}.closed, {table}.started"),
            Way::NewestBegin => format!("{table}.started DESC"),
            Way::OldestBegin => format!("{table}.started"),
        }
    }

    /// Whether what is newest comes last.
    pub(super) fn is_oldest_first(self) -> bool {
        match self {
            Way::Newest | Way::NewestBegin => false,
            Way::OldestEnd | Way::OldestBegin => true,
        }
    }

    /// What the order is by: of two places with the same, nothing is known.
    pub(super) fn rank(self, closed: i64, started: i64) -> (i64, i64) {
        match self {
            Way::Newest => (closed, started),
            Way::OldestEnd => (closed, 0),
            Way::NewestBegin | Way::OldestBegin => (started, 0),
        }
    }

    /// Between which ranks these rows are, the best first.
    pub(super) fn span(self, rows: &Summary) -> ((i64, i64), (i64, i64)) {
        let (closed, started) = (rows.closed, rows.started);
        match self {
            Way::Newest | Way::NewestBegin => (self.rank(closed.1, started.1), self.rank(closed.0, started.0)),
            Way::OldestEnd | Way::OldestBegin => (self.rank(closed.0, started.0), self.rank(closed.1, started.1)),
        }
    }

    /// Which of two ranks comes first.
    pub(super) fn compare(self, one: (i64, i64), other: (i64, i64)) -> Ordering {
        match self {
            Way::Newest | Way::NewestBegin => other.cmp(&one),
            Way::OldestEnd | Way::OldestBegin => one.cmp(&other),
        }
    }

    /// The rank of a place in the list, where so many columns are sorted by before.
    pub(super) fn rank_of(self, place: &Cursor, before: usize) -> Option<(i64, i64)> {
        let number = |at: usize| match place.values.get(before + at) {
            Some(Some(Value::Number(number))) => Some(*number),
            Some(_) | None => None,
        };
        match self {
            Way::Newest => Some((number(0)?, number(1)?)),
            Way::OldestEnd | Way::NewestBegin | Way::OldestBegin => Some((number(0)?, 0)),
        }
    }

    /// The condition of what does not come before a rank.
    pub(super) fn not_before(self, table: &str, rank: (i64, i64)) -> (String, Vec<Cell>) {
        let first = Cell::Number(rank.0);
        match self {
            Way::Newest => {
                let condition = format!("({table}.closed, {table}.started) <= (?, ?)");
                (condition, vec![first, Cell::Number(rank.1)])
            }
            Way::OldestEnd => (format!("{table}.closed >= ?"), vec![first]),
            Way::NewestBegin => (format!("{table}.started <= ?"), vec![first]),
            Way::OldestBegin => (format!("{table}.started >= ?"), vec![first]),
        }
    }

    /// What a place behind all rows of a rank is sorted by.
    pub(super) fn values(self, rank: (i64, i64)) -> Vec<Option<Value>> {
        match self {
            Way::Newest => vec![Some(Value::Number(rank.0)), Some(Value::Number(rank.1))],
            Way::OldestEnd | Way::NewestBegin | Way::OldestBegin => vec![Some(Value::Number(rank.0))],
        }
    }
}

/// The place behind all rows with these values, where so many columns are sorted by.
pub(super) fn behind(mut values: Vec<Option<Value>>, columns: usize) -> Cursor {
    values.resize(columns, None);
    Cursor { values, key: vec![u8::MAX; 24] }
}
