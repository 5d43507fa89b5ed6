//! Group commit turn by turn, for whoever brings the thread: take what waits, write it, tell everyone. The writer thread
//! is one; a simulation is another.

use std::ops::RangeInclusive;
use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::fences::Fences;
use super::group::Group;
use crate::{Batch, CommitError, Completion, Error, Fence, Write};

/// What waits to be written.
pub enum Entry {
    /// A batch.
    Batch {
        /// The batch.
        batch: Batch,
        /// Who is told.
        done: Completion,
    },
    /// A fence is to be given out.
    Acquire {
        /// Of which partitions.
        partitions: RangeInclusive<u16>,
        /// Who gets it.
        reply: oneshot::Sender<Result<Fence, Error>>,
    },
}

/// See the file's first lines.
pub struct Turns {
    group: Group,
    fences: Fences,
    closed: watch::Sender<Option<Arc<str>>>,
}

impl Turns {
    /// `epoch` is that of the newest fence ever given out.
    pub fn after(epoch: u64) -> Self {
        Self { group: Group::default(), fences: Fences::after(epoch), closed: watch::Sender::new(None) }
    }

    /// Why nothing can be written any more, once that is so.
    pub(super) fn failed(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.closed.subscribe()
    }

    /// Takes entries in order. What is to be written, together: between two range deletions no row is written twice. An
    /// error when nothing can be written any more.
    pub fn begin(&mut self, entries: impl Iterator<Item = Entry>) -> Result<&[Write], CommitError> {
        self.group.gather(entries, &mut self.fences);
        match &*self.closed.borrow() {
            Some(why) => Err(CommitError::Closed(why.clone())),
            None => Ok(self.group.writes()),
        }
    }

    /// Tells everyone what became of it. After a failure, so fails everything that follows under the same fences.
    pub fn end(&mut self, outcome: Result<(), CommitError>) {
        if let Err(error) = &outcome {
            self.group.fail(error, &mut self.fences);
            let is_first = self.closed.borrow().is_none();
            if let CommitError::Closed(why) = error
                && is_first
            {
                tracing::error!(why = &**why, "the store writes nothing any more");
                self.closed.send_replace(Some(why.clone()));
            }
        }
        self.group.finish(outcome);
    }
}
