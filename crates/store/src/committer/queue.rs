//! What waits for the writer thread, in order, and when the thread wakes for it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{Entry, GROUP_BYTES_MAX, LAZY_DELAY};
use crate::{Urgency, Write};

/// What a write takes beside its key and value: about.
const WRITE_BYTES: usize = 96;

impl Entry {
    /// How much memory it holds, about.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |write: &Write| match write {
            Write::Put { key, value, .. } => key.len() + value.len(),
            Write::Delete { key, .. } => key.len(),
            Write::DeleteRange { from, to, .. } => from.len() + to.len(),
        };
        match self {
            Entry::Batch { batch, .. } => batch.writes.iter().map(|write| WRITE_BYTES + bytes(write)).sum(),
            Entry::Acquire { .. } => WRITE_BYTES,
        }
    }
}

/// The queue. Shared by everyone who commits and the one thread that takes.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
    bytes: AtomicUsize,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    /// Whether somebody waits for one of the entries.
    urgent: bool,
    /// When the oldest lazy entry has waited long enough.
    due: Option<Instant>,
    writer: Sleep,
    life: Life,
}

/// What would wake the writer.
#[derive(Default, PartialEq)]
enum Sleep {
    #[default]
    Awake,
    /// Anything.
    Idle,
    /// Something urgent, or the time.
    UntilDue,
}

#[derive(Default, PartialEq)]
enum Life {
    #[default]
    Open,
    /// What is queued is still done.
    Closing,
    /// The writer has left.
    Ended,
}

impl Queue {
    /// Appends an entry; gives it back when the writer has left.
    pub(super) fn push(&self, entry: Entry, urgency: Urgency) -> Result<(), Entry> {
        let bytes = entry.bytes();
        let mut waiting = self.lock();
        if waiting.life == Life::Ended {
            return Err(entry);
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        waiting.entries.push_back(entry);
        let wake = match urgency {
            Urgency::Now => {
                waiting.urgent = true;
                waiting.writer != Sleep::Awake
            }
            Urgency::Lazy => {
                waiting.due.get_or_insert_with(|| Instant::now() + LAZY_DELAY);
                waiting.writer == Sleep::Idle
            }
        };
        if wake {
            waiting.writer = Sleep::Awake;
            drop(waiting);
            self.wake.notify_one();
        }
        Ok(())
    }

    /// The writer leaves when it has done what is queued.
    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        if waiting.life == Life::Open {
            waiting.life = Life::Closing;
        }
        drop(waiting);
        self.wake.notify_one();
    }

    /// Bytes that are not durable yet.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// So many bytes were dealt with.
    pub(super) fn durable(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Waits for something to do and moves it into `group`; false when the writer must leave.
    pub(super) fn take(&self, group: &mut Vec<Entry>) -> bool {
        let mut waiting = self.lock();
        loop {
            if waiting.urgent || (waiting.life != Life::Open && !waiting.entries.is_empty()) {
                break;
            }
            if waiting.life != Life::Open {
                waiting.life = Life::Ended;
                return false;
            }
            waiting = match waiting.due {
                None => self.sleep(waiting),
                Some(due) => match due.checked_duration_since(Instant::now()) {
                    None => break,
                    Some(rest) if rest.is_zero() => break,
                    Some(rest) => self.sleep_for(waiting, rest),
                },
            };
            waiting.writer = Sleep::Awake;
        }
        waiting.move_group(group);
        true
    }

    fn sleep<'a>(&self, mut waiting: MutexGuard<'a, Waiting>) -> MutexGuard<'a, Waiting> {
        waiting.writer = Sleep::Idle;
        self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep_for<'a>(
        &self,
        mut waiting: MutexGuard<'a, Waiting>,
        rest: std::time::Duration,
    ) -> MutexGuard<'a, Waiting> {
        waiting.writer = Sleep::UntilDue;
        self.wake.wait_timeout(waiting, rest).unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it holds the lock in a half-changed state.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Moves entries from the front, up to the size of a group. What stays is urgent: its turn is next.
    fn move_group(&mut self, group: &mut Vec<Entry>) {
        let mut bytes = 0;
        while bytes < GROUP_BYTES_MAX
            && let Some(entry) = self.entries.pop_front()
        {
            bytes += entry.bytes();
            group.push(entry);
        }
        self.urgent = !self.entries.is_empty();
        self.due = None;
    }
}
