//! The batches that share one transaction, and who is told about it, in order.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use abide_model::Partition;
use tokio::sync::oneshot;

use super::fences::Fences;
use super::merge::Merge;
use super::turns::Entry;
use crate::key::{FenceKey, FenceRecord, Key};
use crate::{CommitError, Completion, Error, Fence, Write};

/// One transaction in the making. Reused from one to the next.
#[derive(Default)]
pub(super) struct Group {
    merge: Merge,
    waiters: Vec<Waiter>,
}

/// Who is told.
enum Waiter {
    /// The owner of a batch in the transaction.
    Batch { fence: Arc<Fence>, done: Completion },
    /// The owner of a batch that was refused before it came to that.
    Refused { error: CommitError, done: Completion },
    /// Who gets a fence.
    Fence { fence: Fence, reply: oneshot::Sender<Result<Fence, Error>> },
}

impl Group {
    /// Takes entries in order; a batch whose fence does not hold is left out.
    pub(super) fn gather(&mut self, entries: impl Iterator<Item = Entry>, fences: &mut Fences) {
        for entry in entries {
            let waiter = match entry {
                Entry::Acquire { partitions, reply } => {
                    let fence = fences.acquire(partitions);
                    self.merge.push(FenceKey.put(Partition::SHARED, &FenceRecord { epoch: fence.epoch }));
                    Waiter::Fence { fence, reply }
                }
                Entry::Batch { batch, done } => match fences.check(&batch.fence) {
                    Err(error) => Waiter::Refused { error, done },
                    Ok(()) => {
                        batch.writes.into_iter().for_each(|write| self.merge.push(write));
                        Waiter::Batch { fence: batch.fence, done }
                    }
                },
            };
            self.waiters.push(waiter);
        }
    }

    /// All writes, merged.
    pub(super) fn writes(&mut self) -> &[Write] {
        self.merge.settle()
    }

    /// The transaction failed: so does everything that follows it under the same fences.
    pub(super) fn fail(&self, error: &CommitError, fences: &mut Fences) {
        for waiter in &self.waiters {
            match waiter {
                Waiter::Batch { fence, .. } => fences.fail(fence, error),
                Waiter::Fence { fence, .. } => fences.fail(fence, error),
                Waiter::Refused { .. } => {}
            }
        }
    }

    /// Tells everyone, and is empty again.
    pub(super) fn finish(&mut self, outcome: Result<(), CommitError>) {
        self.merge.clear();
        for waiter in self.waiters.drain(..) {
            match waiter {
                Waiter::Batch { done, .. } => tell(done, outcome.clone()),
                Waiter::Refused { error, done } => tell(done, Err(error)),
                Waiter::Fence { fence, reply } => {
                    let answer = outcome.clone().map(|()| fence).map_err(|error| Error::Io(error.into()));
                    // Whoever asked may have gone; the fence holds all the same.
                    let _ = reply.send(answer);
                }
            }
        }
    }
}

/// One owner's panic must not take the store from everyone.
fn tell(done: Completion, outcome: Result<(), CommitError>) {
    if catch_unwind(AssertUnwindSafe(|| done(outcome))).is_err() {
        tracing::error!("a commit's completion panicked");
    }
}
