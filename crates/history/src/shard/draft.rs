//! A batch in the making: the rows of one transition, of one run or of two, and what it owes.

use abide_engine::run::Start;
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
    /// The run that begins in the same batch, because the one at hand has ended and this one follows.
    pub(crate) successor: Option<Box<Start>>,
}

impl Draft {
    /// An empty one.
    pub(crate) fn new(urgency: Urgency) -> Self {
        Self { writes: Vec::new(), releases: Vec::new(), early: Vec::new(), urgency, successor: None }
    }

    /// Owes an answer to the asker of this transition.
    pub(crate) fn answer(&mut self, release: Release) {
        match self.urgency {
            Urgency::Now => self.releases.push(release),
            Urgency::Lazy => self.early.push(release),
        }
    }
}
