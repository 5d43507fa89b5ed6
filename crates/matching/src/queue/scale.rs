//! Whether a worker should have more pollers, or fewer.

use std::time::Duration;

use abide_model::{Timestamp, limits};

use super::{Ear, Queue};

/// Why a poll ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PollEnded {
    /// With a task that waited for so long.
    WithTask(Duration),
    /// With a task that was started as it came, with a query, or with nothing.
    Otherwise,
}

impl<E: Ear> Queue<E> {
    /// How many more pollers a worker should have whose poll has waited for so long: one, none or one less. A poll that
    /// waited long is one too many, unless it waited for a task of a backlog, which a rate had held back. Advice to have
    /// more is given to few at a time.
    pub(crate) fn advise(&mut self, waited: Duration, ended: PollEnded, now: Timestamp) -> i32 {
        let is_backlog = matches!(ended, PollEnded::WithTask(age) if age > limits::POLLER_SCALE_UP_AGE);
        if waited >= limits::POLLER_SCALE_DOWN_WAIT && !is_backlog {
            return -1;
        }
        let pollers = self.pollers.count().max(1) as f64;
        self.advice.set(Some(limits::POLLER_SCALE_PER_SECOND * pollers), now);
        if !self.advice.is_ready(now) || self.held_back.per_second(now) > 0.0 {
            return 0;
        }
        self.advice.spend();
        i32::from(self.is_behind(now))
    }

    /// Whether tasks wait for pollers, or come faster than they go.
    fn is_behind(&mut self, now: Timestamp) -> bool {
        let described = self.describe(now);
        let is_waiting = described.backlog() > 0
            && described.oldest().is_some_and(|oldest| now.since(oldest) > limits::POLLER_SCALE_UP_AGE);
        is_waiting || described.add_rate() > described.dispatch_rate() * limits::POLLER_SCALE_UP_RATIO
    }
}
