//! What is known about a queue.

use abide_cluster::matching::{EffectiveRate, LevelDescription, PRIORITY_DEFAULT, PRIORITY_MAX, QueueDescription};
use abide_model::Timestamp;

use super::{Ear, Queue};

impl<E: Ear> Queue<E> {
    /// What is known.
    pub(crate) fn describe(&mut self, now: Timestamp) -> QueueDescription {
        let levels = (1..=PRIORITY_MAX).map(|level| (level, self.describe_level(level, now)));
        QueueDescription {
            levels: levels.filter(|(level, known)| *level == PRIORITY_DEFAULT || known.is_in_use()).collect(),
            pollers: self.pollers.list(now),
            rate_limited: self.held_back.per_second(now) > 0.0,
            rate: match (self.config.queue_rate(), self.worker_rate) {
                (Some(rate), _) => EffectiveRate::Configured(rate),
                (None, Some(rate)) => EffectiveRate::Worker(rate),
                (None, None) => EffectiveRate::Unlimited,
            },
        }
    }

    fn describe_level(&mut self, level: u8, now: Timestamp) -> LevelDescription {
        let (backlog, oldest) = (self.tasks.backlog_of(level), self.tasks.oldest_of(level));
        let flow = self.flow(level);
        LevelDescription {
            backlog,
            oldest,
            add_rate: flow.added.per_second(now),
            dispatch_rate: flow.dispatched.per_second(now),
        }
    }
}
