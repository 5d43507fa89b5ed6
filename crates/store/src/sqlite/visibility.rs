//! Rows of lists inside the database: beside key and value their table has the columns that indexes need, and a second
//! table has the search attributes, one entry for every value, word or element. Whether a row is wanted is always said by
//! the one evaluator; the indexes only say which rows have to be looked at, and in which order. Counts that an index
//! answers exactly are left to it. What lies over the database is laid over what was found, as of one moment.

mod count;
mod find;
mod plan;
mod project;
mod range;
mod snapshot;
mod times;
mod verify;
mod way;

#[cfg(test)]
mod tests;

pub(super) use count::CountRead;
pub(super) use find::FindRead;
pub(super) use project::{Projection, upgrade};
pub(super) use verify::verify;

/// How open runs stand where times of closing stand, so that they come before all others.
const OPEN: i64 = i64::MAX;
