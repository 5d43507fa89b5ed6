//! Values: as they stand in a row, and as constants of a filter. Text sorts by its bytes; whole numbers and others
//! compare exactly.

use std::cmp::Ordering;

use super::document::List;

/// A value as it stands in a row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Raw<'a> {
    /// Of a text or keyword.
    Text(&'a str),
    /// Of a whole number or a time.
    Number(i64),
    /// Of a number.
    Real(f64),
    /// Of true or false.
    Bool(bool),
    /// Of several keywords.
    List(List<'a>),
}

/// A constant, or a value that was copied out of a row.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number, or a time.
    Number(i64),
    /// A number. Never NaN.
    Real(f64),
    /// True or false.
    Bool(bool),
}

impl Value {
    /// The value, to compare with.
    pub fn as_raw(&self) -> Raw<'_> {
        match self {
            Value::Text(text) => Raw::Text(text),
            Value::Number(number) => Raw::Number(*number),
            Value::Real(real) => Raw::Real(*real),
            Value::Bool(value) => Raw::Bool(*value),
        }
    }
}

impl Raw<'_> {
    /// How two values stand to each other; none when they are of different sorts.
    pub fn compare(&self, other: &Raw<'_>) -> Option<Ordering> {
        match (self, other) {
            (Raw::Text(one), Raw::Text(other)) => Some(one.cmp(other)),
            (Raw::Number(one), Raw::Number(other)) => Some(one.cmp(other)),
            (Raw::Real(one), Raw::Real(other)) => one.partial_cmp(other),
            (Raw::Number(one), Raw::Real(other)) => exactly(*one, *other),
            (Raw::Real(one), Raw::Number(other)) => exactly(*other, *one).map(Ordering::reverse),
            (Raw::Bool(one), Raw::Bool(other)) => Some(one.cmp(other)),
            (Raw::Text(_) | Raw::Number(_) | Raw::Real(_) | Raw::Bool(_) | Raw::List(_), _) => None,
        }
    }

    /// A copy to sort by; of several keywords the smallest.
    pub fn to_value(self) -> Option<Value> {
        match self {
            Raw::Text(text) => Some(Value::Text(text.to_owned())),
            Raw::Number(number) => Some(Value::Number(number)),
            Raw::Real(real) => Some(Value::Real(real)),
            Raw::Bool(value) => Some(Value::Bool(value)),
            Raw::List(list) => list.iter().min().map(|text| Value::Text(text.to_owned())),
        }
    }
}

/// Beyond 53 bits a whole number has no equal among the others, so it must not be turned into one.
fn exactly(whole: i64, real: f64) -> Option<Ordering> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if real.is_nan() {
        None
    } else if real >= BEYOND {
        Some(Ordering::Less)
    } else if real < -BEYOND {
        Some(Ordering::Greater)
    } else {
        let rest = real - real.trunc();
        Some(whole.cmp(&(real.trunc() as i64)).then(0.0.partial_cmp(&rest)?))
    }
}
