//! Clients that make us work for nothing: each is cheap for them and not for us, and no honest one does many.

/// How many requests a client may break off, or make us break off, beyond those that were answered ("rapid reset",
/// CVE-2023-44487, and "made you reset", CVE-2025-8671). A worker that ends breaks off all of its polls at once.
const RESETS_MAX: u32 = 2 * super::STREAMS_MAX as u32;
/// How many frames that ask for nothing a client may send between two answers, or within a minute.
const CHORES_MAX: u32 = 10_000;

/// What a client has done without purpose.
#[derive(Default)]
pub(crate) struct Guard {
    resets: u32,
    chores: u32,
}

impl Guard {
    /// A request was answered.
    pub(crate) fn answered(&mut self) {
        self.resets = self.resets.saturating_sub(1);
        self.chores = 0;
    }

    /// Time has passed.
    pub(crate) fn rest(&mut self) {
        self.chores = 0;
        self.resets /= 2;
    }

    /// A request was broken off, by the client or for what it did. False when that is too much.
    #[must_use]
    pub(crate) fn reset(&mut self) -> bool {
        self.resets += 1;
        self.resets <= RESETS_MAX
    }

    /// The client sent a frame that asks for nothing. False when that is too much.
    #[must_use]
    pub(crate) fn chore(&mut self) -> bool {
        self.chores += 1;
        self.chores <= CHORES_MAX
    }
}
