//! What every index must answer, as one suite. Run it with [`all`] and a function that makes an empty one. What queries
//! mean was asked of the reference server, where it has the query.

mod answers;
mod counts;
mod pages;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use abide_model::NamespaceId;
use abide_store::{Batch, BoxFuture, Fence, Store, Urgency, Write};
use tokio::sync::oneshot;

use crate::{Count, Index, ListError, Page, StoreIndex, Visibility};
pub use rows::{CUSTOM, Example};

/// An index under test, and how rows get into it.
pub struct Subject {
    /// What lists and counts.
    pub visibility: Visibility,
    /// Makes writes of rows true, and visible to the index.
    pub write: Box<dyn Fn(Vec<Write>) -> BoxFuture<'static, ()> + Send + Sync>,
}

type Case = fn(Subject) -> BoxFuture<'static, ()>;

/// Runs every case on an index of its own. Panics at the first that fails, after naming it on standard error.
pub async fn all<F: Future<Output = Subject>>(empty: impl Fn() -> F) {
    for cases in [answers::CASES, pages::CASES, counts::CASES] {
        for (name, case) in cases {
            let named = Named(name);
            case(empty().await).await;
            drop(named);
        }
    }
}

impl Subject {
    /// The index that is part of a store.
    pub async fn of(store: Arc<dyn Store>) -> Self {
        let fence = Arc::new(store.acquire(0..=0).await.expect("the store gives out fences"));
        let index: Arc<dyn Index> = Arc::new(StoreIndex(store.clone()));
        let write = move |writes| -> BoxFuture<'static, ()> { Box::pin(commit(store.clone(), fence.clone(), writes)) };
        Self { visibility: Visibility::new(index), write: Box::new(write) }
    }

    /// Shows runs as they are now.
    pub async fn show(&self, examples: &[Example]) {
        (self.write)(examples.iter().map(Example::write).collect()).await;
    }

    /// The pages of a list, as the runs' numbers.
    pub async fn pages(&self, query: &str, size: usize) -> Vec<Vec<u32>> {
        let (mut pages, mut token) = (Vec::new(), Vec::new());
        loop {
            let page = self.page(query, size, &token).await.unwrap_or_else(|error| panic!("{query}: {error}"));
            pages.push(page.executions.iter().map(rows::number).collect());
            token = page.next_page_token;
            if token.is_empty() {
                return pages;
            }
        }
    }

    /// One page.
    pub async fn page(&self, query: &str, size: usize, token: &[u8]) -> Result<Page, ListError> {
        self.visibility.list(rows::NAMESPACE, &custom(), query, size, token).await
    }

    /// All runs of a list, as their numbers.
    pub async fn list(&self, query: &str) -> Vec<u32> {
        self.pages(query, 100).await.concat()
    }

    /// A count.
    pub async fn count(&self, query: &str) -> Result<Count, ListError> {
        self.visibility.count(rows::NAMESPACE, &custom(), query).await
    }

    /// A count in another namespace, which nobody has written to.
    async fn count_elsewhere(&self) -> u64 {
        let elsewhere = NamespaceId(uuid::Uuid::from_u128(8));
        self.visibility.count(elsewhere, &custom(), "").await.expect("the index can be read").total
    }
}

async fn commit(store: Arc<dyn Store>, fence: Arc<Fence>, writes: Vec<Write>) {
    let (tell, told) = oneshot::channel();
    let done = Box::new(move |outcome| tell.send(outcome).expect("the suite waits for every commit"));
    store.commit(Batch { fence, writes }, Urgency::Now, done);
    told.await.expect("every completion runs").expect("the store can be written");
}

/// The search attributes of the namespace under test.
pub fn custom() -> BTreeMap<String, i32> {
    CUSTOM.iter().map(|(name, kind)| ((*name).to_owned(), *kind as i32)).collect()
}

/// Says which case it was when it panics.
struct Named(&'static str);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this index does not conform: {}", self.0);
        }
    }
}
