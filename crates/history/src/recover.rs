//! What a starting server looks at: the rows of open tasks and debts, never the runs. Page by page behind the first requests, so
//! that neither the time to the first answer nor memory grows with what is stored. A row may be settled while it is on
//! its way: then the offer or the firing finds nothing to do. Timers are read by time, now and later.

use std::ops::RangeInclusive;
use std::sync::Arc;

use abide_model::{RunId, limits};
use abide_store::key::{DispatchKey, Key, OutboundKey, TimerKey};
use abide_store::{Error, Row, Scan, Store};
use bytes::Bytes;
use tracing::{error, info};
use uuid::Uuid;

use crate::dispatch::queued_task;
use crate::outbound;
use crate::shard::{Message, Seams};
use crate::timers::Span;

/// Offers every task and takes up every debt of these partitions.
pub(crate) async fn recover(seams: Arc<Seams>, partitions: RangeInclusive<u16>) {
    let tasks = tasks(&seams, partitions.clone()).await;
    let debts = debts(&seams, partitions.clone()).await;
    if tasks + debts > 0 {
        info!(?partitions, tasks, debts, "recovered");
    }
}

/// Reads the timers of a span, until that succeeds.
pub(crate) async fn page_timers(seams: Arc<Seams>, partitions: RangeInclusive<u16>, span: Span) {
    loop {
        match timers(&seams, partitions.clone(), span).await {
            Ok(behind) => return drop(seams.inbox.send(Message::TimersPaged(behind))),
            Err(error) => error!(%error, ?partitions, "timers cannot be read now"),
        }
        tokio::time::sleep(limits::BROKEN_RUN_PAUSE).await;
        if seams.inbox.is_closed() {
            return;
        }
    }
}

/// Hands over the rows of a span, and says when the first one behind it is due.
async fn timers(seams: &Seams, partitions: RangeInclusive<u16>, span: Span) -> Result<Option<u64>, Error> {
    let mut rows = Rows::<TimerKey>::of(partitions.clone());
    rows.scan.from = first_timer_at(span.from_millis);
    rows.scan.to = Some(first_timer_at(span.to_millis));
    while let Some(page) = rows.page(&*seams.store).await? {
        let decode = |row: Row| Ok((TimerKey::decode(&row.key)?, row.partition));
        let found = page.into_iter().map(decode).collect::<Result<Vec<_>, Error>>()?;
        if !found.is_empty() && seams.inbox.send(Message::Recovered(found)).is_err() {
            return Ok(None);
        }
    }
    let mut behind = None;
    for partition in partitions {
        let mut first = Rows::<TimerKey>::of(partition..=partition);
        (first.scan.from, first.scan.limit) = (first_timer_at(span.to_millis), 1);
        for row in first.page(&*seams.store).await?.into_iter().flatten() {
            let due = TimerKey::decode(&row.key)?.fire_at_millis;
            behind = Some(behind.map_or(due, |behind: u64| behind.min(due)));
        }
        // Each look-up is short, but there are many.
        if partition % 32 == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(behind)
}

fn first_timer_at(millis: u64) -> Bytes {
    TimerKey { fire_at_millis: millis, run_id: RunId(Uuid::nil()) }.encode()
}

async fn tasks(seams: &Seams, partitions: RangeInclusive<u16>) -> usize {
    let mut count = 0;
    let mut rows = Rows::<DispatchKey>::of(partitions);
    while let Some(page) = rows.page_at_last(seams).await {
        for (key, record) in page.into_iter().filter_map(decoded::<DispatchKey>) {
            seams.matching.offer(queued_task(key, record));
            count += 1;
        }
        tokio::task::yield_now().await;
    }
    count
}

async fn debts(seams: &Arc<Seams>, partitions: RangeInclusive<u16>) -> usize {
    let mut count = 0;
    let mut rows = Rows::<OutboundKey>::of(partitions);
    while let Some(page) = rows.page_at_last(seams).await {
        for row in page {
            let partition = row.partition;
            let Some((key, _)) = decoded::<OutboundKey>(row) else { continue };
            // Only so many at a time are taken up, so that memory does not grow with what is owed.
            seams.errands.room().await;
            outbound::begin(seams, partition, key.run_id, outbound::subject(key.subject));
            count += 1;
        }
    }
    count
}

/// A row that cannot be read must not keep the others waiting.
fn decoded<K: Key>(row: Row) -> Option<(K, K::Record)> {
    K::decode_row(row).inspect_err(|error| error!(%error, "a row is left out")).ok()
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

    /// The next page, however often that must be tried: nothing else brings up what was open before the start. None when
    /// the shard has ended as well.
    async fn page_at_last(&mut self, seams: &Seams) -> Option<Vec<Row>> {
        loop {
            match self.page(&*seams.store).await {
                Ok(page) => return page,
                Err(error) => error!(%error, space = ?K::SPACE, "what was open before the start cannot be read now"),
            }
            tokio::time::sleep(limits::FENCE_RETRY).await;
            if seams.inbox.is_closed() {
                return None;
            }
        }
    }
}
