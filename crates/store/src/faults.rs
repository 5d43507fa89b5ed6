//! A store that fails when it is told to, around another one. For tests of everything above: let the first, second,
//! third call fail until an operation passes without a fault.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abide_model::Partition;
use bytes::Bytes;

use crate::{Batch, BoxFuture, CommitError, Completion, Error, Fence, Row, Scan, Space, Store, Urgency};

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// [`Store::acquire`].
    Acquire,
    /// [`Store::get`].
    Get,
    /// [`Store::scan`].
    Scan,
    /// [`Store::commit`].
    Commit,
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call fails and has no effect. A commit fails with [`CommitError::Unknown`].
    Failed,
    /// A commit fails with [`CommitError::Unknown`], but is stored. Any other call fails.
    FailedButDone,
    /// A commit fails with [`CommitError::Unknown`], and is stored when somebody acquires its partitions, just before. Any
    /// other call fails.
    FailedButDoneLater,
    /// A commit fails with [`CommitError::FenceLost`]. Any other call fails.
    FenceLost,
    /// A commit and all that follow fail with [`CommitError::Closed`]. Any other call fails.
    Closed,
}

/// A store that fails when it is told to.
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    plan: Mutex<Plan>,
}

#[derive(Default)]
struct Plan {
    calls: HashMap<Operation, u64>,
    faults: HashMap<(Operation, u64), Fault>,
    /// Fences under which a commit has failed: by epoch.
    failed: HashMap<u64, CommitError>,
    /// Failed, and still on its way.
    later: Option<Batch>,
    closed: Option<CommitError>,
}

impl FaultyStore {
    /// Around this store; no faults yet.
    pub fn around(inner: Arc<dyn Store>) -> Self {
        Self { inner, plan: Mutex::default() }
    }

    /// The `nth` call from now on of this operation will fail; 1 is the next one.
    pub fn fail(&self, operation: Operation, nth: u64, fault: Fault) {
        let mut plan = self.plan();
        let calls = plan.calls.get(&operation).copied().unwrap_or(0);
        plan.faults.insert((operation, calls + nth), fault);
    }

    /// How often this operation was called.
    pub fn calls(&self, operation: Operation) -> u64 {
        self.plan().calls.get(&operation).copied().unwrap_or(0)
    }

    /// Whether every planned fault has happened.
    pub fn is_spent(&self) -> bool {
        self.plan().faults.is_empty()
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, operation: Operation) -> Result<(), Error> {
        match self.plan().next(operation) {
            None => Ok(()),
            Some(fault) => Err(Error::Io(format!("injected fault: {fault:?}").into())),
        }
    }
}

/// When a commit is stored that fails.
#[derive(PartialEq, Eq)]
enum Stored {
    Never,
    Now,
    Later,
}

impl Plan {
    fn next(&mut self, operation: Operation) -> Option<Fault> {
        let calls = self.calls.entry(operation).or_default();
        *calls += 1;
        self.faults.remove(&(operation, *calls))
    }

    /// How a commit under this fence fails, and what is stored all the same.
    fn next_commit(&mut self, fence: &Fence) -> Option<(CommitError, Stored)> {
        let fault = self.next(Operation::Commit);
        if let Some(error) = self.closed.as_ref().or_else(|| self.failed.get(&fence.epoch)) {
            return Some((error.clone(), Stored::Never));
        }
        let fault = fault?;
        let unknown = || CommitError::Unknown(Arc::new(std::io::Error::other("injected fault")));
        let (error, stored) = match fault {
            Fault::Failed => (unknown(), Stored::Never),
            Fault::FailedButDone => (unknown(), Stored::Now),
            Fault::FailedButDoneLater => (unknown(), Stored::Later),
            Fault::FenceLost => (CommitError::FenceLost, Stored::Never),
            Fault::Closed => (CommitError::Closed("injected fault".into()), Stored::Never),
        };
        if fault == Fault::Closed {
            self.closed = Some(error.clone());
        }
        self.failed.insert(fence.epoch, error.clone());
        Some((error, stored))
    }
}

impl Store for FaultyStore {
    fn acquire(&self, partitions: RangeInclusive<u16>) -> BoxFuture<'_, Result<Fence, Error>> {
        Box::pin(async move {
            self.call(Operation::Acquire)?;
            let later = self.plan().later.take_if(|batch| batch.fence.partitions == partitions);
            if let Some(batch) = later {
                let (tell, told) = tokio::sync::oneshot::channel();
                self.inner.commit(batch, Urgency::Now, Box::new(move |outcome| drop(tell.send(outcome))));
                // Whatever came of it, it is over.
                drop(told.await);
            }
            self.inner.acquire(partitions).await
        })
    }

    fn get(&self, space: Space, partition: Partition, key: Bytes) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async move {
            self.call(Operation::Get)?;
            self.inner.get(space, partition, key).await
        })
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
        Box::pin(async move {
            self.call(Operation::Scan)?;
            self.inner.scan(scan).await
        })
    }

    fn commit(&self, mut batch: Batch, urgency: Urgency, done: Completion) {
        // The lock is held while the batch is queued, so that batches are queued in the order of their verdicts.
        let mut plan = self.plan();
        let Some((error, stored)) = plan.next_commit(&batch.fence) else {
            return self.inner.commit(batch, urgency, done);
        };
        if stored == Stored::Later {
            plan.later = Some(batch.clone());
        }
        if stored != Stored::Now {
            // An empty batch keeps its place in the order of completions.
            batch.writes.clear();
        }
        self.inner.commit(batch, urgency, Box::new(move |outcome| done(outcome.and(Err(error)))));
    }

    fn waiting_bytes(&self) -> usize {
        self.inner.waiting_bytes()
    }

    fn failed(&self) -> BoxFuture<'static, Arc<str>> {
        self.inner.failed()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.inner.close()
    }
}
