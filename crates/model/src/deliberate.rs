//! Deliberate bugs, one for each invariant that the simulation checks: a check that finds nothing when it should is
//! decoration. Nothing but a test of the simulation switches one on, and a release build has none of them: there
//! [`is_on`] is false at compile time.

use std::sync::atomic::{AtomicU8, Ordering};

/// Something that would be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Bug {
    /// After a commit whose outcome is unknown, runs stay as they are in memory.
    NoReload = 1,
    /// A run begins beside one that is open.
    SecondRun = 2,
    /// Callers are told before the commit that makes it true.
    EarlyAnswer = 3,
    /// A closed run takes signals.
    ClosedRunTakesSignals = 4,
    /// A timer row is not rewritten when an earlier deadline appears.
    LateTimerRow = 5,
    /// What changes without an event is not stored.
    ForgottenNotes = 6,
    /// The run that follows does not begin.
    NoSuccessor = 7,
    /// A started activity is started again for whoever comes by.
    StartedTwice = 8,
    /// A task that comes while a poller waits is not handed over.
    LostWake = 9,
    /// The end of a run does not reach the list.
    StaleList = 10,
    /// The end of a parent reaches no child.
    OrphanedChildren = 11,
    /// Timers are due a second early.
    EarlyTimer = 12,
    /// An address that cannot be told for now is taken to have been told.
    ForgottenCallback = 13,
    /// An activity is handed out although it is paused.
    IgnoredPause = 14,
    /// Nothing comes of a deletion.
    ForgottenDeletion = 15,
}

impl Bug {
    /// All of them, by the names that a command line has for them.
    pub const ALL: [(&'static str, Bug); 15] = [
        ("no-reload", Bug::NoReload),
        ("second-run", Bug::SecondRun),
        ("early-answer", Bug::EarlyAnswer),
        ("closed-run-takes-signals", Bug::ClosedRunTakesSignals),
        ("late-timer-row", Bug::LateTimerRow),
        ("forgotten-notes", Bug::ForgottenNotes),
        ("no-successor", Bug::NoSuccessor),
        ("started-twice", Bug::StartedTwice),
        ("lost-wake", Bug::LostWake),
        ("stale-list", Bug::StaleList),
        ("orphaned-children", Bug::OrphanedChildren),
        ("early-timer", Bug::EarlyTimer),
        ("forgotten-callback", Bug::ForgottenCallback),
        ("ignored-pause", Bug::IgnoredPause),
        ("forgotten-deletion", Bug::ForgottenDeletion),
    ];

    /// By its name.
    pub fn named(name: &str) -> Option<Bug> {
        Bug::ALL.iter().find(|(known, _)| *known == name).map(|(_, bug)| *bug)
    }
}

static ON: AtomicU8 = AtomicU8::new(0);

/// Switches a bug on, for the whole process and for good.
pub fn switch_on(bug: Bug) {
    ON.store(bug as u8, Ordering::Relaxed);
}

/// Whether a bug is switched on.
pub fn is_on(bug: Bug) -> bool {
    cfg!(debug_assertions) && ON.load(Ordering::Relaxed) == bug as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bugs_have_names_and_are_off() {
        for (name, bug) in Bug::ALL {
            assert_eq!(Bug::named(name), Some(bug));
            assert!(!is_on(bug));
        }
        assert_eq!(Bug::named("feature"), None);
    }
}
