//! The window against a plain list of all tasks, with a store that is read while tasks come and go.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::queue::tests::task;

const NOW: Timestamp = Timestamp { nanos: 0 };

fn take(window: &mut Window) -> Option<(Turn, QueuedTask)> {
    window.take(&mut Shares::default(), NOW)
}

fn ages(window: &mut Window) -> Vec<i64> {
    std::iter::from_fn(|| take(window)).map(|(_, task)| task.scheduled_at.nanos / 1_000_000).collect()
}

#[test]
fn the_youngest_is_parked_when_the_window_is_full() {
    let mut window = Window::new(2);
    for (run, at) in [(1, 30), (2, 10), (3, 20)] {
        window.insert(task(run, 1, 3, at));
    }
    assert_eq!((window.parked.total(), window.backlog()), (1, 3));
    assert_eq!(ages(&mut window), [10, 20]);
}

#[test]
fn what_comes_behind_parked_tasks_is_parked_as_well() {
    let mut window = Window::new(2);
    for (run, at) in [(1, 10), (2, 20), (3, 30)] {
        window.insert(task(run, 1, 3, at));
    }
    take(&mut window);
    window.insert(task(4, 1, 3, 40));
    window.insert(task(5, 1, 1, 50));
    assert_eq!(ages(&mut window), [50, 20], "the task of 30 is next, and it is a row");
    assert_eq!(window.ask_refill(), Some((task(3, 1, 3, 30).place(), 2)));
    window.refill(vec![task(3, 1, 3, 30), task(4, 1, 3, 40)], None);
    assert_eq!(ages(&mut window), [30, 40]);
    assert!(window.is_empty());
}

#[test]
fn parked_tasks_are_asked_back_once_when_a_quarter_is_left() {
    let mut window = Window::new(4);
    for run in 1..=6 {
        window.insert(task(run, 1, 3, run.into()));
    }
    assert_eq!(window.ask_refill(), None);
    take(&mut window);
    take(&mut window);
    assert_eq!(window.ask_refill(), None);
    take(&mut window);
    assert_eq!(window.ask_refill(), Some((task(5, 1, 3, 5).place(), 3)));
    assert_eq!(window.ask_refill(), None, "it is under way");
    window.refill(Vec::new(), Some(task(5, 1, 3, 5).place()));
    assert!(window.ask_refill().is_some(), "the reading failed");
}

#[test]
fn a_task_that_comes_while_rows_are_read_is_not_passed_over() {
    for (tasks_max, more) in [(4, 0), (1, 2)] {
        let mut window = Window::new(tasks_max);
        for run in 1..=5 {
            window.insert(task(run, 1, 3, run.into()));
        }
        while take(&mut window).is_some() {}
        let (from, _) = window.ask_refill().unwrap();
        assert_eq!(from, task(tasks_max as u32 + 1, 1, 3, tasks_max as i64 + 1).place());
        // They come after their partitions were read.
        window.insert(task(8, 1, 3, 8));
        window.insert(task(7, 1, 3, 7));
        window.refill(Vec::new(), None);
        let (mut found, mut refills) = (ages(&mut window), 0);
        while let Some((from, _)) = window.ask_refill() {
            let rows = [task(7, 1, 3, 7), task(8, 1, 3, 8)].into_iter();
            window.refill(rows.filter(|row| row.place() >= from).collect(), None);
            found.append(&mut ages(&mut window));
            refills += 1;
        }
        assert_eq!((found, refills), (vec![7, 8], more));
    }
}

#[test]
fn only_a_newer_offer_about_the_same_subject_replaces_the_one_here() {
    let mut window = Window::new(4);
    let (old, new) = (task(1, 1, 3, 10), task(1, 2, 3, 20));
    assert!(window.insert(old.clone()));
    assert!(!window.insert(old.clone()));
    assert!(window.insert(new.clone()));
    assert!(!window.insert(old));
    assert_eq!(take(&mut window).map(|(_, task)| task), Some(new));
    assert!(window.is_empty());
}

#[test]
fn the_oldest_of_each_level_is_known() {
    let mut window = Window::new(4);
    for (run, priority, at) in [(1, 1, 50), (2, 9, 20), (3, 5, 30), (4, 0, 40)] {
        window.insert(task(run, 1, priority, at));
    }
    let at = |millis| Some(Timestamp::from_millis(millis));
    assert_eq!([1, 2, 3, 4, 5].map(|level| window.oldest_of(level)), [at(50), None, at(40), None, at(20)]);
    assert_eq!([1, 2, 3, 4, 5].map(|level| window.backlog_of(level)), [1, 0, 1, 0, 2]);
}

#[derive(Clone, Debug)]
enum Step {
    Offer(i32, i64),
    /// Offered, but its row is seen only by readings that begin later.
    Take,
    GiveBack,
    BeginReading,
    EndReading,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1..4_i32, 0..50_i64).prop_map(|(priority, at)| Step::Offer(priority, at)),
        4 => Just(Step::Take),
        1 => Just(Step::GiveBack),
        2 => Just(Step::BeginReading),
        2 => Just(Step::EndReading),
    ];
    prop::collection::vec(step, 1..200)
}

/// The rows of a queue: a task is one until it is taken for good.
#[derive(Default)]
struct Rows(BTreeMap<Place, QueuedTask>);

impl Rows {
    fn read(&self, from: Place, tasks_max: usize) -> (Vec<QueuedTask>, Option<Place>) {
        let mut rows = self.0.range(from..);
        let tasks = rows.by_ref().take(tasks_max).map(|(_, task)| task.clone()).collect();
        (tasks, rows.next().map(|(place, _)| *place))
    }
}

proptest! {
    #[test]
    fn every_task_comes_once_and_in_order_whatever_is_parked(steps in steps()) {
        let mut window = Window::new(4);
        let (mut rows, mut read, mut out) = (Rows::default(), None, Vec::new());
        let mut taken = BTreeSet::new();
        for (number, step) in (1..).zip(steps) {
            match step {
                Step::Offer(priority, at) => {
                    let task = task(number, 1, priority, at);
                    rows.0.insert(task.place(), task.clone());
                    window.insert(task);
                }
                Step::Take => if let Some((turn, task)) = take(&mut window) {
                    let first = rows.0.keys().find(|place| !taken.contains(*place)).copied();
                    let is_reading = read.is_some();
                    prop_assert!(is_reading || first == Some(task.place()), "the first of all");
                    prop_assert!(taken.insert(task.place()), "once");
                    out.push((turn, task));
                },
                Step::GiveBack => if let Some((turn, task)) = out.pop() {
                    taken.remove(&task.place());
                    window.give_back(task, turn);
                },
                Step::BeginReading => if let Some((from, tasks_max)) = window.ask_refill() {
                    // Those that are out may have rows still; they were before the horizon, or are given back.
                    read = Some(rows.read(from, tasks_max));
                },
                Step::EndReading => if let Some((tasks, next)) = read.take() {
                    let waiting = tasks.into_iter().filter(|task| !taken.contains(&task.place())).collect();
                    window.refill(waiting, next);
                },
            }
        }
        if let Some((tasks, next)) = read.take() {
            window.refill(tasks.into_iter().filter(|task| !taken.contains(&task.place())).collect(), next);
        }
        loop {
            while let Some((_, task)) = take(&mut window) {
                prop_assert!(taken.insert(task.place()), "once");
            }
            let Some((from, tasks_max)) = window.ask_refill() else { break };
            let (tasks, next) = rows.read(from, tasks_max);
            window.refill(tasks.into_iter().filter(|task| !taken.contains(&task.place())).collect(), next);
        }
        prop_assert!(window.is_empty());
        prop_assert_eq!(window.backlog(), 0);
        prop_assert_eq!(taken.len(), rows.0.len(), "all of them");
    }
}
