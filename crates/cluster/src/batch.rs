//! The registry of batches: known on every node, in memory.

use std::sync::Arc;

use abide_engine::batch::{Batch, Command, Start};
use abide_model::NamespaceId;

use crate::{BoxFuture, Error};

/// The registry of batches. Reads are from memory and see every acknowledged change.
pub trait Batches: Send + Sync + 'static {
    /// Begins one, if fewer than `running_max` run in its namespace. Errors: `AlreadyStarted`, `TooManyBatches`.
    fn start(&self, start: Start, running_max: usize) -> BoxFuture<'_, Result<Arc<Batch>, Error>>;

    /// Asks one. Errors: `RunNotFound`, as for the workflow that a batch is in the reference; `Rejected(Closed)` when it
    /// has ended.
    fn ask(&self, namespace: NamespaceId, job_id: String, command: Command)
    -> BoxFuture<'_, Result<Arc<Batch>, Error>>;

    /// By its id. Errors: `RunNotFound`.
    fn get(&self, namespace: NamespaceId, job_id: &str) -> Result<Arc<Batch>, Error>;

    /// Those of a namespace: running ones first, then those that ended last, then those that began last.
    fn list(&self, namespace: NamespaceId) -> Vec<Arc<Batch>>;

    /// Those of all namespaces that run.
    fn running(&self) -> Vec<Arc<Batch>>;

    /// Returns when one has begun since the last time that this was asked.
    fn begun(&self) -> BoxFuture<'_, ()>;
}
