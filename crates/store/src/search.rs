//! Finding and counting the rows of lists by what stands in their columns. A row carries its columns in a form that is
//! read without decoding the rest; here are that form, the filter as a tree, the one evaluator of it, and how a page is
//! chosen. Names and texts of queries are not known here. Drivers may find rows in any way that gives the same answer.

mod column;
mod document;
mod filter;
mod order;
mod select;
mod sieve;
mod summary;
mod value;

pub use column::{Column, Field, Kind};
pub use document::{Columns, Document, List, closed_at};
pub use filter::{Comparison, Filter, words};
pub use order::{Cursor, Direction, Order};
pub use select::{Found, Group, Plan, Search, Tally};
pub(crate) use select::{Groups, Selection, all_of, group_all, select_all};
pub(crate) use sieve::Sieve;
pub(crate) use summary::Summary;
pub use value::{Raw, Value};
