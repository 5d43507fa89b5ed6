//! The tasks of one queue that are in memory: the first of them by order, at most so many, one per subject of a run.
//! Those beyond are parked: dropped here and only counted, for their rows are still there.

use std::collections::{BTreeMap, HashMap};

use abide_cluster::matching::QueuedTask;
use abide_engine::run::Subject;
use abide_model::{RunId, Timestamp};

use crate::order::{Order, PRIORITY_MAX};

/// The tasks of one queue that are in memory.
#[derive(Debug)]
pub(crate) struct Window {
    tasks: BTreeMap<Order, QueuedTask>,
    places: HashMap<(RunId, Subject), Order>,
    parked: u64,
    tasks_max: usize,
}

impl Window {
    pub(crate) fn new(tasks_max: usize) -> Self {
        Self { tasks: BTreeMap::new(), places: HashMap::new(), parked: 0, tasks_max }
    }

    /// Adds a task, unless a newer offer about the same subject is here; an older one is replaced. Returns whether
    /// anything changed.
    pub(crate) fn insert(&mut self, order: Order, task: QueuedTask) -> bool {
        let subject = (task.run.run_id, task.task.subject);
        if let Some(place) = self.places.get(&subject) {
            let known = self.tasks.get(place).expect("a subject's place holds its task");
            if known.task.stamp >= task.task.stamp {
                return false;
            }
            self.tasks.remove(place);
        }
        self.places.insert(subject, order);
        self.tasks.insert(order, task);
        if self.tasks.len() > self.tasks_max {
            self.park_last();
        }
        true
    }

    /// Takes the first task out.
    pub(crate) fn take_first(&mut self) -> Option<(Order, QueuedTask)> {
        let (order, task) = self.tasks.pop_first()?;
        self.places.remove(&(task.run.run_id, task.task.subject));
        Some((order, task))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Tasks in memory, and tasks parked, about.
    pub(crate) fn backlog(&self) -> i64 {
        let tasks = self.parked.saturating_add(self.tasks.len() as u64);
        i64::try_from(tasks).unwrap_or(i64::MAX)
    }

    /// Somebody else left so many tasks as rows.
    pub(crate) fn park(&mut self, rows: u64) {
        self.parked = self.parked.saturating_add(rows);
    }

    /// How many rows to read to bring parked tasks back now, if that is due: as many as the window holds, for those in
    /// memory are among the first. Forgets what is parked: whoever is asked offers it, and what finds no place is
    /// counted again.
    pub(crate) fn ask_refill(&mut self) -> Option<usize> {
        if self.parked == 0 || self.tasks.len() >= self.tasks_max.div_ceil(2) {
            return None;
        }
        self.parked = 0;
        Some(self.tasks_max)
    }

    /// When the oldest task in memory was scheduled.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        let firsts = (1..=PRIORITY_MAX).filter_map(|priority| {
            let rest = Order::first_of(priority)..Order::first_of(priority + 1);
            self.tasks.range(rest).next().map(|(_, task)| task.scheduled_at)
        });
        firsts.min()
    }

    fn park_last(&mut self) {
        let (_, task) = self.tasks.pop_last().expect("a window over its bound is not empty");
        self.places.remove(&(task.run.run_id, task.task.subject));
        self.parked += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::tests::task;

    fn order_of(task: &QueuedTask, arrival: u64) -> Order {
        Order::new(task.priority, task.scheduled_at, arrival)
    }

    #[test]
    fn the_youngest_is_parked_when_the_window_is_full() {
        let mut window = Window::new(2);
        for (arrival, at) in [(1, 30), (2, 10), (3, 20)] {
            let task = task(arrival, 1, 3, at);
            window.insert(order_of(&task, arrival.into()), task);
        }
        assert_eq!((window.parked, window.backlog()), (1, 3));
        let left: Vec<i64> =
            std::iter::from_fn(|| window.take_first()).map(|(_, task)| task.scheduled_at.nanos).collect();
        assert_eq!(left, [10_000_000, 20_000_000]);
    }

    #[test]
    fn parked_tasks_are_asked_back_once_below_half() {
        let mut window = Window::new(4);
        for run in 1..=6 {
            let task = task(run, 1, 3, 1);
            window.insert(order_of(&task, run.into()), task);
        }
        assert_eq!(window.ask_refill(), None);
        window.take_first();
        window.take_first();
        assert_eq!(window.ask_refill(), None, "half full is not below half");
        window.take_first();
        assert_eq!(window.ask_refill(), Some(4));
        assert_eq!(window.ask_refill(), None);
        window.park(7);
        assert_eq!(window.ask_refill(), Some(4));
    }

    #[test]
    fn only_a_newer_offer_about_the_same_subject_replaces_the_one_here() {
        let mut window = Window::new(4);
        let (old, new) = (task(1, 1, 3, 10), task(1, 2, 3, 20));
        assert!(window.insert(order_of(&old, 1), old.clone()));
        assert!(!window.insert(order_of(&old, 2), old.clone()));
        assert!(window.insert(order_of(&new, 3), new.clone()));
        assert!(!window.insert(order_of(&old, 1), old));
        assert_eq!(window.take_first().map(|(_, task)| task), Some(new));
        assert!(window.is_empty());
    }

    #[test]
    fn the_oldest_is_found_behind_more_urgent_ones() {
        let mut window = Window::new(4);
        for (run, priority, at) in [(1, 1, 50), (2, 5, 20), (3, 5, 30)] {
            let task = task(run, 1, priority, at);
            window.insert(order_of(&task, run.into()), task);
        }
        assert_eq!(window.oldest(), Some(Timestamp::from_millis(20)));
    }
}
