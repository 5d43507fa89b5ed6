//! What an owner can rely on when a commit fails: everything before it is stored, nothing behind it is, and after
//! acquiring again it can go on. The n-th call fails, for every n, until nothing fails.

use std::sync::Arc;

use super::{Case, EVERYTHING, acquire, commit, delete, dump, get, put, queue};
use crate::faults::{Fault, FaultyStore, Operation};
use crate::{CommitError, Space, Store, Urgency};

pub(super) const CASES: &[(&str, Case)] = &[
    ("behind a failed commit nothing is stored until the fence is acquired again", |store| Box::pin(nth_commit(store))),
    ("a store that was told to close writes nothing any more", |store| Box::pin(closed(store))),
    ("a failed read says so and harms nothing", |store| Box::pin(failed_read(store))),
];

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

async fn nth_commit(inner: Arc<dyn Store>) {
    for fault in [Fault::Failed, Fault::FailedButDone, Fault::FenceLost] {
        for nth in 1.. {
            if !fails_at(&inner, fault, nth).await {
                assert_eq!(nth, KEYS.len() as u64 + 1);
                break;
            }
        }
    }
}

/// Commits one row after another while the `nth` commit fails; false when nothing failed.
async fn fails_at(inner: &Arc<dyn Store>, fault: Fault, nth: u64) -> bool {
    let faulty = Arc::new(FaultyStore::around(inner.clone()));
    let store: Arc<dyn Store> = faulty.clone();
    let fence = acquire(&store, EVERYTHING).await;
    faulty.fail(Operation::Commit, nth, fault);
    let queued = KEYS.map(|key| queue(&store, &fence, vec![put(1, key, "1"), put(2, key, "1")], Urgency::Now));
    for (number, outcome) in (1..).zip(queued) {
        match outcome.await.unwrap() {
            Ok(()) => assert!(number < nth, "a commit behind a failed one succeeded"),
            Err(CommitError::Unknown(_)) => assert!(number >= nth && fault != Fault::FenceLost),
            Err(CommitError::FenceLost) => assert!(number >= nth && fault == Fault::FenceLost),
            Err(CommitError::Closed(why)) => panic!("{why}"),
        }
    }
    let stored = if fault == Fault::FailedButDone { nth } else { nth - 1 };
    let stored = usize::try_from(stored).unwrap().min(KEYS.len());
    let expected: Vec<String> = ["1", "2"]
        .iter()
        .flat_map(|partition| KEYS[..stored].iter().map(move |key| format!("{partition}/{key}=1")))
        .collect();
    assert_eq!(dump(&store).await, expected, "rows of one batch are stored together or not at all");

    let again = acquire(&store, EVERYTHING).await;
    let clear = KEYS.iter().flat_map(|key| [delete(1, key), delete(2, key)]).collect();
    commit(inner, &again, clear).await.unwrap();
    faulty.is_spent()
}

async fn closed(inner: Arc<dyn Store>) {
    let faulty = Arc::new(FaultyStore::around(inner));
    let store: Arc<dyn Store> = faulty.clone();
    let fence = acquire(&store, EVERYTHING).await;
    faulty.fail(Operation::Commit, 1, Fault::Closed);
    for _ in 0..2 {
        let refused = commit(&store, &fence, vec![put(1, "a", "1")]).await;
        assert!(matches!(refused, Err(CommitError::Closed(_))), "{refused:?}");
    }
    assert!(dump(&store).await.is_empty());
}

async fn failed_read(inner: Arc<dyn Store>) {
    let faulty = Arc::new(FaultyStore::around(inner));
    let store: Arc<dyn Store> = faulty.clone();
    let fence = acquire(&store, EVERYTHING).await;
    commit(&store, &fence, vec![put(1, "a", "1")]).await.unwrap();
    faulty.fail(Operation::Get, 2, Fault::Failed);
    assert_eq!(get(&store, 1, "a").await.as_deref(), Some("1"));
    assert!(store.get(Space::Node, abide_model::Partition(1), "a".into()).await.is_err());
    assert_eq!(get(&store, 1, "a").await.as_deref(), Some("1"));
    assert!(faulty.is_spent());
    assert_eq!(faulty.calls(Operation::Get), 3);
}
