//! In which order rows stand, and a place in it. Whatever is asked for, runs of the same rank stand as they would
//! without: open ones first, then the newest end, the newest start, and the run's id. Where there is no value, a row
//! stands behind those that have one, in both directions.

use std::cmp::Ordering;

use super::column::{Column, Field};
use super::document::Document;
use super::value::Value;

/// Which of two values comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// The smaller one.
    Ascending,
    /// The greater one.
    Descending,
}

/// By what rows are sorted.
#[derive(Clone, PartialEq, Debug)]
pub struct Order {
    /// By this column.
    pub column: Column,
    /// In this direction.
    pub direction: Direction,
}

/// The place of a row in an order: what it is sorted by, and its key without the namespace.
#[derive(Clone, PartialEq, Debug)]
pub struct Cursor {
    /// The values of the columns of the [`full_order`].
    pub values: Vec<Option<Value>>,
    /// The rest of the key.
    pub key: Vec<u8>,
}

/// What was asked for, and what makes it a total order together with the key.
pub(crate) fn full_order(asked: &[Order]) -> Vec<Order> {
    let by = |field: Field| Order { column: field.into(), direction: Direction::Descending };
    let mut orders: Vec<Order> = asked.to_vec();
    for default in [by(Field::CloseTime), by(Field::StartTime)] {
        if !orders.iter().any(|order| order.column == default.column) {
            orders.push(default);
        }
    }
    orders
}

/// What a row is sorted by.
pub(crate) fn sort_key(orders: &[Order], document: &Document<'_>) -> Vec<Option<Value>> {
    orders.iter().map(|order| document.compared(&order.column).and_then(|value| value.to_value())).collect()
}

impl Cursor {
    /// Which of two places comes first.
    pub(crate) fn compare(&self, other: &Cursor, orders: &[Order]) -> Ordering {
        let values = orders.iter().zip(self.values.iter().zip(&other.values));
        for (order, (one, other)) in values {
            let ordering = match (one, other) {
                (Some(one), Some(other)) => {
                    let ordering = one.as_raw().compare(&other.as_raw()).unwrap_or(Ordering::Equal);
                    match order.direction {
                        Direction::Ascending => ordering,
                        Direction::Descending => ordering.reverse(),
                    }
                }
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        self.key.cmp(&other.key)
    }
}
