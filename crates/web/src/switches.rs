//! What whoever runs the server lets nobody do from the page. The API on the other ports is not touched.

use std::collections::BTreeSet;

/// A kind of change that can be made from the page, as the official web UI's configuration knows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Action {
    /// Ends a run at once.
    Terminate,
    /// Asks a run to end.
    Cancel,
    /// Sends a signal.
    Signal,
    /// Sends an update.
    Update,
    /// Goes back in a run's history.
    Reset,
    /// Pauses and unpauses a run.
    Pause,
    /// Does something to all runs that a query finds.
    Batch,
    /// Starts a run.
    Start,
    /// Pauses, unpauses, resets and changes activities.
    ActivityCommands,
    /// Changes namespaces, search attributes and task queues.
    Administration,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Terminate,
        Self::Cancel,
        Self::Signal,
        Self::Update,
        Self::Reset,
        Self::Pause,
        Self::Batch,
        Self::Start,
        Self::ActivityCommands,
        Self::Administration,
    ];

    /// As it is named on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Cancel => "cancel",
            Self::Signal => "signal",
            Self::Update => "update",
            Self::Reset => "reset",
            Self::Pause => "pause",
            Self::Batch => "batch",
            Self::Start => "start",
            Self::ActivityCommands => "activity-commands",
            Self::Administration => "administration",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// See the file's first lines.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Switches {
    /// Nothing can be changed from the page.
    pub read_only: bool,
    /// What cannot be done from the page.
    pub disabled: BTreeSet<Action>,
    /// A query that fails is not shown.
    pub hide_query_errors: bool,
}

impl Switches {
    /// Whether this can be done from the page.
    pub fn allow(&self, action: Action) -> bool {
        !self.read_only && !self.disabled.contains(&action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_found_by_its_name() {
        assert!(Action::ALL.into_iter().all(|action| Action::named(action.name()) == Some(action)));
        assert_eq!(Action::named("x"), None);
    }

    #[test]
    fn a_page_that_is_read_only_allows_nothing() {
        let switches = Switches { read_only: true, ..Switches::default() };
        assert!(Action::ALL.into_iter().all(|action| !switches.allow(action)));
        let switches = Switches { disabled: BTreeSet::from([Action::Reset]), ..Switches::default() };
        assert!(switches.allow(Action::Signal) && !switches.allow(Action::Reset));
    }
}
