//! A simulated store: a disk that outlives the process, and what the process has queued but not synced, which does not.
//! Group commit, fences and their failures are the production committer's, turn by turn; here are only time, luck and
//! crashes.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abide_model::Partition;
use abide_store::committer::{self, Entry, LAZY_DELAY, Turns};
use abide_store::key::{FenceKey, FenceRecord, Key};
use abide_store::memory::Rows;
use abide_store::{
    Batch, BoxFuture, CommitError, Completion, Error, Fence, Record, Row, Scan, Space, Store, Urgency, Write,
};
use bytes::Bytes;
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::dice::Dice;
use crate::trace::Trace;
use crate::weather::Weather;

/// What is durable.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<Platter>>);

#[derive(Default)]
struct Platter {
    rows: Rows,
    /// When something that was not told as stored may have been lost.
    losses: Vec<Instant>,
}

impl Disk {
    /// Everything that is durable now.
    pub fn rows(&self) -> Rows {
        lock(&self.0).rows.clone()
    }

    /// When something that was not told as stored may have been lost.
    pub fn losses(&self) -> Vec<Instant> {
        lock(&self.0).losses.clone()
    }

    fn apply(&self, writes: &[Write]) {
        let mut platter = lock(&self.0);
        writes.iter().for_each(|write| platter.rows.apply(write));
    }

    fn lose(&self) {
        lock(&self.0).losses.push(Instant::now());
    }

    fn epoch(&self) -> u64 {
        let row = lock(&self.0).rows.get(Space::Meta, Partition::SHARED, &FenceKey.encode());
        row.map_or(0, |value| FenceRecord::from_value(value).map_or(0, |record| record.epoch))
    }
}

/// A disk as one process has it open.
pub struct SimStore {
    inner: Arc<Inner>,
    writer: AbortHandle,
}

struct Inner {
    disk: Disk,
    weather: Weather,
    trace: Trace,
    dice: Mutex<Dice>,
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    urgent: bool,
    /// When the oldest lazy entry has waited long enough.
    due: Option<Instant>,
    /// On its way to the disk.
    in_flight: Vec<Write>,
    life: Life,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Life {
    #[default]
    Open,
    /// The disk failed: nothing is written any more.
    Failed,
    /// In good order.
    Closed,
    /// The process is no more.
    Dead,
}

impl SimStore {
    /// Opens the disk. What goes wrong is rolled from these dice.
    pub fn open(disk: Disk, weather: Weather, trace: Trace, dice: Dice) -> Self {
        let waiting = Mutex::default();
        let inner = Arc::new(Inner { disk, weather, trace, dice: Mutex::new(dice), waiting, wake: Notify::new() });
        let writer = tokio::spawn(write(inner.clone())).abort_handle();
        Self { inner, writer }
    }

    /// The process is killed: what was queued is lost, what was on its way is stored or not.
    pub fn crash(&self) {
        self.writer.abort();
        let mut waiting = lock(&self.inner.waiting);
        waiting.life = Life::Dead;
        let (entries, in_flight) = (std::mem::take(&mut waiting.entries), std::mem::take(&mut waiting.in_flight));
        drop(waiting);
        let arrives = !in_flight.is_empty() && self.inner.dice().happens(500);
        if arrives {
            self.inner.disk.apply(&in_flight);
        }
        self.inner.disk.lose();
        let (lost, flying) = (entries.len(), in_flight.len());
        self.inner.trace.line("store", format_args!("crash: {lost} batches lost, {flying} writes arrive: {arrives}"));
    }

    /// The disk fails at the next write, and for good.
    pub fn break_down(&self) {
        lock(&self.inner.waiting).life = Life::Failed;
    }

    /// Whether the disk has failed.
    pub fn is_broken(&self) -> bool {
        lock(&self.inner.waiting).life == Life::Failed
    }
}

impl Inner {
    fn dice(&self) -> MutexGuard<'_, Dice> {
        lock(&self.dice)
    }

    fn push(&self, entry: Entry, urgency: Urgency) -> Result<(), (Entry, Life)> {
        self.weather.store_called();
        let mut waiting = lock(&self.waiting);
        match waiting.life {
            Life::Open | Life::Failed => {}
            Life::Closed | Life::Dead => return Err((entry, waiting.life)),
        }
        waiting.entries.push_back(entry);
        match urgency {
            Urgency::Now => waiting.urgent = true,
            Urgency::Lazy => {
                waiting.due.get_or_insert_with(|| Instant::now() + LAZY_DELAY);
            }
        }
        drop(waiting);
        self.wake.notify_one();
        Ok(())
    }

    /// Waits for something to write, as the writer thread of a real store does.
    async fn next_group(&self) -> Vec<Entry> {
        loop {
            let due = {
                let mut waiting = lock(&self.waiting);
                if waiting.urgent || waiting.due.is_some_and(|due| due <= Instant::now()) {
                    return self.take(&mut waiting);
                }
                waiting.due
            };
            match due {
                None => self.wake.notified().await,
                Some(due) => drop(timeout_at(due, self.wake.notified()).await),
            }
        }
    }

    /// Mostly everything; now and then only the first entries, as if the others had come too late for this sync.
    fn take(&self, waiting: &mut Waiting) -> Vec<Entry> {
        let all = waiting.entries.len();
        let mut dice = self.dice();
        let some = if dice.happens(200) { dice.between(1, all as u64) as usize } else { all };
        // There may be nothing: a store that closes asks as well.
        let some = some.min(all);
        let group = waiting.entries.drain(..some).collect();
        waiting.urgent = !waiting.entries.is_empty();
        waiting.due = None;
        group
    }

    async fn read<T>(&self, what: impl FnOnce(&Rows) -> T) -> Result<T, Error> {
        self.weather.store_called();
        let weather = self.weather.now().store;
        let (first, last) = weather.read_millis;
        let (wait, fails) = {
            let mut dice = self.dice();
            (dice.millis(first, last), dice.happens(weather.failing_reads))
        };
        match wait {
            Duration::ZERO => {}
            wait => sleep(wait).await,
        }
        if fails || lock(&self.waiting).life == Life::Dead {
            return Err(Error::Io("simulated: the disk cannot be read".into()));
        }
        Ok(what(&lock(&self.disk.0).rows))
    }
}

/// What becomes of a group.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    Stored,
    /// Nobody knows; it is stored.
    UnknownStored,
    /// Nobody knows; it is stored in a moment, before anything else is.
    UnknownLate,
    /// Nobody knows; it is not stored.
    UnknownLost,
    Failed,
}

async fn write(inner: Arc<Inner>) {
    let mut turns = Turns::after(inner.disk.epoch());
    loop {
        let entries = inner.next_group().await;
        let batches = entries.len();
        let writes = match turns.begin(entries.into_iter()) {
            Ok(writes) => writes.to_vec(),
            Err(closed) => {
                turns.end(Err(closed));
                continue;
            }
        };
        if writes.is_empty() {
            turns.end(Ok(()));
            continue;
        }
        let (sync, verdict) = inner.luck();
        lock(&inner.waiting).in_flight.clone_from(&writes);
        sleep(sync).await;
        let sum = sum(&writes);
        inner.trace.line("store", format_args!("{batches} batches, {} writes {sum:016x}: {verdict:?}", writes.len()));
        if matches!(verdict, Verdict::Stored | Verdict::UnknownStored) {
            inner.disk.apply(&writes);
            lock(&inner.waiting).in_flight.clear();
        }
        if !matches!(verdict, Verdict::Stored) {
            inner.disk.lose();
        }
        turns.end(match verdict {
            Verdict::Stored => Ok(()),
            Verdict::UnknownStored | Verdict::UnknownLate | Verdict::UnknownLost => {
                Err(CommitError::Unknown(Arc::new(std::io::Error::other("simulated: no answer"))))
            }
            Verdict::Failed => Err(CommitError::Closed("simulated: the disk failed".into())),
        });
        if matches!(verdict, Verdict::UnknownLate) {
            let wait = inner.dice().millis(1, 50);
            sleep(wait).await;
            inner.disk.apply(&writes);
        }
        lock(&inner.waiting).in_flight.clear();
    }
}

impl Inner {
    /// How long the next sync takes, and what becomes of it.
    fn luck(&self) -> (Duration, Verdict) {
        let weather = self.weather.now().store;
        let is_broken = lock(&self.waiting).life == Life::Failed;
        let mut dice = self.dice();
        let (first, last) = weather.sync_millis;
        let sync = dice.millis(first, last);
        let verdict = if is_broken {
            Verdict::Failed
        } else if dice.happens(weather.unknown_commits) {
            *dice.pick(&[Verdict::UnknownStored, Verdict::UnknownLate, Verdict::UnknownLost, Verdict::UnknownLost])
        } else {
            Verdict::Stored
        };
        (sync, verdict)
    }
}

impl Store for SimStore {
    fn acquire(&self, partitions: RangeInclusive<u16>) -> BoxFuture<'_, Result<Fence, Error>> {
        Box::pin(async move {
            self.inner.read(|_| ()).await?;
            let (reply, answer) = oneshot::channel();
            let gone = || Error::Io("simulated: the store is gone".into());
            self.inner.push(Entry::Acquire { partitions, reply }, Urgency::Now).map_err(|_| gone())?;
            answer.await.unwrap_or_else(|_| Err(gone()))
        })
    }

    fn get(&self, space: Space, partition: Partition, key: Bytes) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(self.inner.read(move |rows| rows.get(space, partition, &key)))
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
        Box::pin(self.inner.read(move |rows| rows.scan(&scan)))
    }

    fn commit(&self, batch: Batch, urgency: Urgency, done: Completion) {
        committer::check(&batch);
        let refused = self.inner.push(Entry::Batch { batch, done }, urgency).err();
        // A dead process tells nobody anything.
        if let Some((Entry::Batch { done, .. }, Life::Closed)) = refused {
            done(Err(CommitError::Closed("it was shut down".into())));
        }
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            loop {
                {
                    let mut waiting = lock(&self.inner.waiting);
                    if waiting.entries.is_empty() && waiting.in_flight.is_empty() {
                        waiting.life = Life::Closed;
                        break;
                    }
                    waiting.urgent = true;
                }
                self.inner.wake.notify_one();
                sleep(Duration::from_millis(1)).await;
            }
            self.writer.abort();
            Ok(())
        })
    }
}

impl Drop for SimStore {
    fn drop(&mut self) {
        self.writer.abort();
    }
}

/// A number that tells lists of writes apart.
fn sum(writes: &[Write]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    };
    for write in writes {
        add(&[write.space() as u8]);
        add(&write.partition().0.to_be_bytes());
        match write {
            Write::Put { key, value, .. } => [key, value].into_iter().for_each(|bytes| add(bytes)),
            Write::Delete { key, .. } => add(key),
            Write::DeleteRange { from, to, .. } => [from, to].into_iter().for_each(|bytes| add(bytes)),
        }
    }
    sum
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
