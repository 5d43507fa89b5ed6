//! The tasks of a queue that are rows only: all those from one place on, the *horizon*. They are counted, not kept.
//!
//! While they are read back, tasks keep coming that the reading may have missed; they are kept aside, or, when there are
//! too many, remembered by the first place among them, so that no row is ever passed over.

use abide_cluster::matching::{PRIORITY_MAX, Place, QueuedTask};

/// See the file's first lines.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    horizon: Option<Place>,
    counts: [u64; PRIORITY_MAX as usize],
    reading: Option<Reading>,
}

#[derive(Debug, Default)]
struct Reading {
    aside: Vec<QueuedTask>,
    missed: Option<Place>,
}

/// What reading parked tasks back came to.
pub(crate) struct Back {
    /// What was kept aside meanwhile.
    pub aside: Vec<QueuedTask>,
}

impl Parked {
    /// Whether a task at this place is a row only.
    pub(crate) fn covers(&self, place: &Place) -> bool {
        self.horizon.is_some_and(|horizon| *place >= horizon)
    }

    /// Whether there are parked tasks.
    pub(crate) fn is_empty(&self) -> bool {
        self.horizon.is_none()
    }

    /// How many are parked at a level, about.
    pub(crate) fn count(&self, level: u8) -> u64 {
        self.counts[usize::from(level) - 1]
    }

    /// How many are parked, about.
    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().fold(0, |total, count| total.saturating_add(*count))
    }

    /// A task that is covered comes: it is kept aside (at most so many), or parked.
    pub(crate) fn add(&mut self, task: QueuedTask, aside_max: usize) {
        match &mut self.reading {
            Some(reading) if reading.aside.len() < aside_max => reading.aside.push(task),
            Some(_) | None => self.park(task.place()),
        }
    }

    /// A task leaves memory, or was never in it.
    pub(crate) fn park(&mut self, place: Place) {
        self.horizon = Some(self.horizon.map_or(place, |horizon| horizon.min(place)));
        let count = &mut self.counts[usize::from(place.priority) - 1];
        *count = count.saturating_add(1);
        if let Some(reading) = &mut self.reading {
            reading.missed = Some(reading.missed.map_or(place, |missed| missed.min(place)));
        }
    }

    /// From where on to read, unless that is under way.
    pub(crate) fn begin_reading(&mut self) -> Option<Place> {
        if self.reading.is_some() {
            return None;
        }
        let from = self.horizon?;
        self.reading = Some(Reading::default());
        Some(from)
    }

    /// Everything before `next` was read; without one, everything.
    pub(crate) fn end_reading(&mut self, next: Option<Place>) -> Back {
        let Reading { aside, missed } = self.reading.take().unwrap_or_default();
        self.horizon = match (next, missed) {
            (Some(next), Some(missed)) => Some(next.min(missed)),
            (next, missed) => next.or(missed),
        };
        if self.horizon.is_none() {
            self.counts = Default::default();
        }
        Back { aside }
    }

    /// A parked task is in memory.
    pub(crate) fn unpark(&mut self, place: &Place) {
        let count = &mut self.counts[usize::from(place.priority) - 1];
        *count = count.saturating_sub(1);
    }
}
