//! Group commit, above the drivers: one writer thread takes all that waits, merges it into one transaction, and tells
//! everyone in order. It never waits for more work when somebody waits for it, and sleeps without a timer when there is
//! nothing to do. It knows fences and failures; how rows become durable is the driver's business.

mod fences;
mod group;
mod merge;
mod queue;
mod turns;

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::{Batch, BoxFuture, CommitError, Completion, Error, Fence, Urgency, Write};
use abide_model::Partition;
use queue::Queue;
pub use turns::{Entry, Turns};

/// The longest that a lazy batch waits for somebody to ride along with.
pub const LAZY_DELAY: Duration = Duration::from_millis(5);
/// Bytes of batches from which one transaction is large enough.
pub const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The longest key.
pub const KEY_BYTES_MAX: usize = 2048;

/// What a driver does for the committer, always on the committer's thread.
pub(crate) trait Driver: Send {
    /// Makes the writes true and durable together. Between two range deletions no row is written twice.
    /// [`CommitError::Closed`] means that nothing can be written any more.
    fn apply(&mut self, writes: &[Write]) -> Result<(), CommitError>;

    /// Nothing will follow.
    fn close(&mut self) -> Result<(), Error>;
}

/// The writer thread and what waits for it.
pub(crate) struct Committer {
    queue: Arc<Queue>,
    /// Why nothing is written any more.
    failed: watch::Receiver<Option<Arc<str>>>,
    thread: Mutex<Option<JoinHandle<Result<(), Error>>>>,
}

impl Committer {
    /// Starts the thread. `epoch` is that of the newest fence ever given out.
    pub(crate) fn start(driver: Box<dyn Driver>, epoch: u64) -> Result<Self, Error> {
        let queue = Arc::new(Queue::default());
        let turns = Turns::after(epoch);
        let failed = turns.failed();
        let writer = Writer { queue: queue.clone(), driver, turns };
        let thread = std::thread::Builder::new()
            .name("abide-commit".into())
            .spawn(move || writer.run())
            .map_err(|cause| Error::Io(cause.into()))?;
        Ok(Self { queue, failed, thread: Mutex::new(Some(thread)) })
    }

    /// See [`crate::Store::commit`].
    pub(crate) fn commit(&self, batch: Batch, urgency: Urgency, done: Completion) {
        check(&batch);
        if let Err(Entry::Batch { done, .. }) = self.queue.push(Entry::Batch { batch, done }, urgency) {
            done(Err(ended()));
        }
    }

    /// See [`crate::Store::acquire`].
    pub(crate) fn acquire(&self, partitions: RangeInclusive<u16>) -> BoxFuture<'_, Result<Fence, Error>> {
        let (reply, answer) = oneshot::channel();
        let refused = self.queue.push(Entry::Acquire { partitions, reply }, Urgency::Now).is_err();
        Box::pin(async move {
            if refused {
                return Err(Error::Io(ended().into()));
            }
            answer.await.unwrap_or_else(|_| Err(Error::Io("the writer thread is gone".into())))
        })
    }

    /// See [`crate::Store::waiting_bytes`].
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// See [`crate::Store::failed`].
    pub(crate) fn failed(&self) -> BoxFuture<'static, Arc<str>> {
        let mut failed = self.failed.clone();
        Box::pin(async move {
            let why = failed.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
            match why {
                Some(why) => why,
                // The store was closed.
                None => std::future::pending().await,
            }
        })
    }

    /// Commits what is queued and ends the thread; waits for it. The second call finds nothing to do.
    pub(crate) fn close(&self) -> Result<(), Error> {
        self.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A completion may hold the last handle to the store; its thread cannot wait for itself.
        let thread = thread.filter(|thread| thread.thread().id() != std::thread::current().id());
        match thread.map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(closed)) => closed,
            Some(Err(_)) => Err(Error::Io("the writer thread has panicked".into())),
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(error = &error as &dyn std::error::Error, "the store did not close well");
        }
    }
}

/// Panics unless a batch is what every store may take for granted: inside its fence, with keys of a size.
pub fn check(batch: &Batch) {
    let Batch { fence, writes } = batch;
    for write in writes {
        let partition = write.partition();
        assert!(
            fence.partitions.contains(&partition.0) || partition == Partition::SHARED,
            "a write to {partition:?} under a fence of {:?}",
            fence.partitions
        );
        let key = match write {
            Write::Put { key, .. } | Write::Delete { key, .. } => key,
            Write::DeleteRange { from, to, .. } => {
                assert!(from <= to, "a range ends behind its begin");
                to
            }
        };
        assert!(key.len() <= KEY_BYTES_MAX, "a key of {} bytes", key.len());
    }
}

fn ended() -> CommitError {
    CommitError::Closed("it was shut down".into())
}

/// The writer thread's own.
struct Writer {
    queue: Arc<Queue>,
    driver: Box<dyn Driver>,
    turns: Turns,
}

impl Writer {
    fn run(mut self) -> Result<(), Error> {
        let mut entries = Vec::new();
        while self.queue.take(&mut entries) {
            let bytes = entries.iter().map(Entry::bytes).sum();
            let outcome = match self.turns.begin(entries.drain(..)) {
                Ok([]) => Ok(()),
                Ok(writes) => self.driver.apply(writes),
                Err(closed) => Err(closed),
            };
            self.queue.durable(bytes);
            self.turns.end(outcome);
        }
        self.driver.close()
    }
}
