//! Of two owners, only the newer one can write.

use std::sync::Arc;

use abide_model::Partition;

use super::{Case, EVERYTHING, acquire, commit, dump, put, queue};
use crate::{CommitError, Fence, Store, Urgency};

pub(super) const CASES: &[(&str, Case)] = &[
    ("a fenced-out owner commits nothing", |store| Box::pin(fenced_out(store))),
    ("owners of different partitions do not disturb each other", |store| Box::pin(side_by_side(store))),
    ("what was queued before an acquisition is kept", |store| Box::pin(queued_before(store))),
    ("any owner may write rows of no workflow", |store| Box::pin(shared_rows(store))),
    ("a fence that nobody gave out is void", |store| Box::pin(made_up(store))),
];

async fn fenced_out(store: Arc<dyn Store>) {
    let old = acquire(&store, 0..=99).await;
    commit(&store, &old, vec![put(1, "a", "old")]).await.unwrap();
    let new = acquire(&store, 50..=60).await;
    assert!(new.epoch > old.epoch);
    let refused = commit(&store, &old, vec![put(1, "a", "late"), put(2, "b", "late")]).await;
    assert!(matches!(refused, Err(CommitError::FenceLost)), "{refused:?}");
    commit(&store, &new, vec![put(50, "c", "new")]).await.unwrap();
    assert_eq!(dump(&store).await, ["1/a=old", "50/c=new"]);
}

async fn side_by_side(store: Arc<dyn Store>) {
    let low = acquire(&store, 0..=99).await;
    let high = acquire(&store, 100..=199).await;
    commit(&store, &low, vec![put(1, "a", "low")]).await.unwrap();
    commit(&store, &high, vec![put(100, "a", "high")]).await.unwrap();
    assert_eq!(dump(&store).await, ["1/a=low", "100/a=high"]);
}

async fn queued_before(store: Arc<dyn Store>) {
    let old = acquire(&store, 0..=99).await;
    let mut queued = queue(&store, &old, vec![put(1, "a", "old")], Urgency::Lazy);
    acquire(&store, 0..=99).await;
    queued.try_recv().expect("told before the acquisition").unwrap();
    assert_eq!(dump(&store).await, ["1/a=old"]);
}

async fn shared_rows(store: Arc<dyn Store>) {
    let low = acquire(&store, 0..=99).await;
    let high = acquire(&store, 100..=199).await;
    let shared = Partition::SHARED.0;
    commit(&store, &low, vec![put(1, "a", "1"), put(shared, "a", "low")]).await.unwrap();
    commit(&store, &high, vec![put(shared, "b", "high")]).await.unwrap();
    assert_eq!(dump(&store).await, ["1/a=1", "4096/a=low", "4096/b=high"]);
}

async fn made_up(store: Arc<dyn Store>) {
    let fence = acquire(&store, EVERYTHING).await;
    let made_up = Arc::new(Fence { epoch: fence.epoch + 1, partitions: EVERYTHING });
    let refused = commit(&store, &made_up, vec![put(1, "a", "1")]).await;
    assert!(matches!(refused, Err(CommitError::FenceLost)), "{refused:?}");
    assert!(dump(&store).await.is_empty());
}
