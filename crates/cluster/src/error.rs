//! Why a call between roles did not do what was asked. `frontend` turns each into a status in one table.

use abide_api::temporal::api::failure::v1::Failure;
use abide_engine::run::Rejection;
use abide_model::RunId;

/// Why a call did not do what was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// No such namespace; names it.
    NamespaceNotFound(String),
    /// The name is taken.
    NamespaceExists(String),
    /// A request about a namespace that cannot be; the text is the reference server's.
    NamespaceInvalid(String),
    /// A request that cannot be about this namespace; the text is the reference server's.
    NamespaceForbidden(String),
    /// The configuration of a task queue would have too many weights.
    QueueConfigRejected(abide_engine::queue_config::Rejection),
    /// No such run: text as the reference says it.
    RunNotFound {
        /// The workflow id that was asked for.
        workflow_id: String,
        /// The run id that was asked for, or empty.
        run_id: String,
    },
    /// The workflow id is in use, or was and may not be used again.
    AlreadyStarted {
        /// The sentence for people.
        message: String,
        /// The request that started the run in the way.
        start_request_id: String,
        /// The run in the way.
        run_id: RunId,
        /// The first run of its chain.
        first_run_id: RunId,
    },
    /// The run refused.
    Rejected(Rejection),
    /// The history token and the run do not fit, or the run has no such event.
    InvalidPageToken,
    /// The query cannot be answered in this state; the text says why.
    QueryNotReady(String),
    /// The workflow's query handler failed.
    QueryFailed {
        /// The sentence for people.
        message: String,
        /// What the worker said.
        failure: Option<Box<Failure>>,
    },
    /// The query found no worker in time.
    QueryTimedOut(String),
    /// Nobody has polled the queue for a while, so the query was not even tried.
    NoPoller(String),
    /// Too many queries wait for the run's next workflow task.
    QueryBufferFull,
    /// The answer to a query came for one that is not known (any more).
    QueryTaskNotFound,
    /// An update did not come as far as its caller wanted.
    Update(UpdateError),
    /// As many batches run in the namespace as may.
    TooManyBatches,
    /// Too much waits already.
    Busy,
    /// The store or the owner cannot answer now; trying again may help.
    Unavailable(String),
    /// A bug or a broken store. The text goes to the log, not to the caller.
    Internal(String),
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Error::Rejected(rejection)
    }
}

/// Why an update did not come as far as its caller wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateError {
    /// The run has no update with this id: it never had, or the update was turned down.
    NotFound(String),
    /// The run closed before the workflow accepted it.
    RunClosed,
    /// The same happened once more after it was tried again.
    RunClosedAgain,
    /// The run closed before the workflow accepted it, and another run goes on with its work.
    RunContinued,
    /// The workflow task that carried it was refused.
    TaskRefused,
}
