//! Rows in key order inside partitions, one atomic batch at a time. The store knows rows, not workflows.

pub mod check;
pub mod committer;
#[cfg(any(test, feature = "conformance"))]
#[allow(clippy::unwrap_used, reason = "it is a test suite")]
pub mod conformance;
pub mod faults;
pub mod key;
pub mod memory;
pub mod record;
pub mod row;
pub mod search;
pub mod sqlite;

mod walk;

pub use faults::FaultyStore;
pub use memory::MemoryStore;
pub use record::Record;
pub use row::{Batch, BoxFuture, CommitError, Completion, Error, Fence, Row, Scan, Space, Store, Urgency, Write};
pub use sqlite::SqliteStore;
