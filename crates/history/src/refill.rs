//! Brings tasks back that found no room in memory: they are rows, and the oldest of one queue are looked up among them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use abide_cluster::matching::{QueueKey, QueuedTask};
use abide_model::Timestamp;
use abide_store::key::{DispatchKey, Key};
use abide_store::{Error, Store};

use crate::dispatch::queued_task;
use crate::recover::Rows;

/// The oldest tasks of a queue, at most `rows_max`, and how many more it has. Reads every dispatch row of the
/// partitions, which is dear with a large backlog, and keeps no more than `rows_max` of them in memory.
pub(crate) async fn oldest_tasks(
    store: &dyn Store,
    partitions: RangeInclusive<u16>,
    queue: &QueueKey,
    rows_max: usize,
) -> Result<(Vec<QueuedTask>, u64), Error> {
    let mut oldest: BTreeMap<(Timestamp, usize), QueuedTask> = BTreeMap::new();
    let mut found = 0;
    let mut rows = Rows::<DispatchKey>::of(partitions);
    while let Some(page) = rows.page(store).await? {
        for row in page {
            let (key, record) = DispatchKey::decode_row(row)?;
            let task = queued_task(key, record);
            let same = task.queue.namespace == queue.namespace
                && task.queue.kind == queue.kind
                && task.queue.queue.name == queue.queue.name;
            if same {
                oldest.insert((task.scheduled_at, found), task);
                found += 1;
            }
            if oldest.len() > rows_max {
                oldest.pop_last();
            }
        }
    }
    let left = found - oldest.len();
    Ok((oldest.into_values().collect(), left as u64))
}
