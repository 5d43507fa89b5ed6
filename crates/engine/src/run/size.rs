//! About how much a run takes. Measuring costs as much as encoding, so it is done only when what has changed since could
//! make a difference: a transition costs the same however large its run is. What is known of the size is no part of what
//! a run is, and two runs that differ in it alone are equal.

use prost::Message;

use super::state::State;
use super::{Change, Run};

/// What is known of a run's size.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    /// When it was measured: bytes, encoded.
    measured: usize,
    /// What changes since then have brought, at most: bytes.
    since: usize,
}

impl PartialEq for Size {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Changes of fewer bytes than this are not worth a measurement.
const NOT_WORTH_A_LOOK: usize = 4096;

impl Size {
    /// Measures.
    pub fn of(state: &State) -> Self {
        Self { measured: state.encoded_len(), since: 0 }
    }

    /// At most so many bytes.
    pub fn at_most(&self) -> usize {
        self.measured + self.since
    }
}

impl Run {
    /// Takes account of a change that was just applied.
    pub(super) fn grow(&mut self, change: &Change) {
        self.size.since += match change {
            Change::Event(event) => event.encoded_len(),
            Change::Note(note) => note.encoded_len(),
        };
        if self.size.since > NOT_WORTH_A_LOOK + self.size.measured / 2 {
            self.size = Size::of(&self.state);
        }
    }

    /// Whether the run takes more than this, encoded. Looks closely only if it may.
    pub(super) fn is_larger_than(&mut self, bytes: usize) -> bool {
        if self.size.at_most() > bytes {
            self.size = Size::of(&self.state);
        }
        self.size.at_most() > bytes
    }
}
