//! The server's clock: the simulation's own time, and what somebody set it forward or back by.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use abide_model::{Clock, Timestamp};
use tokio::time::Instant;

/// When every simulation begins: 2026-01-01.
const BEGIN: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// See the file's first lines.
#[derive(Clone)]
pub struct SimClock {
    began: Instant,
    set_by_millis: Arc<AtomicI64>,
    was_set_back: Arc<AtomicBool>,
    /// The latest time that it showed when it was set: nanoseconds.
    left_at: Arc<AtomicI64>,
}

impl SimClock {
    /// Begins now.
    pub fn start() -> Self {
        Self {
            began: Instant::now(),
            set_by_millis: Arc::default(),
            was_set_back: Arc::default(),
            left_at: Arc::default(),
        }
    }

    /// How long the simulation has gone on, whatever the server's clock says.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Somebody sets the server's clock.
    pub fn set(&self, by_millis: i64) {
        self.left_at.fetch_max(self.now().nanos, Ordering::Relaxed);
        self.set_by_millis.fetch_add(by_millis, Ordering::Relaxed);
        self.was_set_back.fetch_or(by_millis < 0, Ordering::Relaxed);
    }

    /// The latest time that it has ever shown.
    pub fn latest(&self) -> Timestamp {
        Timestamp { nanos: self.left_at.load(Ordering::Relaxed) }.max(self.now())
    }

    /// Whether somebody has ever set it.
    pub fn was_set(&self) -> bool {
        self.set_by_millis.load(Ordering::Relaxed) != 0 || self.was_set_back()
    }

    /// Whether somebody has ever set it back.
    pub fn was_set_back(&self) -> bool {
        self.was_set_back.load(Ordering::Relaxed)
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let set_by = self.set_by_millis.load(Ordering::Relaxed).saturating_mul(1_000_000);
        let now = BEGIN.after(self.elapsed());
        Timestamp { nanos: now.nanos.saturating_add(set_by) }
    }
}
