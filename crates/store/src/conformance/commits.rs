//! Batches are atomic, in order, and the last write of a row wins.

use std::sync::{Arc, Mutex};

use abide_model::Partition;

use super::{Case, EVERYTHING, SPACE, acquire, commit, delete, dump, get, put, queue};
use crate::{Batch, CommitError, Space, Store, Urgency, Write};

pub(super) const CASES: &[(&str, Case)] = &[
    ("a committed batch can be read as soon as its completion runs", |store| Box::pin(readable(store))),
    ("a later write of the same row wins, also within one batch", |store| Box::pin(overwritten(store))),
    ("a range deletion takes exactly its range", |store| Box::pin(range_deletion(store))),
    ("spaces and partitions do not see each other's rows", |store| Box::pin(separate(store))),
    ("keys and values may hold any bytes, also none", |store| Box::pin(any_bytes(store))),
    ("completions run in the order of commits, lazy ones too", |store| Box::pin(in_order(store))),
    ("a lazy batch becomes durable without anybody else", |store| Box::pin(lazy_alone(store))),
    ("an empty batch is told after those before it", |store| Box::pin(empty_batch(store))),
    ("a closed store has kept what was queued and refuses the rest", |store| Box::pin(closed(store))),
];

async fn readable(store: Arc<dyn Store>) {
    let fence = acquire(&store, EVERYTHING).await;
    commit(&store, &fence, vec![put(1, "a", "1"), put(2, "b", "2")]).await.unwrap();
    assert_eq!(get(&store, 1, "a").await.as_deref(), Some("1"));
    assert_eq!(get(&store, 2, "b").await.as_deref(), Some("2"));
    assert_eq!(get(&store, 1, "b").await, None);
    assert_eq!(store.waiting_bytes(), 0);
}

async fn overwritten(store: Arc<dyn Store>) {
    let fence = acquire(&store, EVERYTHING).await;
    let batch = vec![put(1, "a", "1"), put(1, "b", "1"), put(1, "a", "2"), delete(1, "b"), put(1, "c", "1")];
    commit(&store, &fence, batch).await.unwrap();
    assert_eq!(dump(&store).await, ["1/a=2", "1/c=1"]);
    let first = queue(&store, &fence, vec![put(1, "a", "3"), delete(1, "c")], Urgency::Now);
    let second = queue(&store, &fence, vec![delete(1, "a"), put(1, "c", "2")], Urgency::Now);
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(dump(&store).await, ["1/c=2"]);
    commit(&store, &fence, vec![delete(1, "missing")]).await.unwrap();
}

async fn range_deletion(store: Arc<dyn Store>) {
    let fence = acquire(&store, EVERYTHING).await;
    let rows = vec![put(1, "a", "1"), put(1, "b", "1"), put(1, "bb", "1"), put(1, "c", "1"), put(2, "b", "1")];
    commit(&store, &fence, rows).await.unwrap();
    let range = |from: &'static str, to: &'static str| Write::DeleteRange {
        space: SPACE,
        partition: Partition(1),
        from: from.into(),
        to: to.into(),
    };
    commit(&store, &fence, vec![range("b", "b")]).await.unwrap();
    assert_eq!(dump(&store).await.len(), 5, "an empty range deletes nothing");
    let batch = vec![put(1, "ba", "gone"), range("b", "c"), put(1, "b", "2")];
    commit(&store, &fence, batch).await.unwrap();
    assert_eq!(dump(&store).await, ["1/a=1", "1/b=2", "1/c=1", "2/b=1"]);
}

async fn separate(store: Arc<dyn Store>) {
    let fence = acquire(&store, EVERYTHING).await;
    let of = |space: Space, partition: u16| Write::Put {
        space,
        partition: Partition(partition),
        key: "key".into(),
        value: format!("{space:?} {partition}").into(),
    };
    let writes = Space::ALL.into_iter().flat_map(|space| [of(space, 0), of(space, 7)]).collect();
    commit(&store, &fence, writes).await.unwrap();
    for space in Space::ALL {
        for partition in [0, 7] {
            let value = store.get(space, Partition(partition), "key".into()).await.unwrap();
            assert_eq!(value.unwrap(), format!("{space:?} {partition}"));
        }
        assert_eq!(store.get(space, Partition(1), "key".into()).await.unwrap(), None);
    }
}

async fn any_bytes(store: Arc<dyn Store>) {
    let fence = acquire(&store, EVERYTHING).await;
    let keys: [&'static [u8]; 5] = [b"", b"\0", b"\0\0", b"\xff\xff", b"a'b\"c"];
    let put = |key: &'static [u8]| Write::Put {
        space: SPACE,
        partition: Partition(3),
        key: key.into(),
        value: key.repeat(3).into(),
    };
    commit(&store, &fence, keys.map(put).into()).await.unwrap();
    for key in keys {
        let value = store.get(SPACE, Partition(3), key.into()).await.unwrap();
        assert_eq!(value.as_deref(), Some(&key.repeat(3)[..]), "{key:?}");
    }
}

async fn in_order(store: Arc<dyn Store>) {
    let fence = acquire(&store, EVERYTHING).await;
    let seen: Arc<Mutex<Vec<u32>>> = Arc::default();
    for number in 0..200 {
        let seen = seen.clone();
        let done = Box::new(move |outcome: Result<(), CommitError>| {
            outcome.unwrap();
            seen.lock().unwrap().push(number);
        });
        let urgency = if number % 3 == 0 { Urgency::Lazy } else { Urgency::Now };
        store.commit(Batch { fence: fence.clone(), writes: vec![put(1, "a", "1")] }, urgency, done);
    }
    commit(&store, &fence, vec![put(1, "b", "1")]).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), (0..200).collect::<Vec<_>>());
}

async fn lazy_alone(store: Arc<dyn Store>) {
    let fence = acquire(&store, EVERYTHING).await;
    queue(&store, &fence, vec![put(1, "a", "1")], Urgency::Lazy).await.unwrap().unwrap();
    assert_eq!(dump(&store).await, ["1/a=1"]);
}

async fn empty_batch(store: Arc<dyn Store>) {
    let fence = acquire(&store, EVERYTHING).await;
    let mut first = queue(&store, &fence, vec![put(1, "a", "1")], Urgency::Now);
    commit(&store, &fence, Vec::new()).await.unwrap();
    first.try_recv().expect("told before").unwrap();
}

async fn closed(store: Arc<dyn Store>) {
    let fence = acquire(&store, EVERYTHING).await;
    let mut queued = queue(&store, &fence, vec![put(1, "a", "1")], Urgency::Lazy);
    store.close().await.unwrap();
    queued.try_recv().expect("told before the store is closed").unwrap();
    let refused = commit(&store, &fence, vec![put(1, "b", "1")]).await;
    assert!(matches!(refused, Err(CommitError::Closed(_))), "{refused:?}");
    assert!(store.acquire(EVERYTHING).await.is_err());
}
