//! When to look at which run again: the timer rows of a shard, in memory. Keeps no time and fires nothing itself. A row
//! may be stale (a crash, or a deadline that moved): then its firing finds nothing due and puts it right.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use abide_model::{Partition, RunId, Timestamp, limits};
use abide_store::key::TimerKey;

/// See the file's first lines.
#[derive(Default)]
pub(crate) struct Timers {
    order: BTreeSet<(u64, RunId, Partition)>,
    rows: HashMap<RunId, u64>,
}

impl Timers {
    /// A run's row is this one now, or it has none.
    pub(crate) fn set(&mut self, run_id: RunId, partition: Partition, row: Option<TimerKey>) {
        let before = match row {
            Some(row) => self.rows.insert(run_id, row.fire_at_millis),
            None => self.rows.remove(&run_id),
        };
        if let Some(before) = before {
            self.order.remove(&(before, run_id, partition));
        }
        if let Some(row) = row {
            self.order.insert((row.fire_at_millis, run_id, partition));
        }
    }

    /// A row was found in the store. One that is known besides stays: the later of the two will turn out to be stale.
    pub(crate) fn found(&mut self, row: TimerKey, partition: Partition) {
        self.order.insert((row.fire_at_millis, row.run_id, partition));
        let known = self.rows.entry(row.run_id).or_insert(row.fire_at_millis);
        *known = row.fire_at_millis.min(*known);
    }

    /// A run's row.
    pub(crate) fn row(&self, run_id: RunId) -> Option<TimerKey> {
        self.rows.get(&run_id).map(|fire_at_millis| TimerKey { fire_at_millis: *fire_at_millis, run_id })
    }

    /// Takes out a row whose time has come.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<(TimerKey, Partition)> {
        let (fire_at_millis, run_id, partition) = *self.order.first()?;
        let row = TimerKey { fire_at_millis, run_id };
        if row.fire_at() > now {
            return None;
        }
        self.order.pop_first();
        if self.rows.get(&run_id) == Some(&fire_at_millis) {
            self.rows.remove(&run_id);
        }
        Some((row, partition))
    }

    /// How long to sleep; none when there is nothing to wait for. Never too long to notice that the clock was set.
    pub(crate) fn sleep(&self, now: Timestamp) -> Option<Duration> {
        let (fire_at_millis, run_id, _) = *self.order.first()?;
        Some(TimerKey { fire_at_millis, run_id }.fire_at().since(now).min(limits::TIMER_SLEEP_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fire_at_millis: u64, run: u128) -> TimerKey {
        TimerKey { fire_at_millis, run_id: RunId(uuid::Uuid::from_u128(run)) }
    }

    #[test]
    fn nothing_fires_before_its_time() {
        let mut timers = Timers::default();
        timers.set(row(5, 1).run_id, Partition(1), Some(row(5, 1)));
        assert_eq!(timers.pop_due(Timestamp { nanos: 4_999_999 }), None);
        assert_eq!(timers.sleep(Timestamp::from_millis(3)), Some(Duration::from_millis(2)));
        assert_eq!(timers.pop_due(Timestamp::from_millis(5)), Some((row(5, 1), Partition(1))));
        assert_eq!(timers.sleep(Timestamp::from_millis(5)), None);
    }

    #[test]
    fn a_run_has_one_row_and_moving_it_forgets_the_old_one() {
        let mut timers = Timers::default();
        let run_id = row(0, 1).run_id;
        timers.set(run_id, Partition(1), Some(row(5, 1)));
        timers.set(run_id, Partition(1), Some(row(3, 1)));
        assert_eq!(timers.row(run_id), Some(row(3, 1)));
        timers.set(run_id, Partition(1), None);
        assert_eq!(timers.pop_due(Timestamp::from_millis(9)), None);
    }

    #[test]
    fn a_stale_row_that_is_found_later_fires_as_well() {
        let mut timers = Timers::default();
        timers.set(row(0, 1).run_id, Partition(1), Some(row(5, 1)));
        timers.found(row(2, 1), Partition(1));
        assert_eq!(timers.pop_due(Timestamp::from_millis(9)), Some((row(2, 1), Partition(1))));
        assert_eq!(timers.pop_due(Timestamp::from_millis(9)), Some((row(5, 1), Partition(1))));
        assert_eq!(timers.pop_due(Timestamp::from_millis(9)), None);
    }
}
