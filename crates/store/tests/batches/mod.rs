//! Batches of which each is known by its number, so that what is stored says how many there were.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::sync::Arc;

use abide_model::Partition;
use abide_store::{Batch, CommitError, Fence, Scan, Space, Store, Urgency, Write};
use bytes::Bytes;
use tokio::sync::oneshot;

/// Rows by where they are.
pub type Rows = BTreeMap<(Space, Partition, Bytes), Bytes>;

/// The rows that batch `number` writes: one for itself, one that every batch overwrites, and every third deletes what the
/// one before it has written.
pub fn writes(number: u32) -> Vec<Write> {
    let key = |number: u32| Bytes::copy_from_slice(&number.to_be_bytes());
    let (space, partition) = (Space::Node, Partition(number as u16 % 5));
    let value = vec![number as u8; 50 + (number as usize * 37) % 6000].into();
    let mut writes = vec![
        Write::Put { space, partition, key: key(number), value },
        Write::Put { space: Space::Current, partition: Partition(9), key: key(0), value: key(number) },
    ];
    if number % 3 == 2 {
        let partition = Partition((number - 1) as u16 % 5);
        writes.push(Write::Delete { space, partition, key: key(number - 1) });
    }
    writes
}

/// What is stored after the first `count` batches.
pub fn expected(count: u32) -> Rows {
    let mut rows = Rows::new();
    for write in (0..count).flat_map(writes) {
        match write {
            Write::Put { space, partition, key, value } => drop(rows.insert((space, partition, key), value)),
            Write::Delete { space, partition, key } => drop(rows.remove(&(space, partition, key))),
            Write::DeleteRange { .. } => unreachable!("no batch deletes ranges"),
        }
    }
    rows
}

/// What is stored.
pub async fn found(store: &dyn Store) -> Rows {
    let mut rows = Rows::new();
    for space in [Space::Node, Space::Current] {
        let scan = Scan {
            space,
            partitions: 0..=99,
            from: Bytes::new(),
            to: None,
            after: None,
            limit: usize::MAX,
            reverse: false,
        };
        for row in store.scan(scan).await.expect("the store can be read") {
            rows.insert((space, row.partition, row.key), row.value);
        }
    }
    rows
}

/// How many batches there are in what is stored: the row that each overwrites tells.
pub fn count(stored: &Rows) -> u32 {
    let count = stored.get(&(Space::Current, Partition(9), Bytes::from_static(&[0; 4])));
    count.map_or(0, |value| u32::from_be_bytes(value[..].try_into().expect("four bytes")) + 1)
}

/// Queues a batch.
pub fn queue(store: &Arc<dyn Store>, fence: &Arc<Fence>, number: u32) -> oneshot::Receiver<Result<(), CommitError>> {
    let (tell, told) = oneshot::channel();
    let batch = Batch { fence: fence.clone(), writes: writes(number) };
    store.commit(batch, Urgency::Now, Box::new(move |outcome| drop(tell.send(outcome))));
    told
}

/// The right to write.
pub async fn acquire(store: &Arc<dyn Store>) -> Arc<Fence> {
    Arc::new(store.acquire(0..=99).await.expect("a fence"))
}
