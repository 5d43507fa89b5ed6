//! Deletes closed runs when their retention is over. Their rows stand in the order of that time, so the next one is
//! known without looking at any other; until then this sleeps, and asks no database. A namespace's retention counts as
//! it is when a run closes, as in the reference.

use std::sync::Arc;
use std::time::Duration;

use abide_cluster::Namespaces;
use abide_model::{Clock, Partition, RunId, RunKey, Timestamp, limits};
use abide_store::key::{Key, RetentionKey, RetentionRecord};
use abide_store::{Error, Row, Scan, Space, Store};
use bytes::Bytes;
use tokio::sync::watch;
use uuid::Uuid;

use crate::cache::Entry;
use crate::service::Shards;
use crate::shard::{Desk, Draft};

/// Nothing is to be deleted.
const NEVER: u64 = u64::MAX;
/// Of no run: for times alone.
const NOBODY: RunId = RunId(Uuid::nil());

/// When there is something to delete next.
pub(crate) struct Retention {
    next_millis: watch::Sender<u64>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { next_millis: watch::Sender::new(NEVER) }
    }
}

impl Retention {
    /// A row is stored.
    pub(crate) fn stored(&self, row: RetentionKey) {
        let is_earlier =
            |next: &mut u64| row.delete_at_millis < std::mem::replace(next, (*next).min(row.delete_at_millis));
        self.next_millis.send_if_modified(is_earlier);
    }

    /// The clock was set.
    #[cfg(test)]
    pub(crate) fn look(&self) {
        self.next_millis.send_modify(|_| {});
    }

    /// Returns when there is something to delete.
    async fn due(&self, clock: &dyn Clock) {
        let mut next = self.next_millis.subscribe();
        loop {
            let millis = *next.borrow_and_update();
            let due = RetentionKey { delete_at_millis: millis, run_id: NOBODY }.delete_at();
            let now = clock.now();
            if due <= now {
                return;
            }
            // Never so long that a clock that was set goes unnoticed.
            let sleep = if millis == NEVER { Duration::MAX } else { due.since(now).min(limits::TIMER_SLEEP_MAX) };
            tokio::select! {
                biased;
                // The sender is ours, so the channel cannot close.
                changed = next.changed() => drop(changed),
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }
}

/// Sweeps for as long as the service lives.
pub(crate) async fn sweep(store: Arc<dyn Store>, clock: Arc<dyn Clock>, retention: Arc<Retention>, shards: Shards) {
    loop {
        // Rows that are stored from here on are heard of; all others are seen.
        retention.next_millis.send_replace(NEVER);
        let next = match round(&*store, &*clock, &shards).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "closed runs cannot be deleted now");
                Some(RetentionKey::at(clock.now().after(limits::BROKEN_RUN_PAUSE), NOBODY))
            }
        };
        next.into_iter().for_each(|row| retention.stored(row));
        retention.due(&*clock).await;
    }
}

/// Deletes what is due, page by page, and says when to look again.
async fn round(store: &dyn Store, clock: &dyn Clock, shards: &Shards) -> Result<Option<RetentionKey>, Error> {
    let shared = Partition::SHARED.0;
    let mut scan = Scan {
        space: Space::Retention,
        partitions: shared..=shared,
        from: Bytes::new(),
        to: None,
        after: None,
        limit: limits::SWEEP_PAGE_ROWS,
        reverse: false,
    };
    let mut again = None;
    loop {
        let rows = store.scan(scan.clone()).await?;
        let ended = rows.len() < scan.limit;
        scan.after = rows.last().map(|row: &Row| (row.partition, row.key.clone()));
        for row in rows {
            let (key, record) = RetentionKey::decode_row(row)?;
            if key.delete_at() > clock.now() {
                return Ok(again.map_or(Some(key), |again: RetentionKey| Some(again.min(key))));
            }
            let run = record.run_key(key);
            let shard = shards.of(&run.workflow);
            if let Err(error) = shard.purge(run, key).await {
                tracing::warn!(?error, run_id = %key.run_id, "a closed run cannot be deleted now");
                again = Some(RetentionKey::at(clock.now().after(limits::BROKEN_RUN_PAUSE), key.run_id));
            }
        }
        if ended {
            return Ok(again);
        }
    }
}

impl Desk {
    /// The row that deletes a run at this time. After a failed commit it may be there as well.
    pub(crate) fn delete_later(&self, run: &RunKey, at: Timestamp, draft: &mut Draft) -> RetentionKey {
        let row = RetentionKey::at(at, run.run_id);
        draft.writes.push(row.put(Partition::SHARED, &RetentionRecord::of(&run.workflow)));
        let retention = self.seams.retention.clone();
        draft.releases.push(self.once_known(move || retention.stored(row)));
        row
    }

    /// When the retention of a closed run is over, as the namespace has it now.
    pub(crate) fn retention_over(&self, entry: &Entry) -> Timestamp {
        entry.run.closed_at().unwrap_or(entry.run.started_at()).after(self.retention_of(entry))
    }

    /// How long the run is kept once it is closed, as the namespace has it now.
    pub(crate) fn retention_of(&self, entry: &Entry) -> Duration {
        let namespace = self.seams.namespaces.by_id(entry.key.workflow.namespace);
        namespace.map_or(limits::RETENTION_DEFAULT, |namespace| namespace.retention())
    }
}
