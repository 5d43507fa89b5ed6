//! What lists and counts show. A query is a text that becomes a tree here; an index answers it. The embedded index is
//! rows of the store, one per run, written in the batch of the transition that changes them: a list right after a start
//! shows it. It knows no more of a run than the list shows.

#[cfg(any(test, feature = "conformance"))]
#[allow(clippy::unwrap_used, reason = "it is a test suite")]
pub mod conformance;
mod error;
#[cfg(test)]
mod fuzz;
mod index;
mod query;
mod row;
mod token;
mod visibility;

pub use error::ListError;
pub use index::{Index, StoreIndex};
pub use query::{Query, QueryError, predefined_attributes, system_attributes};
pub use row::{delete, info, write};
pub use visibility::{Count, Group, Page, Visibility};
