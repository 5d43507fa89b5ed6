//! What answers queries. The embedded index is the store itself: it finds rows by their columns.

use std::sync::Arc;

use abide_store::search::{Found, Group, Plan, Search, Tally};
use abide_store::{BoxFuture, Error, Store};

/// What finds and counts the runs of a namespace. Every index passes [`crate::conformance`].
pub trait Index: Send + Sync + 'static {
    /// A page of runs, as one moment left them.
    fn find(&self, search: Search) -> BoxFuture<'_, Result<Found, Error>>;

    /// How many runs there are, exactly.
    fn count(&self, tally: Tally) -> BoxFuture<'_, Result<(Vec<Group>, Plan), Error>>;
}

/// The index that is part of the store.
#[derive(Clone)]
pub struct StoreIndex(pub Arc<dyn Store>);

impl Index for StoreIndex {
    fn find(&self, search: Search) -> BoxFuture<'_, Result<Found, Error>> {
        self.0.find(search)
    }

    fn count(&self, tally: Tally) -> BoxFuture<'_, Result<(Vec<Group>, Plan), Error>> {
        self.0.count(tally)
    }
}
