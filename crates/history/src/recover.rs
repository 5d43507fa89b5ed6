//! What a starting server looks at: the rows of open tasks and debts, never the runs. Page by page behind the first requests, so
//! that neither the time to the first answer nor memory grows with what is stored. A row may be settled while it is on
//! its way: then the offer or the firing finds nothing to do.

use std::ops::RangeInclusive;
use std::sync::Arc;

use abide_model::limits;
use abide_store::key::{DispatchKey, Key, OutboundKey, TimerKey};
use abide_store::{Error, Row, Scan, Store};
use bytes::Bytes;
use tracing::{error, info};

use crate::dispatch::queued_task;
use crate::outbound;
use crate::shard::{Message, Seams};

/// Schedules every timer, offers every task and takes up every debt of these partitions.
pub(crate) async fn recover(seams: Arc<Seams>, partitions: RangeInclusive<u16>) {
    let counted = async {
        let timers = timers(&seams, partitions.clone()).await?;
        let tasks = tasks(&seams, partitions.clone()).await?;
        Ok::<_, Error>((timers, tasks, debts(&seams, partitions.clone()).await?))
    };
    match counted.await {
        Ok((0, 0, 0)) => {}
        Ok((timers, tasks, outbound)) => info!(?partitions, timers, tasks, outbound, "recovered"),
        Err(error) => error!(%error, ?partitions, "recovery failed: timers and tasks of before the start may wait"),
    }
}

async fn timers(seams: &Seams, partitions: RangeInclusive<u16>) -> Result<usize, Error> {
    let mut count = 0;
    let mut rows = Rows::<TimerKey>::of(partitions);
    while let Some(page) = rows.page(&*seams.store).await? {
        let decode = |row: Row| Ok((TimerKey::decode(&row.key)?, row.partition));
        let found = page.into_iter().map(decode).collect::<Result<Vec<_>, Error>>()?;
        count += found.len();
        if seams.inbox.send(Message::Recovered(found)).is_err() {
            break;
        }
    }
    Ok(count)
}

async fn tasks(seams: &Seams, partitions: RangeInclusive<u16>) -> Result<usize, Error> {
    let mut count = 0;
    let mut rows = Rows::<DispatchKey>::of(partitions);
    while let Some(page) = rows.page(&*seams.store).await? {
        for row in page {
            let (key, record) = DispatchKey::decode_row(row)?;
            seams.matching.offer(queued_task(key, record));
            count += 1;
        }
        tokio::task::yield_now().await;
    }
    Ok(count)
}

async fn debts(seams: &Arc<Seams>, partitions: RangeInclusive<u16>) -> Result<usize, Error> {
    let mut count = 0;
    let mut rows = Rows::<OutboundKey>::of(partitions);
    while let Some(page) = rows.page(&*seams.store).await? {
        for row in page {
            let (partition, (key, _)) = (row.partition, OutboundKey::decode_row(row)?);
            // Only so many at a time are taken up, so that memory does not grow with what is owed.
            seams.errands.room().await;
            outbound::begin(seams, partition, key.run_id, outbound::subject(key.subject));
            count += 1;
        }
    }
    Ok(count)
}

/// Pages of the rows of one kind.
pub(crate) struct Rows<K> {
    scan: Scan,
    ended: bool,
    kind: std::marker::PhantomData<K>,
}

impl<K: Key> Rows<K> {
    pub(crate) fn of(partitions: RangeInclusive<u16>) -> Self {
        let limit = limits::SCAN_PAGE_ROWS;
        let scan =
            Scan { space: K::SPACE, partitions, from: Bytes::new(), to: None, after: None, limit, reverse: false };
        Self { scan, ended: false, kind: std::marker::PhantomData }
    }

    pub(crate) async fn page(&mut self, store: &dyn Store) -> Result<Option<Vec<Row>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let page = store.scan(self.scan.clone()).await?;
        self.ended = page.len() < self.scan.limit;
        self.scan.after = page.last().map(|row| (row.partition, row.key.clone()));
        Ok(Some(page))
    }
}
