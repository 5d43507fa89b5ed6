//! In which order the tasks of one level of urgency are handed out: by turns of their fairness keys, and within a key the
//! oldest first.
//!
//! Stride scheduling: every key has a *pass*, the next task is one of the key with the smallest, and handing out a task
//! moves the pass of its key by a *stride*, the smaller the more weight the key has. A key that had nothing to hand out
//! begins where the others are: nobody saves turns up.

use std::collections::{BTreeMap, BTreeSet};

use abide_cluster::matching::Place;
use abide_model::{Timestamp, limits};

use crate::share::Shares;

/// The stride of a key of weight 1.
const STRIDE: f32 = 1_000_000.0;

/// What handing out a task moved, for a task that comes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Turn {
    stride: u64,
}

/// The tasks of one level, by their places.
#[derive(Debug, Default)]
pub(crate) struct Level {
    keys: BTreeMap<String, Key>,
    /// The keys that have tasks and may hand one out: by pass, then by the age of their first task.
    turns: BTreeSet<(u64, Place, String)>,
    /// The keys that have tasks, but whose rate forbids to hand one out before this time.
    waiting: BTreeSet<(Timestamp, String)>,
    /// The keys that have no tasks, but would have to wait for their turn if they had.
    spent: BTreeSet<(u64, String)>,
    /// The pass of the last task.
    pass: u64,
}

#[derive(Debug, Default)]
struct Key {
    places: BTreeSet<Place>,
    pass: u64,
    /// Since it was found to be too fast.
    waits_until: Option<Timestamp>,
}

impl Level {
    /// A task waits.
    pub(crate) fn insert(&mut self, key: &str, place: Place) {
        self.change(key, |key, pass| {
            if key.places.is_empty() {
                key.pass = key.pass.max(pass);
            }
            key.places.insert(place);
        });
    }

    /// A task that was handed out waits again, as if it had not been.
    pub(crate) fn give_back(&mut self, key: &str, place: Place, turn: Turn) {
        self.change(key, |key, pass| {
            // No further back than one turn, however long it was away.
            key.pass = key.pass.max(pass).saturating_sub(turn.stride);
            key.places.insert(place);
        });
    }

    /// A task does not wait here any more.
    pub(crate) fn remove(&mut self, key: &str, place: &Place) {
        self.change(key, |key, _| {
            key.places.remove(place);
        });
    }

    /// The next task, if one may be handed out now.
    pub(crate) fn next(&mut self, shares: &mut Shares, now: Timestamp) -> Option<Place> {
        self.wake(now);
        while let Some((_, place, name)) = self.turns.first() {
            match shares.ready_at(name, now) {
                Some(later) => {
                    let name = name.clone();
                    self.change(&name, |key, _| key.waits_until = Some(later));
                }
                None => return Some(*place),
            }
        }
        None
    }

    /// When a key that waits may hand out its next task.
    pub(crate) fn ready_at(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// Limits of keys have changed: none is known to wait.
    pub(crate) fn forget_waits(&mut self) {
        self.wake(Timestamp { nanos: i64::MAX });
    }

    /// The task at this place, which is the next one, is handed out.
    pub(crate) fn take(&mut self, key: &str, place: &Place, weight: f32) -> Turn {
        let turn = Turn { stride: (STRIDE / weight) as u64 };
        if let Some(known) = self.keys.get(key) {
            self.pass = self.pass.max(known.pass);
        }
        self.change(key, |key, _| {
            key.places.remove(place);
            key.pass = key.pass.saturating_add(turn.stride);
        });
        while self.spent.first().is_some_and(|(pass, _)| *pass <= self.pass)
            || self.spent.len() > limits::FAIRNESS_KEYS_SPENT_MAX
        {
            if let Some((_, key)) = self.spent.pop_first() {
                self.keys.remove(&key);
            }
        }
        turn
    }

    fn wake(&mut self, now: Timestamp) {
        while let Some((at, name)) = self.waiting.first()
            && *at <= now
        {
            let name = name.clone();
            self.change(&name, |key, _| key.waits_until = None);
        }
    }

    /// Changes a key, and puts it where it belongs then.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Key, u64)) {
        let mut key = self.keys.remove(name).unwrap_or_default();
        match (key.places.first(), key.waits_until) {
            (None, _) => self.spent.remove(&(key.pass, name.to_owned())),
            (Some(_), Some(until)) => self.waiting.remove(&(until, name.to_owned())),
            (Some(first), None) => self.turns.remove(&(key.pass, *first, name.to_owned())),
        };
        change(&mut key, self.pass);
        match (key.places.first(), key.waits_until) {
            (None, _) if key.pass <= self.pass => return,
            (None, _) => self.spent.insert((key.pass, name.to_owned())),
            (Some(_), Some(until)) => self.waiting.insert((until, name.to_owned())),
            (Some(first), None) => self.turns.insert((key.pass, *first, name.to_owned())),
        };
        if key.places.is_empty() {
            key.waits_until = None;
        }
        self.keys.insert(name.to_owned(), key);
    }
}

#[cfg(test)]
mod tests;
