//! What a filter can tell by a summary alone: rows that it holds back are not wanted; those that it lets through may be.

use super::column::{Column, Field};
use super::filter::{Comparison, Filter};
use super::summary::{Summary, signature, statuses};
use super::value::Value;

/// See the file's first line.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Sieve {
    /// Nothing can be told.
    Open,
    /// Begun between these times.
    Started(i64, i64),
    /// Ended between these times.
    Closed(i64, i64),
    /// With one of these statuses.
    Statuses(u32),
    /// With the value that has this signature.
    Value(u128),
    /// Through all of these.
    All(Vec<Sieve>),
    /// Through one of these.
    Any(Vec<Sieve>),
}

impl Sieve {
    /// Of a filter.
    pub(crate) fn of(filter: &Filter) -> Self {
        match filter {
            Filter::And(filters) => {
                Sieve::All(filters.iter().map(Sieve::of).filter(|one| *one != Sieve::Open).collect())
            }
            Filter::Or(filters) => Sieve::any(filters.iter().map(Sieve::of)),
            // Open runs end later than all others.
            Filter::IsNull(Column::Field(Field::CloseTime)) => Sieve::Closed(i64::MAX, i64::MAX),
            Filter::Compare(column, comparison, value) => Sieve::compared(column, *comparison, value),
            Filter::In(column, values) => {
                Sieve::any(values.iter().map(|value| Sieve::compared(column, Comparison::Equal, value)))
            }
            Filter::Between(column, low, high) => Sieve::All(vec![
                Sieve::compared(column, Comparison::AtLeast, low),
                Sieve::compared(column, Comparison::AtMost, high),
            ]),
            Filter::Member(column, wanted) => Sieve::any(
                wanted.iter().map(|text| Sieve::compared(column, Comparison::Equal, &Value::Text(text.clone()))),
            ),
            Filter::Everything
            | Filter::Not(_)
            | Filter::IsNull(_)
            | Filter::StartsWith(..)
            | Filter::Contains(..)
            | Filter::Words(..) => Sieve::Open,
        }
    }

    /// Whether one of the rows may pass.
    pub(crate) fn may_pass(&self, summary: &Summary) -> bool {
        let meets = |(first, last): (i64, i64), low: i64, high: i64| first <= high && low <= last;
        match self {
            Sieve::Open => true,
            Sieve::Started(low, high) => meets(summary.started, *low, *high),
            Sieve::Closed(low, high) => meets(summary.closed, *low, *high),
            Sieve::Statuses(statuses) => summary.may_have_status(*statuses),
            Sieve::Value(signature) => summary.may_have(*signature),
            Sieve::All(all) => all.iter().all(|one| one.may_pass(summary)),
            Sieve::Any(any) => any.iter().any(|one| one.may_pass(summary)),
        }
    }

    fn any(sieves: impl Iterator<Item = Sieve>) -> Self {
        let sieves: Vec<Sieve> = sieves.collect();
        if sieves.contains(&Sieve::Open) { Sieve::Open } else { Sieve::Any(sieves) }
    }

    fn compared(column: &Column, comparison: Comparison, value: &Value) -> Self {
        match (column, value) {
            (Column::Field(Field::StartTime), Value::Number(time)) => between(comparison, *time, Sieve::Started),
            (Column::Field(Field::CloseTime), Value::Number(time)) => between(comparison, *time, Sieve::Closed),
            (Column::Field(Field::ExecutionStatus), Value::Number(wanted)) => {
                Sieve::Statuses(statuses(|status| comparison.holds(status.cmp(wanted))))
            }
            (column, value) if comparison == Comparison::Equal => {
                signature(column, value.as_raw()).map_or(Sieve::Open, Sieve::Value)
            }
            (_, _) => Sieve::Open,
        }
    }
}

fn between(comparison: Comparison, time: i64, of: impl Fn(i64, i64) -> Sieve) -> Sieve {
    match comparison {
        Comparison::Equal => of(time, time),
        Comparison::Unequal => Sieve::Open,
        Comparison::Less | Comparison::AtMost => of(i64::MIN, time),
        Comparison::Greater | Comparison::AtLeast => of(time, i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Record;
    use crate::key::{Key, VisibilityKey, VisibilityRecord};
    use crate::search::{Columns, Document, Kind};
    use abide_model::{NamespaceId, RunId, Timestamp};
    use bytes::Bytes;
    use uuid::Uuid;

    fn row(number: i64) -> (Bytes, Bytes) {
        let key = VisibilityKey {
            namespace: NamespaceId(Uuid::nil()),
            started_at: Timestamp { nanos: number },
            run_id: RunId(Uuid::from_u128(1)),
        };
        let mut columns = Columns::new();
        columns.text(Field::WorkflowId, &format!("order-{number}"));
        if number % 2 == 0 {
            columns.number(Field::CloseTime, number + 10);
        }
        columns.number(Field::ExecutionStatus, number % 4);
        columns.attribute("Size", Kind::Int, number.to_string().as_bytes());
        columns.attribute("Weight", Kind::Double, format!("{number}.0").as_bytes());
        columns.attribute("Tags", Kind::KeywordList, format!("[\"all\",\"tag{number}\"]").as_bytes());
        let record = VisibilityRecord { info: Bytes::new(), columns: columns.finish() };
        (key.encode(), record.to_value())
    }

    fn filters(number: i64) -> Vec<Filter> {
        let attribute = |name: &str, kind| Column::Attribute { name: name.into(), kind };
        let equal = |column, value| Filter::Compare(column, Comparison::Equal, value);
        let started = |comparison| Filter::Compare(Field::StartTime.into(), comparison, Value::Number(number));
        vec![
            equal(Field::WorkflowId.into(), Value::Text(format!("order-{number}"))),
            equal(attribute("Size", Kind::Int), Value::Number(number)),
            equal(attribute("Weight", Kind::Double), Value::Number(number)),
            equal(attribute("Weight", Kind::Double), Value::Real(number as f64)),
            Filter::Member(attribute("Tags", Kind::KeywordList), vec!["none".into(), format!("tag{number}")]),
            Filter::IsNull(Field::CloseTime.into()),
            Filter::Compare(Field::CloseTime.into(), Comparison::Greater, Value::Number(number)),
            Filter::In(Field::ExecutionStatus.into(), vec![Value::Number(1), Value::Number(3)]),
            Filter::Compare(Field::ExecutionStatus.into(), Comparison::Less, Value::Number(2)),
            Filter::Between(Field::StartTime.into(), Value::Number(number - 1), Value::Number(number + 1)),
            started(Comparison::Equal),
            Filter::Not(Box::new(started(Comparison::Less))),
            Filter::Or(vec![started(Comparison::Greater), started(Comparison::AtMost)]),
            Filter::And(vec![started(Comparison::AtLeast), Filter::IsNull(Field::CloseTime.into())]),
        ]
    }

    #[test]
    fn what_a_sieve_holds_back_is_not_wanted() {
        let mut held_back = 0;
        for filter in (0..40).flat_map(filters) {
            let sieve = Sieve::of(&filter);
            let mut all = Summary::NOTHING;
            let mut one_passes = false;
            for (key, value) in (0..40).map(row) {
                let columns = VisibilityRecord::columns_in(&value).unwrap();
                let passes = filter.passes(&Document::of(&key, &columns).unwrap());
                let summary = Summary::of(&key, &value);
                assert!(!passes || sieve.may_pass(&summary), "{filter:?}");
                held_back += usize::from(!sieve.may_pass(&summary));
                all = all.and(summary);
                one_passes |= passes;
            }
            assert!(!one_passes || sieve.may_pass(&all), "{filter:?}");
        }
        assert!(held_back > 10_000, "only {held_back} rows were held back");
    }

    #[test]
    fn a_row_that_cannot_be_read_passes_every_sieve() {
        let (key, _) = row(1);
        for filter in filters(1) {
            assert!(Sieve::of(&filter).may_pass(&Summary::of(&key, b"")));
        }
    }
}
