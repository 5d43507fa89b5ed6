//! Why a run refuses a command, and stays as it was.

use super::reply::RefusedCommand;

/// Why nothing happened. `frontend` turns each into a status and a text in one place.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// The run is closed.
    Closed,
    /// No workflow task like this waits for an answer.
    WorkflowTaskNotFound,
    /// No such activity waits for an answer from this attempt.
    ActivityNotFound,
    /// No such activity, addressed by its id.
    ActivityIdNotFound,
    /// A worker reports cancellation that nobody asked for.
    CancellationNotRequested,
    /// The run has had all the signals that it may have.
    TooManySignals,
    /// The workflow wanted to close and could not, because of news; a worker has the task in which it tries again. Who
    /// asks later finds it closed, or going on.
    Closing,
    /// The update cannot be admitted.
    Update(UpdateRefusal),
    /// An offer that was replaced, started or settled.
    StaleTask,
    /// The worker's list of commands cannot be right; nothing was recorded. The text says why.
    InvalidCommandSequence(String),
    /// The workflow task was refused and, being a retry, is left to time out.
    Refused(RefusedCommand),
    /// Whoever asks is not the parent of the run, and had to be.
    ParentMismatch,
    /// The run has no such child (any more).
    ChildNotFound,
    /// A history that ends before this event has no workflow task at its end.
    NoWorkflowTaskToReset(i64),
    /// The run has no such event to reset it to.
    NoEventToReset,
    /// A start was asked of a run that exists, or something else of one that does not.
    NotNew,
    /// An operator means activities that are not pending.
    PendingActivityNotFound,
    /// Somebody else has paused the activity.
    ActivityAlreadyPaused,
    /// Somebody else has paused the run.
    AlreadyPaused,
    /// Nobody has paused the run.
    NotPaused,
    /// A worker wants to keep the task of a paused run going.
    PausedTaskCannotGoOn,
    /// Options that cannot be; the text says why.
    InvalidOptions(String),
    /// The run has, with these, more callbacks than it may have.
    TooManyCallbacks {
        /// How many it may have.
        max: usize,
        /// How many it has.
        attached: usize,
    },
}

/// Why an update cannot be admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateRefusal {
    /// Somebody paused the run.
    Paused,
    /// The workflow task fails again and again, and so would the update.
    TaskFails,
    /// Too many have no outcome yet.
    TooManyInFlight {
        /// How many may be.
        max: usize,
    },
    /// Those that have no outcome yet are too large together.
    TooLargeInFlight {
        /// The most bytes.
        max: usize,
    },
    /// The run has had all the updates that it may have.
    TooMany {
        /// How many it may have.
        max: usize,
    },
}

impl From<UpdateRefusal> for Rejection {
    fn from(refusal: UpdateRefusal) -> Self {
        Rejection::Update(refusal)
    }
}
