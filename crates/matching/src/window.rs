//! The tasks of one queue that are in memory: the first of them by place, at most so many, one per subject of a run.
//! Those beyond are parked: their rows are still there. Within a level of urgency, the tasks in memory are handed out by
//! turns of their fairness keys.

use std::collections::{BTreeMap, HashMap};

use abide_cluster::matching::{PRIORITY_MAX, Place, QueuedTask};
use abide_engine::run::Subject;
use abide_model::{RunId, Timestamp};

use crate::order::{Level, Turn};
use crate::park::Parked;
use crate::share::Shares;

/// See the file's first lines.
#[derive(Debug)]
pub(crate) struct Window {
    tasks: BTreeMap<Place, QueuedTask>,
    places: HashMap<(RunId, Subject), Place>,
    levels: [Level; PRIORITY_MAX as usize],
    /// How many tasks of each level are in memory.
    counts: [u64; PRIORITY_MAX as usize],
    parked: Parked,
    tasks_max: usize,
}

impl Window {
    pub(crate) fn new(tasks_max: usize) -> Self {
        Self {
            tasks: BTreeMap::new(),
            places: HashMap::new(),
            levels: Default::default(),
            counts: Default::default(),
            parked: Parked::default(),
            tasks_max,
        }
    }

    /// Adds a task, unless a newer offer about the same subject is here; an older one is replaced. Returns whether
    /// anything changed.
    pub(crate) fn insert(&mut self, task: QueuedTask) -> bool {
        let place = task.place();
        if !self.make_way(&task) {
            return false;
        }
        if self.parked.covers(&place) {
            self.parked.add(task, self.tasks_max);
            return true;
        }
        self.level(&place).insert(&task.fairness_key, place);
        self.hold(place, task);
        true
    }

    /// A task that was handed out is back.
    pub(crate) fn give_back(&mut self, task: QueuedTask, turn: Turn) {
        let place = task.place();
        if !self.make_way(&task) {
            return;
        }
        if self.parked.covers(&place) {
            return self.parked.add(task, self.tasks_max);
        }
        self.level(&place).give_back(&task.fairness_key, place, turn);
        self.hold(place, task);
    }

    /// Whether a task may be handed out.
    pub(crate) fn is_ready(&mut self, shares: &mut Shares, now: Timestamp) -> bool {
        self.next(shares, now).is_some()
    }

    /// Takes the next task out.
    pub(crate) fn take(&mut self, shares: &mut Shares, now: Timestamp) -> Option<(Turn, QueuedTask)> {
        let place = self.next(shares, now)?;
        let task = self.tasks.remove(&place).expect("a level holds only places of tasks");
        self.places.remove(&subject(&task));
        self.counts[index(&place)] -= 1;
        let weight = shares.weight(&task.fairness_key, task.fairness_weight);
        shares.spend(&task.fairness_key, weight, now);
        let turn = self.level(&place).take(&task.fairness_key, &place, weight);
        Some((turn, task))
    }

    /// When a task may be handed out that only the rate of its fairness key holds back; none also when it never may.
    pub(crate) fn ready_at(&self) -> Option<Timestamp> {
        self.levels.iter().filter_map(Level::ready_at).min().filter(|at| at.nanos < i64::MAX)
    }

    /// The rates of fairness keys have changed.
    pub(crate) fn forget_waits(&mut self) {
        self.levels.iter_mut().for_each(Level::forget_waits);
    }

    /// Whether nothing waits, in memory or parked.
    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.parked.is_empty()
    }

    /// Tasks in memory, and tasks parked, about.
    pub(crate) fn backlog(&self) -> i64 {
        let tasks = self.parked.total().saturating_add(self.tasks.len() as u64);
        i64::try_from(tasks).unwrap_or(i64::MAX)
    }

    /// Tasks of one level.
    pub(crate) fn backlog_of(&self, level: u8) -> i64 {
        let tasks = self.parked.count(level).saturating_add(self.counts[usize::from(level) - 1]);
        i64::try_from(tasks).unwrap_or(i64::MAX)
    }

    /// From where on to read parked tasks back now, and how many, if that is due. What is found comes with
    /// [`Window::refill`].
    pub(crate) fn ask_refill(&mut self) -> Option<(Place, usize)> {
        if self.tasks.len() > self.tasks_max / 4 {
            return None;
        }
        let from = self.parked.begin_reading()?;
        Some((from, self.tasks_max - self.tasks.len()))
    }

    /// Parked tasks are back: all before `next`, or all that there were.
    pub(crate) fn refill(&mut self, tasks: Vec<QueuedTask>, next: Option<Place>) {
        let back = self.parked.end_reading(next);
        for task in tasks {
            let place = task.place();
            if !self.parked.covers(&place) {
                self.parked.unpark(&place);
                self.insert(task);
            }
        }
        for task in back.aside {
            self.insert(task);
        }
    }

    /// When the oldest task of a level in memory was scheduled.
    pub(crate) fn oldest_of(&self, level: u8) -> Option<Timestamp> {
        let first = |priority| Place {
            priority,
            scheduled_at: Timestamp { nanos: i64::MIN },
            run_id: RunId(uuid::Uuid::nil()),
            subject: Subject::WorkflowTask,
        };
        self.tasks.range(first(level)..first(level + 1)).next().map(|(place, _)| place.scheduled_at)
    }

    /// The next task that may be handed out.
    fn next(&mut self, shares: &mut Shares, now: Timestamp) -> Option<Place> {
        self.levels.iter_mut().find_map(|level| level.next(shares, now))
    }

    /// Whether there is no newer offer about the subject of this one; an older one is dropped.
    fn make_way(&mut self, task: &QueuedTask) -> bool {
        let Some(place) = self.places.get(&subject(task)).copied() else { return true };
        let known = self.tasks.get(&place).expect("a subject's place holds its task");
        if known.task.stamp >= task.task.stamp {
            return false;
        }
        self.drop_task(&place);
        true
    }

    fn hold(&mut self, place: Place, task: QueuedTask) {
        self.counts[index(&place)] += 1;
        self.places.insert(subject(&task), place);
        self.tasks.insert(place, task);
        if self.tasks.len() > self.tasks_max {
            let (last, _) = self.tasks.last_key_value().expect("a window over its bound is not empty");
            let last = *last;
            self.drop_task(&last);
            self.parked.park(last);
        }
    }

    fn drop_task(&mut self, place: &Place) {
        let task = self.tasks.remove(place).expect("only a task that is here is dropped");
        self.places.remove(&subject(&task));
        self.counts[index(place)] -= 1;
        self.level(place).remove(&task.fairness_key, place);
    }

    fn level(&mut self, place: &Place) -> &mut Level {
        &mut self.levels[index(place)]
    }
}

fn subject(task: &QueuedTask) -> (RunId, Subject) {
    (task.run.run_id, task.task.subject)
}

fn index(place: &Place) -> usize {
    usize::from(place.priority) - 1
}

#[cfg(test)]
mod tests;
