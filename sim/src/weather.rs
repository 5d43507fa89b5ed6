//! What goes wrong at the moment. The director sets it, the seams ask it; by itself it does nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// See the file's first lines.
#[derive(Clone, Default)]
pub struct Weather(Arc<State>);

#[derive(Default)]
struct State {
    now: Mutex<Now>,
    trap: Mutex<Trap>,
    sprung: Notify,
}

/// Everything that may go wrong, as it is now. Shares are of a thousand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// Of the store.
    pub store: StoreWeather,
    /// Between clients and server.
    pub wire: WireWeather,
    /// Between history and task queues.
    pub offers: OfferWeather,
    /// In workers.
    pub workers: WorkerWeather,
    /// At the addresses that are told how runs end.
    pub outside: OutsideWeather,
}

/// What the store does.
#[derive(Clone, Copy, Debug)]
pub struct StoreWeather {
    /// How long a sync takes: the least and the most milliseconds.
    pub sync_millis: (u64, u64),
    /// How long a read takes: the least and the most milliseconds.
    pub read_millis: (u64, u64),
    /// Reads and acquisitions that fail.
    pub failing_reads: u64,
    /// Commits after which nobody knows whether they are stored.
    pub unknown_commits: u64,
}

impl Default for StoreWeather {
    fn default() -> Self {
        Self { sync_millis: (1, 3), read_millis: (0, 0), failing_reads: 0, unknown_commits: 0 }
    }
}

/// What the wire does.
#[derive(Clone, Copy, Debug)]
pub struct WireWeather {
    /// One way: the least and the most milliseconds.
    pub latency_millis: (u64, u64),
    /// Requests that never arrive.
    pub lost_requests: u64,
    /// Answers that never arrive.
    pub lost_answers: u64,
    /// Requests that arrive a second time, later.
    pub doubled_requests: u64,
}

impl Default for WireWeather {
    fn default() -> Self {
        Self { latency_millis: (0, 2), lost_requests: 0, lost_answers: 0, doubled_requests: 0 }
    }
}

/// What happens to tasks on their way to matching.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfferWeather {
    /// Come late.
    pub late: u64,
    /// Come twice.
    pub doubled: u64,
    /// Never come. Only when a crash follows, because nothing but a restart offers a task again.
    pub lost: u64,
}

/// What becomes of visits to addresses outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutsideWeather {
    /// Find nobody.
    pub unreachable: u64,
    /// Are sent away until later.
    pub not_now: u64,
    /// Are sent away for good.
    pub never: u64,
    /// Are heard, and do not hear the answer.
    pub unheard: u64,
}

/// What workers do with tasks.
#[derive(Clone, Copy, Debug, Default)]
pub struct WorkerWeather {
    /// Are never answered.
    pub ignored: u64,
    /// Are failed.
    pub failed: u64,
    /// Are answered late, perhaps too late.
    pub dawdled: u64,
    /// Are answered twice.
    pub answered_twice: u64,
}

/// A crash that waits for the store to be called so often.
#[derive(Default)]
struct Trap {
    calls_left: Option<u64>,
}

impl Weather {
    /// As it is.
    pub fn now(&self) -> Now {
        *lock(&self.0.now)
    }

    /// Changes it.
    pub fn set(&self, change: impl FnOnce(&mut Now)) {
        change(&mut lock(&self.0.now));
    }

    /// From now on nothing goes wrong.
    pub fn calm(&self) {
        self.set(|now| *now = Now::default());
        self.disarm();
    }

    /// Springs when the store has been called so often.
    pub fn arm(&self, calls: u64) {
        lock(&self.0.trap).calls_left = Some(calls);
    }

    /// Nothing springs any more.
    pub fn disarm(&self) {
        lock(&self.0.trap).calls_left = None;
    }

    /// The store was called.
    pub fn store_called(&self) {
        let mut trap = lock(&self.0.trap);
        match trap.calls_left {
            None => {}
            Some(0) => {
                trap.calls_left = None;
                drop(trap);
                self.0.sprung.notify_one();
            }
            Some(left) => trap.calls_left = Some(left - 1),
        }
    }

    /// Returns when the trap springs.
    pub async fn sprung(&self) {
        self.0.sprung.notified().await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
