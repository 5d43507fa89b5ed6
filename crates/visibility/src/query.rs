//! The query language: `WorkflowType = 'x' AND CustomInt > 3 ORDER BY StartTime DESC`. A text becomes tokens, these an
//! expression without types, and that a tree of columns and typed values, which every index answers in its own way.
//! What a query may say stands in `docs/visibility.md`.

mod expression;
mod names;
mod resolve;
mod token;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use abide_store::search::{Column, Filter, Order};

pub(crate) use names::{DIVISION, predefined};
pub use names::{predefined_attributes, system_attributes};
pub(crate) use value::status_name;

/// A query that can be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Which runs.
    pub filter: Filter,
    /// In which order; nothing leaves it to the index.
    pub orders: Vec<Order>,
    /// What counts are grouped by.
    pub groups: Vec<Column>,
}

/// Why a text is not a query: the caller's doing. The text begins with `invalid query: `, and says where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError(pub(crate) String);

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid query: {}", self.0)
    }
}

impl std::error::Error for QueryError {}

impl Query {
    /// Reads a query. `custom` are the namespace's own search attributes: name to `IndexedValueType`. Unless the query
    /// speaks of `TemporalNamespaceDivision`, only users' workflows are meant.
    pub fn parse(text: &str, custom: &BTreeMap<String, i32>) -> Result<Query, QueryError> {
        let parsed = expression::parse(text)?;
        resolve::resolve(text, parsed, custom)
    }

    /// As [`Query::parse`], of a list: it has no groups.
    pub fn list(text: &str, custom: &BTreeMap<String, i32>) -> Result<Query, QueryError> {
        let query = Self::parse(text, custom)?;
        if query.groups.is_empty() {
            Ok(query)
        } else {
            Err(QueryError("operation is not supported: 'GROUP BY' clause".into()))
        }
    }

    /// As [`Query::parse`], of a count: it has no order.
    pub fn count(text: &str, custom: &BTreeMap<String, i32>) -> Result<Query, QueryError> {
        let query = Self::parse(text, custom)?;
        if query.orders.is_empty() {
            Ok(query)
        } else {
            Err(QueryError("operation is not supported: 'ORDER BY' clause".into()))
        }
    }
}
