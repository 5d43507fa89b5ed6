//! The one table from everything that can go wrong to the status that callers see: code, text, and the detail message
//! that SDKs switch on. Texts are the reference server's.

use std::borrow::Cow;

use abide_api::google::rpc::Status as RpcStatus;
use abide_api::temporal::api::{
    enums::v1::{ResourceExhaustedCause, ResourceExhaustedScope},
    errordetails::v1::{
        MultiOperationExecutionFailure, NamespaceAlreadyExistsFailure, NamespaceInvalidStateFailure,
        NamespaceNotFoundFailure, NotFoundFailure, PermissionDeniedFailure, QueryFailedFailure,
        ResourceExhaustedFailure, WorkflowExecutionAlreadyStartedFailure, WorkflowNotReadyFailure,
        multi_operation_execution_failure::OperationStatus as Operation,
    },
};
use abide_cluster::Error;
use abide_cluster::error::UpdateError;
use abide_engine::namespace::State;
use abide_engine::queue_config;
use abide_engine::run::{Rejection, UpdateRefusal};
use abide_model::limits;
use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};

use crate::convert::namespace::state as namespace_state;
use crate::gate::Bound;

/// Why a call was not answered with what it asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The request cannot be.
    Invalid(Cow<'static, str>),
    /// The request asks for what is not built yet; saying so beats pretending.
    NotSupported(&'static str),
    /// A poll whose caller hardly waits.
    DeadlineTooShort,
    /// What is asked cannot be in a namespace that is deprecated, or deleted.
    NamespaceState {
        /// Its name.
        name: String,
        /// Its state.
        state: State,
        /// The states in which it can be.
        allowed: &'static [State],
    },
    /// The workflow id has no open run in the chain that the request names.
    ChainNotFound,
    /// The run has no such activity pending; names it.
    ActivityIdNotFound(String),
    /// There is no such activity outside of workflows; names it.
    ActivityNotFound(String),
    /// Heartbeats have kept a workflow task going for too long.
    HeartbeatsTimedOut,
    /// A feature that whoever runs the server has not switched on; the text names it and the namespace.
    SwitchedOff(String),
    /// No such worker was heard of lately; names it.
    WorkerNotFound(String),
    /// What callers may not do here; the text says what.
    NotAllowed(&'static str),
    /// More than callers may have.
    TooMuch(Bound),
    /// Two operations that belong together, and how each fared.
    MultiOperation(Box<[OperationStatus; 2]>),
    /// Another role's answer.
    Cluster(Error),
}

/// How one of several operations that belong together fared.
#[derive(Clone, Debug, PartialEq)]
pub enum OperationStatus {
    /// It was done.
    Done,
    /// It was not even tried, because of the other.
    Aborted,
    /// It is the reason.
    Refused(Refusal),
}

impl Refusal {
    /// The request cannot be, for a reason known beforehand.
    pub const fn invalid(text: &'static str) -> Self {
        Refusal::Invalid(Cow::Borrowed(text))
    }

    /// A bug of ours; the text goes to the log only.
    pub fn bug(text: &str) -> Self {
        Refusal::Cluster(Error::Internal(text.to_owned()))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Cluster(error)
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Refusal::Cluster(Error::Rejected(rejection))
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let Row { code, message, detail } = refused(refusal);
        let Some(detail) = detail else { return Status::new(code, truncated(message)) };
        let message = truncated_twice(message);
        let rich = RpcStatus { code: code as i32, message: message.clone(), details: vec![detail] };
        Status::with_details(code, message, rich.encode_to_vec().into())
    }
}

/// One row of the table.
struct Row {
    code: Code,
    message: String,
    detail: Option<Any>,
}

impl Row {
    fn plain(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None }
    }

    fn with(code: Code, message: impl Into<String>, name: &str, detail: &impl Message) -> Self {
        let type_url = format!("type.googleapis.com/temporal.api.errordetails.v1.{name}");
        Self { code, message: message.into(), detail: Some(Any { type_url, value: detail.encode_to_vec() }) }
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self::with(Code::NotFound, message, "NotFoundFailure", &NotFoundFailure::default())
    }

    fn not_ready(message: impl Into<String>) -> Self {
        Self::with(Code::FailedPrecondition, message, "WorkflowNotReadyFailure", &WorkflowNotReadyFailure {})
    }

    fn exhausted(message: &str, cause: ResourceExhaustedCause, scope: ResourceExhaustedScope) -> Self {
        let detail = ResourceExhaustedFailure { cause: cause as i32, scope: scope as i32 };
        Self::with(Code::ResourceExhausted, message, "ResourceExhaustedFailure", &detail)
    }
}

fn refused(refusal: Refusal) -> Row {
    match refusal {
        Refusal::Invalid(text) => Row::plain(Code::InvalidArgument, text),
        Refusal::NotSupported(text) => Row::plain(Code::Unimplemented, text),
        Refusal::DeadlineTooShort => Row::plain(Code::FailedPrecondition, "Context timeout is too short."),
        Refusal::NamespaceState { name, state, allowed } => {
            let allowed_words: Vec<String> = allowed.iter().map(|state| format!("{state:?}")).collect();
            let allowed_words = allowed_words.join(" or ");
            Row::with(
                Code::FailedPrecondition,
                format!("Namespace has invalid state: {state:?}. Must be {allowed_words}."),
                "NamespaceInvalidStateFailure",
                &NamespaceInvalidStateFailure {
                    namespace: name,
                    state: namespace_state(state) as i32,
                    allowed_states: allowed.iter().map(|state| namespace_state(*state) as i32).collect(),
                },
            )
        }
        Refusal::ChainNotFound => Row::not_found("workflow execution not found"),
        Refusal::ActivityIdNotFound(id) => Row::not_found(format!(
            "cannot find pending activity with ActivityID {id}, check workflow execution history for more details"
        )),
        Refusal::ActivityNotFound(id) => Row::not_found(format!("activity not found for ID: {id}")),
        Refusal::HeartbeatsTimedOut => Row::not_found("workflow task heartbeat timeout"),
        Refusal::SwitchedOff(text) => Row::plain(Code::Unimplemented, text),
        Refusal::WorkerNotFound(key) => Row::not_found(format!("Worker {key} not found")),
        Refusal::NotAllowed(text) => {
            Row::with(Code::PermissionDenied, text, "PermissionDeniedFailure", &PermissionDeniedFailure::default())
        }
        Refusal::TooMuch(bound) => too_much(bound),
        Refusal::MultiOperation(operations) => multi_operation(*operations),
        Refusal::Cluster(error) => failed(error),
    }
}

fn too_much(bound: Bound) -> Row {
    use {ResourceExhaustedCause as Cause, ResourceExhaustedScope as Scope};
    match bound {
        Bound::Node => Row::exhausted("service rate limit exceeded", Cause::RpsLimit, Scope::System),
        Bound::Namespace => Row::exhausted("namespace rate limit exceeded", Cause::RpsLimit, Scope::Namespace),
        Bound::Waiting => {
            Row::exhausted("namespace concurrent poller limit exceeded", Cause::ConcurrentLimit, Scope::Namespace)
        }
    }
}

/// The first operation that is a reason gives the code of the whole.
fn multi_operation(operations: [OperationStatus; 2]) -> Row {
    let mut code = Code::Aborted;
    let mut failure = MultiOperationExecutionFailure::default();
    for operation in operations {
        let row = match operation {
            OperationStatus::Done => Row::plain(Code::Ok, ""),
            OperationStatus::Aborted => {
                // Unlike all others, this detail is not among the error details of the protocol.
                let type_url = "type.googleapis.com/temporal.api.failure.v1.MultiOperationExecutionAborted".into();
                let detail = Some(Any { type_url, value: Vec::new() });
                Row { detail, ..Row::plain(Code::Aborted, "Operation was aborted.") }
            }
            OperationStatus::Refused(refusal) => {
                let row = refused(refusal);
                code = if code == Code::Aborted { row.code } else { code };
                row
            }
        };
        let details = row.detail.into_iter().collect();
        failure.statuses.push(Operation { code: row.code as i32, message: truncated(row.message), details });
    }
    let text = "Update-with-Start could not be executed.";
    Row::with(code, text, "MultiOperationExecutionFailure", &failure)
}

fn failed(error: Error) -> Row {
    use {ResourceExhaustedCause as Cause, ResourceExhaustedScope as Scope};
    match error {
        Error::NamespaceNotFound(mut namespace) => {
            // It can be anything that a caller has said.
            namespace.truncate(namespace.floor_char_boundary(limits::ID_BYTES_MAX));
            Row::with(
                Code::NotFound,
                format!("Namespace {namespace} is not found."),
                "NamespaceNotFoundFailure",
                &NamespaceNotFoundFailure { namespace },
            )
        }
        Error::NamespaceExists(namespace) => Row::with(
            Code::AlreadyExists,
            format!("Namespace \"{namespace}\" already exists"),
            "NamespaceAlreadyExistsFailure",
            &NamespaceAlreadyExistsFailure {},
        ),
        Error::NamespaceInvalid(text) => Row::plain(Code::InvalidArgument, text),
        Error::NamespaceForbidden(text) => Row::plain(Code::FailedPrecondition, text),
        Error::QueueConfigRejected(queue_config::Rejection::TooManyWeights(_)) => {
            Row::plain(Code::InvalidArgument, "fairness weight overrides update rejected: exceeding maximum key size")
        }
        Error::RunNotFound { workflow_id, run_id } => run_not_found(&workflow_id, &run_id),
        Error::AlreadyStarted { message, start_request_id, run_id, first_run_id } => Row::with(
            Code::AlreadyExists,
            message,
            "WorkflowExecutionAlreadyStartedFailure",
            &WorkflowExecutionAlreadyStartedFailure {
                start_request_id,
                run_id: run_id.to_string(),
                first_execution_run_id: first_run_id.to_string(),
            },
        ),
        Error::Rejected(rejection) => rejected(rejection),
        Error::InvalidPageToken => Row::plain(Code::InvalidArgument, "Invalid NextPageToken."),
        Error::QueryNotReady(text) => Row::not_ready(text),
        Error::QueryFailed { message, failure } => Row::with(
            Code::InvalidArgument,
            message,
            "QueryFailedFailure",
            &QueryFailedFailure { failure: failure.map(|failure| *failure) },
        ),
        Error::QueryTimedOut(text) => Row::plain(Code::DeadlineExceeded, text),
        Error::NoPoller(text) => Row::plain(Code::FailedPrecondition, text),
        Error::QueryBufferFull => Row::exhausted(
            "consistent query buffer is full, this may be caused by too many queries and workflow not able to process \
             query fast enough",
            Cause::BusyWorkflow,
            Scope::Namespace,
        ),
        Error::QueryTaskNotFound => Row::not_found("query task not found, or already expired"),
        Error::Update(error) => update_failed(error),
        Error::TooManyBatches => {
            Row::exhausted("Max concurrent batch operations is reached", Cause::ConcurrentLimit, Scope::Namespace)
        }
        Error::Busy => Row::exhausted("service is busy, please retry", Cause::SystemOverloaded, Scope::System),
        Error::Unavailable(text) => Row::plain(Code::Unavailable, text),
        Error::Internal(_) => Row::plain(Code::Internal, "something went wrong, please retry"),
    }
}

fn update_failed(error: UpdateError) -> Row {
    match error {
        UpdateError::NotFound(id) => Row::not_found(format!("update \"{id}\" not found")),
        UpdateError::RunClosed => Row::not_found("workflow update was aborted by closing workflow"),
        UpdateError::RunClosedAgain => Row::plain(Code::Aborted, "workflow update was aborted by closing workflow"),
        UpdateError::RunContinued => closing(),
        UpdateError::TaskRefused => {
            Row::not_ready("Unable to perform workflow execution update due to unexpected workflow task failure.")
        }
    }
}

fn closing() -> Row {
    Row::exhausted(
        "workflow operation can not be applied because workflow is closing",
        ResourceExhaustedCause::BusyWorkflow,
        ResourceExhaustedScope::Namespace,
    )
}

fn update_refused(refusal: UpdateRefusal) -> Row {
    let exhausted = |text: String| {
        Row::exhausted(&text, ResourceExhaustedCause::ConcurrentLimit, ResourceExhaustedScope::Namespace)
    };
    match refusal {
        UpdateRefusal::Paused => {
            Row::plain(Code::FailedPrecondition, "Workflow is paused. Cannot update the workflow.")
        }
        UpdateRefusal::TaskFails => {
            Row::not_ready("Unable to perform workflow execution update due to Workflow Task in failed state.")
        }
        UpdateRefusal::TooManyInFlight { max } => {
            exhausted(format!("limit on number of concurrent in-flight updates has been reached ({max})"))
        }
        UpdateRefusal::TooLargeInFlight { max } => {
            exhausted(format!("limit on total payload size of in-flight updates has been reached ({max} bytes)"))
        }
        UpdateRefusal::TooMany { max } => Row::plain(
            Code::FailedPrecondition,
            format!(
                "The limit on the total number of distinct updates in this workflow has been reached ({max}). Make sure \
                 any duplicate updates share an Update ID so the server can deduplicate them, and consider rejecting \
                 updates that you aren't going to process. You can also Continue-as-New to avoid this; we recommend \
                 you check Continue-as-New Suggested in your Workflow."
            ),
        ),
    }
}

fn run_not_found(workflow_id: &str, run_id: &str) -> Row {
    match (workflow_id, run_id) {
        (_, "") => Row::not_found(format!("workflow not found for ID: {workflow_id}")),
        (_, _) => Row::not_found(format!(
            "workflow execution not found for workflow ID \"{workflow_id}\" and run ID \"{run_id}\""
        )),
    }
}

fn rejected(rejection: Rejection) -> Row {
    match rejection {
        Rejection::Closed => Row::not_found("workflow execution already completed"),
        Rejection::WorkflowTaskNotFound | Rejection::StaleTask => Row::not_found("Workflow task not found."),
        Rejection::ActivityNotFound | Rejection::ActivityIdNotFound => {
            Row::not_found("invalid activityID or activity already timed out or invoking workflow is completed")
        }
        Rejection::CancellationNotRequested => Row::plain(
            Code::InvalidArgument,
            "unable to mark activity as canceled without activity being request canceled first",
        ),
        Rejection::TooManySignals => {
            Row::plain(Code::InvalidArgument, "exceeded workflow execution limit for signal events")
        }
        Rejection::Closing => closing(),
        Rejection::Update(refusal) => update_refused(refusal),
        Rejection::InvalidCommandSequence(text) => Row::plain(Code::InvalidArgument, text),
        Rejection::Refused(command) => Row::plain(Code::InvalidArgument, command.message),
        Rejection::PendingActivityNotFound => {
            Row::not_found("Can't find pending activity with such ID. Invalid activityID or activity already completed")
        }
        Rejection::ActivityAlreadyPaused => Row::plain(Code::FailedPrecondition, "activity is already paused"),
        Rejection::AlreadyPaused => Row::plain(Code::FailedPrecondition, "workflow is already paused."),
        Rejection::NotPaused => Row::plain(Code::FailedPrecondition, "workflow is not paused."),
        Rejection::PausedTaskCannotGoOn => Row::plain(
            Code::FailedPrecondition,
            "Workflow is paused and force create new workflow task is not allowed.",
        ),
        Rejection::InvalidOptions(text) => Row::plain(Code::InvalidArgument, text),
        Rejection::TooManyCallbacks { max, attached } => Row::plain(
            Code::FailedPrecondition,
            format!("cannot attach more than {max} callbacks to a workflow ({attached} callbacks already attached)"),
        ),
        Rejection::ParentMismatch => Row::not_found("workflow parent does not match"),
        Rejection::ChildNotFound => Row::not_found("Pending child execution not found."),
        Rejection::NoWorkflowTaskToReset(cut) => Row::plain(
            Code::InvalidArgument,
            format!(
                "Can only reset workflow to event ID in range [WorkflowTaskScheduled +1, WorkflowTaskStarted + 1]: {cut}"
            ),
        ),
        Rejection::NoEventToReset => {
            Row::plain(Code::InvalidArgument, "Workflow task finish ID must be > 1 && <= workflow last event ID.")
        }
        Rejection::NotNew => Row::plain(Code::Internal, "something went wrong, please retry"),
    }
}

// A status travels in headers, which are small.
fn truncated(mut message: String) -> String {
    message.truncate(message.floor_char_boundary(limits::STATUS_MESSAGE_BYTES_MAX));
    message
}

/// The same for a text that stands in the detail as well. Clients refuse an answer whose head is too large, and see
/// nothing of it.
fn truncated_twice(message: String) -> String {
    let mut message = truncated(message);
    let mut thirds_left = 3 * limits::STATUS_HEAD_BYTES_MAX;
    let end = message.char_indices().find_map(|(at, letter)| {
        let size = letter.len_utf8();
        let is_plain = (' '..='~').contains(&letter) && letter != '%';
        // As text every byte takes one or three, in the detail four for three.
        let thirds = 3 * if is_plain { size } else { 3 * size } + 4 * size;
        match thirds_left.checked_sub(thirds) {
            None => Some(at),
            Some(left) => {
                thirds_left = left;
                None
            }
        }
    });
    message.truncate(end.unwrap_or(message.len()));
    message
}

#[cfg(test)]
mod tests;
