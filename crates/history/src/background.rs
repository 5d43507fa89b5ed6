//! Errands of the shards: reads of the store and waits for workers that must not hold up a shard. Every one has a name,
//! and closing ends them all.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tracing::{Instrument, debug_span};

/// The errands that are under way.
pub(crate) struct Background {
    runtime: Handle,
    errands: Mutex<JoinSet<()>>,
}

impl Background {
    /// On the runtime that this is called on.
    pub(crate) fn new() -> Self {
        Self { runtime: Handle::current(), errands: Mutex::default() }
    }

    /// Runs an errand. May be called from any thread.
    pub(crate) fn spawn(&self, name: &'static str, errand: impl Future<Output = ()> + Send + 'static) {
        let mut errands = self.errands.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(ended) = errands.try_join_next() {
            if let Err(error) = ended
                && !error.is_cancelled()
            {
                tracing::error!(%error, "errand failed");
            }
        }
        errands.spawn_on(errand.instrument(debug_span!("errand", name)), &self.runtime);
    }

    /// Ends all errands.
    pub(crate) fn close(&self) {
        self.errands.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}
