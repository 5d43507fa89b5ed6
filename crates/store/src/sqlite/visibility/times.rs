//! Bounds on begin and end that a filter has beside whatever chose the index: the entries of almost every index have both
//! times, so that rows outside of the bounds need not be fetched, and the part of an index that is in order is entered at
//! the right place.

use super::OPEN;
use super::project::Cell;
use super::range::{Range, conjuncts};
use crate::search::{Column, Comparison, Field, Filter, Value};

/// Conditions as the database has them: the column, how it is compared, and with what.
pub(super) struct Times(Vec<(&'static str, &'static str, i64)>);

impl Times {
    /// Those that every wanted row fulfils.
    pub(super) fn of(filter: &Filter) -> Self {
        let mut times = Vec::new();
        for condition in conjuncts(filter) {
            match condition {
                Filter::Compare(column, comparison, Value::Number(time)) => {
                    times.extend(name_of(column).zip(sign_of(*comparison)).map(|(name, sign)| (name, sign, *time)));
                }
                Filter::Between(column, Value::Number(low), Value::Number(high)) => {
                    times
                        .extend(name_of(column).into_iter().flat_map(|name| [(name, ">=", *low), (name, "<=", *high)]));
                }
                Filter::IsNull(Column::Field(Field::CloseTime)) => times.push(("closed", "=", OPEN)),
                Filter::Not(inner) if **inner == Filter::IsNull(Field::CloseTime.into()) => {
                    times.push(("closed", "<", OPEN));
                }
                Filter::Everything
                | Filter::Not(_)
                | Filter::And(_)
                | Filter::Or(_)
                | Filter::IsNull(_)
                | Filter::Compare(..)
                | Filter::In(..)
                | Filter::Between(..)
                | Filter::StartsWith(..)
                | Filter::Contains(..)
                | Filter::Words(..)
                | Filter::Member(..) => {}
            }
        }
        Self(times)
    }

    /// Whether the begin has a bound and the end has none: then open runs are looked for apart, because they are in the
    /// order of their begin.
    pub(super) fn part_open_runs(&self) -> bool {
        self.0.iter().any(|(name, ..)| *name == "started") && !self.0.iter().any(|(name, ..)| *name == "closed")
    }

    /// Of these, those of open runs, and those of the others.
    pub(super) fn parted(&self) -> [Self; 2] {
        ["=", "<"].map(|sign| Self([&self.0[..], &[("closed", sign, OPEN)]].concat()))
    }

    /// Adds those that the entries of a range can answer to a condition.
    pub(super) fn add_to(&self, range: &Range, condition: &mut String, parameters: &mut Vec<Cell>) {
        let table = range.index.table();
        for (name, sign, time) in self.0.iter().filter(|(name, ..)| range.has_times() || *name == "started") {
            condition.push_str(&format!(" AND {table}.{name} {sign} ?"));
            parameters.push(Cell::Number(*time));
        }
    }
}

fn name_of(column: &Column) -> Option<&'static str> {
    match column {
        Column::Field(Field::StartTime) => Some("started"),
        Column::Field(Field::CloseTime) => Some("closed"),
        Column::Field(_) | Column::Attribute { .. } => None,
    }
}

fn sign_of(comparison: Comparison) -> Option<&'static str> {
    match comparison {
        Comparison::Equal => Some("="),
        Comparison::Unequal => None,
        Comparison::Less => Some("<"),
        Comparison::AtMost => Some("<="),
        Comparison::Greater => Some(">"),
        Comparison::AtLeast => Some(">="),
    }
}
