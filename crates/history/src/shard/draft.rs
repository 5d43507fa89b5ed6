//! A batch in the making: the rows of one transition, of one run or of two, and what it owes.

use abide_store::{Urgency, Write};

use super::outbox::Release;

/// See the file's first line.
pub(crate) struct Draft {
    /// The rows.
    pub(crate) writes: Vec<Write>,
    /// What is owed once they are durable.
    pub(crate) releases: Vec<Release>,
    /// What is owed as soon as everything before this transition is durable: the transition itself may be lost.
    pub(crate) early: Vec<Release>,
    /// Whether anybody waits for the rows.
    pub(crate) urgency: Urgency,
}

impl Draft {
    /// An empty one.
    pub(crate) fn new(urgency: Urgency) -> Self {
        Self { writes: Vec::new(), releases: Vec::new(), early: Vec::new(), urgency }
    }

    /// Owes an answer to the asker of this transition.
    pub(crate) fn answer(&mut self, release: Release) {
        match self.urgency {
            Urgency::Now => self.releases.push(release),
            Urgency::Lazy => self.early.push(release),
        }
    }
}
