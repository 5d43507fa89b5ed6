//! When to look at which run again: the timer rows of a shard that are due soon, in memory. Later ones stay in the
//! store, and are paged in by time. Keeps no time, reads nothing and fires nothing itself. A row may be stale (a crash,
//! or a deadline that moved): then its firing finds nothing due and puts it right.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use abide_model::{Partition, RunId, Timestamp, limits};
use abide_store::key::TimerKey;

/// See the file's first lines.
pub(crate) struct Timers {
    order: BTreeSet<(u64, RunId, Partition)>,
    rows: HashMap<RunId, u64>,
    /// All rows before this are in memory, or being read: milliseconds.
    horizon: u64,
    /// No row behind the horizon is earlier than this; none when there is no such row.
    behind: Option<u64>,
    is_paging: bool,
}

/// Rows to be read, by when they fire: from the first millisecond to the one before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from_millis: u64,
    pub(crate) to_millis: u64,
}

impl Default for Timers {
    /// Nothing was read yet.
    fn default() -> Self {
        Self { order: BTreeSet::new(), rows: HashMap::new(), horizon: 0, behind: Some(0), is_paging: false }
    }
}

impl Timers {
    /// A run's row is this one now, or it has none.
    pub(crate) fn set(&mut self, run_id: RunId, partition: Partition, row: Option<TimerKey>) {
        let row = match row {
            Some(row) if row.fire_at_millis >= self.horizon => {
                self.note_behind(Some(row.fire_at_millis));
                None
            }
            row => row,
        };
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

    /// Whether a row is due too late to be kept in memory.
    pub(crate) fn is_far(&self, row: TimerKey) -> bool {
        row.fire_at_millis >= self.horizon
    }

    /// A row was found in the store. One that is known besides stays: the later of the two will turn out to be stale.
    pub(crate) fn found(&mut self, row: TimerKey, partition: Partition) {
        self.order.insert((row.fire_at_millis, row.run_id, partition));
        let known = self.rows.entry(row.run_id).or_insert(row.fire_at_millis);
        *known = row.fire_at_millis.min(*known);
    }

    /// A row is stored no more.
    pub(crate) fn forget(&mut self, row: TimerKey, partition: Partition) {
        self.order.remove(&(row.fire_at_millis, row.run_id, partition));
        self.rows.remove(&row.run_id);
    }

    /// A run is not looked at before then, whatever its stored row says.
    pub(crate) fn postpone(&mut self, run_id: RunId, partition: Partition, stored: Option<TimerKey>, until: Timestamp) {
        self.set(run_id, partition, None);
        if let Some(stored) = stored {
            self.rows.insert(run_id, stored.fire_at_millis);
        }
        self.order.insert((TimerKey::at(until, run_id).fire_at_millis, run_id, partition));
    }

    /// A run's row, if it is in memory.
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

    /// The rows to page in now, if it is time for that. From now on rows of this span are kept in memory; those that
    /// were stored before must be [`Timers::found`], and then [`Timers::paged`] be called.
    pub(crate) fn next_page(&mut self, now: Timestamp) -> Option<Span> {
        if self.is_paging || time(self.behind?) > now.after(limits::TIMER_PAGE_AHEAD) {
            return None;
        }
        let to_millis = TimerKey::at(now.after(limits::TIMER_PAGE), RunId(uuid::Uuid::nil())).fire_at_millis;
        let span = Span { from_millis: self.horizon, to_millis: to_millis.max(self.horizon) };
        self.horizon = span.to_millis;
        self.behind = None;
        self.is_paging = true;
        Some(span)
    }

    /// A page was read; the first row behind it is due then.
    pub(crate) fn paged(&mut self, behind_millis: Option<u64>) {
        self.is_paging = false;
        self.note_behind(behind_millis);
    }

    /// How long to sleep; none when there is nothing to wait for. Never too long to notice that the clock was set.
    pub(crate) fn sleep(&self, now: Timestamp) -> Option<Duration> {
        let due = self.order.first().map(|(fire_at_millis, ..)| time(*fire_at_millis).since(now));
        let page = self.behind.filter(|_| !self.is_paging).map(|behind| {
            let until = time(behind).since(now);
            until.saturating_sub(limits::TIMER_PAGE_AHEAD)
        });
        let sleep = due.into_iter().chain(page).min()?;
        Some(sleep.min(limits::TIMER_SLEEP_MAX))
    }

    fn note_behind(&mut self, millis: Option<u64>) {
        self.behind = self.behind.into_iter().chain(millis).min();
    }
}

fn time(millis: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fire_at_millis: u64, run: u128) -> TimerKey {
        TimerKey { fire_at_millis, run_id: RunId(uuid::Uuid::from_u128(run)) }
    }

    /// Where everything is in memory that is due within a page from the epoch.
    fn paged() -> Timers {
        let mut timers = Timers::default();
        let all = timers.next_page(Timestamp::EPOCH).expect("nothing was read yet");
        assert_eq!(all, Span { from_millis: 0, to_millis: limits::TIMER_PAGE.as_millis() as u64 });
        timers.paged(None);
        timers
    }

    #[test]
    fn nothing_fires_before_its_time() {
        let mut timers = paged();
        timers.set(row(5, 1).run_id, Partition(1), Some(row(5, 1)));
        assert_eq!(timers.pop_due(Timestamp { nanos: 4_999_999 }), None);
        assert_eq!(timers.sleep(Timestamp::from_millis(3)), Some(Duration::from_millis(2)));
        assert_eq!(timers.pop_due(Timestamp::from_millis(5)), Some((row(5, 1), Partition(1))));
        assert_eq!(timers.sleep(Timestamp::from_millis(5)), None);
    }

    #[test]
    fn a_run_has_one_row_and_moving_it_forgets_the_old_one() {
        let mut timers = paged();
        let run_id = row(0, 1).run_id;
        timers.set(run_id, Partition(1), Some(row(5, 1)));
        timers.set(run_id, Partition(1), Some(row(3, 1)));
        assert_eq!(timers.row(run_id), Some(row(3, 1)));
        timers.set(run_id, Partition(1), None);
        assert_eq!(timers.pop_due(Timestamp::from_millis(9)), None);
    }

    #[test]
    fn a_stale_row_that_is_found_later_fires_as_well() {
        let mut timers = paged();
        timers.set(row(0, 1).run_id, Partition(1), Some(row(5, 1)));
        timers.found(row(2, 1), Partition(1));
        assert_eq!(timers.pop_due(Timestamp::from_millis(9)), Some((row(2, 1), Partition(1))));
        assert_eq!(timers.pop_due(Timestamp::from_millis(9)), Some((row(5, 1), Partition(1))));
        assert_eq!(timers.pop_due(Timestamp::from_millis(9)), None);
    }

    #[test]
    fn a_row_that_is_gone_does_not_fire_even_if_an_earlier_one_hides_it() {
        let mut timers = paged();
        timers.set(row(0, 1).run_id, Partition(1), Some(row(5, 1)));
        timers.found(row(2, 1), Partition(1));
        assert_eq!(timers.pop_due(Timestamp::from_millis(2)), Some((row(2, 1), Partition(1))));
        timers.forget(row(5, 1), Partition(1));
        assert_eq!(timers.row(row(0, 1).run_id), None);
        assert_eq!(timers.pop_due(Timestamp::from_millis(9)), None);
    }

    #[test]
    fn a_run_that_is_looked_at_later_has_the_row_that_it_has() {
        let mut timers = paged();
        let stored = row(3, 1);
        timers.set(stored.run_id, Partition(1), Some(stored));
        timers.postpone(stored.run_id, Partition(1), Some(stored), Timestamp::from_millis(7));
        assert_eq!(timers.row(stored.run_id), Some(stored), "no other one is stored");
        assert_eq!(timers.pop_due(Timestamp::from_millis(6)), None);
        assert_eq!(timers.pop_due(Timestamp::from_millis(7)), Some((row(7, 1), Partition(1))));
        assert_eq!(timers.row(stored.run_id), Some(stored));
    }

    #[test]
    fn what_is_due_later_is_paged_in_before_its_time() {
        let mut timers = paged();
        let later = row(2 * limits::TIMER_PAGE.as_millis() as u64, 1);
        timers.set(later.run_id, Partition(1), Some(later));
        assert_eq!(timers.row(later.run_id), None, "it takes no memory");
        assert_eq!(timers.next_page(Timestamp::EPOCH), None, "it is not time yet");
        let wake = Timestamp::EPOCH.after(limits::TIMER_PAGE * 2 - limits::TIMER_PAGE_AHEAD);
        assert!(timers.sleep(wake) == Some(Duration::ZERO));
        let span = timers.next_page(wake).expect("it is time");
        assert!((span.from_millis..span.to_millis).contains(&later.fire_at_millis));
        assert_eq!(timers.next_page(wake), None, "one page at a time");
        assert_eq!(timers.sleep(wake), None);
        timers.found(later, Partition(1));
        let last = row(span.to_millis + 7, 2);
        timers.paged(Some(last.fire_at_millis));
        assert_eq!(timers.pop_due(later.fire_at()), Some((later, Partition(1))));
        assert!(timers.next_page(last.fire_at()).is_some());
    }

    #[test]
    fn a_row_that_is_set_while_its_page_is_read_is_not_lost() {
        let mut timers = Timers::default();
        let span = timers.next_page(Timestamp::EPOCH).expect("nothing was read yet");
        timers.set(row(0, 1).run_id, Partition(1), Some(row(5, 1)));
        timers.set(row(0, 2).run_id, Partition(1), Some(row(span.to_millis, 2)));
        timers.paged(None);
        assert_eq!(timers.pop_due(Timestamp::from_millis(5)), Some((row(5, 1), Partition(1))));
        assert!(timers.next_page(row(span.to_millis, 2).fire_at()).is_some(), "the other one is behind the page");
    }
}
