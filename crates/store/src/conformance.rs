//! What every store must do, as one suite that all drivers pass. Run it with [`all`] and a function that makes an empty
//! store.

mod commits;
mod faults;
mod fences;
mod scans;

use std::ops::RangeInclusive;
use std::sync::Arc;

use abide_model::Partition;
use bytes::Bytes;
use tokio::sync::oneshot;

use crate::{Batch, BoxFuture, CommitError, Fence, Scan, Space, Store, Urgency, Write};

type Case = fn(Arc<dyn Store>) -> BoxFuture<'static, ()>;

/// Runs every case on a store of its own. Panics at the first that fails, after naming it on standard error.
pub async fn all(empty: impl Fn() -> Arc<dyn Store>) {
    for cases in [commits::CASES, scans::CASES, fences::CASES, faults::CASES] {
        for (name, case) in cases {
            let named = Named(name);
            case(empty()).await;
            drop(named);
        }
    }
}

/// Says which case it was when it panics.
struct Named(&'static str);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this store does not conform: {}", self.0);
        }
    }
}

/// The space that cases use when it does not matter which.
const SPACE: Space = Space::Node;
/// All partitions.
const EVERYTHING: RangeInclusive<u16> = 0..=Partition::SHARED.0;

fn put(partition: u16, key: &'static str, value: &'static str) -> Write {
    Write::Put { space: SPACE, partition: Partition(partition), key: key.into(), value: value.into() }
}

fn delete(partition: u16, key: &'static str) -> Write {
    Write::Delete { space: SPACE, partition: Partition(partition), key: key.into() }
}

async fn acquire(store: &Arc<dyn Store>, partitions: RangeInclusive<u16>) -> Arc<Fence> {
    Arc::new(store.acquire(partitions).await.expect("the store gives out fences"))
}

/// Queues a batch; the outcome can be awaited.
fn queue(
    store: &Arc<dyn Store>,
    fence: &Arc<Fence>,
    writes: Vec<Write>,
    urgency: Urgency,
) -> oneshot::Receiver<Result<(), CommitError>> {
    let (tell, told) = oneshot::channel();
    let done = Box::new(move |outcome| tell.send(outcome).expect("the case waits for every commit"));
    store.commit(Batch { fence: fence.clone(), writes }, urgency, done);
    told
}

async fn commit(store: &Arc<dyn Store>, fence: &Arc<Fence>, writes: Vec<Write>) -> Result<(), CommitError> {
    queue(store, fence, writes, Urgency::Now).await.expect("every completion runs")
}

async fn get(store: &Arc<dyn Store>, partition: u16, key: &'static str) -> Option<String> {
    let value = store.get(SPACE, Partition(partition), key.into()).await.expect("the store can be read");
    value.map(|value| String::from_utf8(value.to_vec()).expect("cases write text"))
}

/// All rows of the space as `partition/key=value`.
async fn dump(store: &Arc<dyn Store>) -> Vec<String> {
    let scan = Scan {
        space: SPACE,
        partitions: EVERYTHING,
        from: Bytes::new(),
        to: None,
        after: None,
        limit: 1000,
        reverse: false,
    };
    let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).expect("cases write text");
    let rows = store.scan(scan).await.expect("the store can be read");
    rows.iter().map(|row| format!("{}/{}={}", row.partition.0, text(&row.key), text(&row.value))).collect()
}
