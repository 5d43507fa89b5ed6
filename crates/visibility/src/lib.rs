//! What lists and counts show. The embedded index is rows of the store, one per run, written in the batch of the
//! transition that changes them: a list right after a start shows it. It knows no more of a run than the list shows.

mod error;
mod filter;
mod index;
mod token;

pub use error::ListError;
pub use index::{Index, Page, delete, write};
