//! What must hold of a row, as a tree, and whether it does. As in SQL there is a third answer: a comparison with a value
//! that is not there is neither true nor false, and neither is its opposite. A list, or a text as words, always has an
//! answer: what is not there contains nothing.

use std::cmp::Ordering;

use super::column::{Column, Field};
use super::document::Document;
use super::value::{Raw, Value};

/// How two values are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// Whether it holds for values that stand to each other like this.
    pub fn holds(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::Unequal => ordering.is_ne(),
            Comparison::Less => ordering.is_lt(),
            Comparison::AtMost => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::AtLeast => ordering.is_ge(),
        }
    }
}

/// What must hold of a row.
#[derive(Clone, PartialEq, Debug)]
pub enum Filter {
    /// Nothing.
    Everything,
    /// The opposite.
    Not(Box<Filter>),
    /// All of these.
    And(Vec<Filter>),
    /// One of these.
    Or(Vec<Filter>),
    /// That there is no value.
    IsNull(Column),
    /// How a value compares.
    Compare(Column, Comparison, Value),
    /// That a value is one of these.
    In(Column, Vec<Value>),
    /// That a value is not less than the first and not greater than the second.
    Between(Column, Value, Value),
    /// That a text begins like this.
    StartsWith(Column, String),
    /// That this stands somewhere in a text, or in one of several keywords.
    Contains(Column, String),
    /// That a text has one of these words, which are in lower case.
    Words(Column, Vec<String>),
    /// That one of several keywords is one of these.
    Member(Column, Vec<String>),
}

impl Filter {
    /// Whether a row is wanted.
    pub fn passes(&self, document: &Document<'_>) -> bool {
        self.test(document) == Some(true)
    }

    /// Whether it holds; none when that cannot be said.
    fn test(&self, document: &Document<'_>) -> Option<bool> {
        match self {
            Filter::Everything => Some(true),
            Filter::Not(filter) => filter.test(document).map(|holds| !holds),
            Filter::And(filters) => any(filters, document, Some(false)),
            Filter::Or(filters) => any(filters, document, Some(true)),
            Filter::IsNull(column) => Some(document.get(column).is_none()),
            Filter::Compare(column, comparison, value) => {
                compare(document, column, value).map(|ordering| comparison.holds(ordering))
            }
            Filter::In(column, values) => {
                let found = document.compared(column)?;
                Some(values.iter().any(|value| found.compare(&value.as_raw()) == Some(Ordering::Equal)))
            }
            Filter::Between(column, low, high) => {
                let found = document.compared(column)?;
                let (low, high) = (found.compare(&low.as_raw())?, found.compare(&high.as_raw())?);
                Some(low.is_ge() && high.is_le())
            }
            Filter::StartsWith(column, prefix) => text(document, column).map(|text| text.starts_with(prefix)),
            Filter::Contains(column, part) => match document.get(column) {
                Some(Raw::Text(text)) => Some(text.contains(part)),
                Some(Raw::List(list)) => Some(list.iter().any(|text| text.contains(part))),
                Some(Raw::Number(_) | Raw::Real(_) | Raw::Bool(_)) | None => None,
            },
            Filter::Words(column, wanted) => {
                Some(text(document, column).is_some_and(|text| split(text).any(|word| is_one_of(word, wanted))))
            }
            Filter::Member(column, wanted) => Some(match document.get(column) {
                Some(Raw::List(list)) => list.iter().any(|text| wanted.iter().any(|wanted| wanted == text)),
                Some(_) | None => false,
            }),
        }
    }

    /// Whether a column is named anywhere.
    pub fn mentions(&self, wanted: &Column) -> bool {
        match self {
            Filter::Everything => false,
            Filter::Not(filter) => filter.mentions(wanted),
            Filter::And(filters) | Filter::Or(filters) => filters.iter().any(|filter| filter.mentions(wanted)),
            Filter::IsNull(column)
            | Filter::Compare(column, ..)
            | Filter::In(column, _)
            | Filter::Between(column, ..)
            | Filter::StartsWith(column, _)
            | Filter::Contains(column, _)
            | Filter::Words(column, _)
            | Filter::Member(column, _) => column == wanted,
        }
    }

    /// Both.
    pub fn and(self, other: Filter) -> Filter {
        match (self, other) {
            (Filter::Everything, other) | (other, Filter::Everything) => other,
            (Filter::And(mut filters), other) => {
                filters.push(other);
                Filter::And(filters)
            }
            (one, other) => Filter::And(vec![one, other]),
        }
    }

    /// That a run is a user's workflow, and not what the server itself keeps in a division of the namespace.
    pub fn is_workflow() -> Filter {
        Filter::IsNull(Field::NamespaceDivision.into())
    }
}

/// The answer that decides, if one of them gives it; otherwise the opposite, unless one does not know.
fn any(filters: &[Filter], document: &Document<'_>, decides: Option<bool>) -> Option<bool> {
    let mut all_known = true;
    for filter in filters {
        let holds = filter.test(document);
        if holds == decides {
            return decides;
        }
        all_known &= holds.is_some();
    }
    if all_known { decides.map(|decides| !decides) } else { None }
}

fn compare(document: &Document<'_>, column: &Column, value: &Value) -> Option<Ordering> {
    document.compared(column)?.compare(&value.as_raw())
}

fn text<'a>(document: &'a Document<'_>, column: &Column) -> Option<&'a str> {
    match document.get(column)? {
        Raw::Text(text) => Some(text),
        Raw::Number(_) | Raw::Real(_) | Raw::Bool(_) | Raw::List(_) => None,
    }
}

/// The words of a text, in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    split(text).map(str::to_lowercase)
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn is_one_of(word: &str, wanted: &[String]) -> bool {
    if word.is_ascii() {
        wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(word))
    } else {
        let word = word.to_lowercase();
        wanted.contains(&word)
    }
}
