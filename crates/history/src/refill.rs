//! Brings tasks back that found no room in memory: the rows of one queue lie in the order in which they are handed out,
//! in each of the partitions, and here the partitions are merged. Costs a look into every partition, and from there on
//! as much as is taken.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use abide_cluster::matching::{Place, QueueKey, QueuedTask};
use abide_model::Partition;
use abide_store::key::{DispatchKey, Key};
use abide_store::{Error, Row, Scan, Store};
use bytes::Bytes;

use crate::dispatch::{dispatch_key, dispatch_queue, queued_task};

/// Partitions that are looked into before others get their turn.
const PARTITIONS_PER_TURN: u16 = 64;

/// The first tasks of a queue from a place on, at most `tasks_max`, and the place of the first that is not among them;
/// none when there are no more.
pub(crate) async fn tasks_from(
    store: &dyn Store,
    queue: &QueueKey,
    from: Place,
    tasks_max: usize,
) -> Result<(Vec<QueuedTask>, Option<Place>), Error> {
    // The next row of every partition. About as many rows of each are read at once as are wanted of each.
    let mut next = BinaryHeap::new();
    let mut streams = Vec::with_capacity(usize::from(Partition::COUNT));
    let limit = tasks_max / usize::from(Partition::COUNT) + 3;
    for partition in 0..Partition::COUNT {
        let mut stream = Stream::new(queue, from, partition, limit);
        next.extend(stream.key(store).await?.map(|key| Reverse((key, partition))));
        streams.push(stream);
        if partition % PARTITIONS_PER_TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut tasks = Vec::with_capacity(tasks_max);
    while let Some(Reverse((key, partition))) = next.pop() {
        let stream = &mut streams[usize::from(partition)];
        let Some(row) = stream.rows.pop_front() else { continue };
        let (_, record) = DispatchKey::decode_row(row)?;
        let task = queued_task(key, record);
        let same = task.queue.namespace == queue.namespace
            && task.queue.kind == queue.kind
            && task.queue.queue.name == queue.queue.name;
        if same && tasks.len() == tasks_max {
            return Ok((tasks, Some(task.place())));
        }
        tasks.extend(same.then_some(task));
        next.extend(stream.key(store).await?.map(|key| Reverse((key, partition))));
    }
    Ok((tasks, None))
}

/// The rows of a queue in one partition.
struct Stream {
    scan: Scan,
    rows: VecDeque<Row>,
    ended: bool,
}

impl Stream {
    fn new(queue: &QueueKey, from: Place, partition: u16, limit: usize) -> Self {
        let scan = Scan {
            space: DispatchKey::SPACE,
            partitions: partition..=partition,
            from: dispatch_key(queue, from).encode(),
            to: dispatch_queue(queue).behind(),
            after: None,
            limit,
            reverse: false,
        };
        Self { scan, rows: VecDeque::new(), ended: false }
    }

    /// The key of the next row.
    async fn key(&mut self, store: &dyn Store) -> Result<Option<DispatchKey>, Error> {
        if self.rows.is_empty() && !self.ended {
            let page = store.scan(self.scan.clone()).await?;
            self.ended = page.len() < self.scan.limit;
            self.scan.after = page.last().map(|row| (row.partition, Bytes::clone(&row.key)));
            self.rows = page.into();
        }
        self.rows.front().map(|row| DispatchKey::decode(&row.key)).transpose()
    }
}
