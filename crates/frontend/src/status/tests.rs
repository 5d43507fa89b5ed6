//! Every row of the table: code, text, detail.

use abide_api::temporal::api::enums::v1::WorkflowTaskFailedCause;
use abide_api::temporal::api::failure::v1::Failure;
use abide_engine::run::RefusedCommand;
use abide_model::RunId;
use uuid::Uuid;

use super::*;

/// The status as one line: code, text, name of the detail.
fn shown(refusal: impl Into<Refusal>) -> String {
    let status = Status::from(refusal.into());
    let detail = detail_of(&status).map(|detail| {
        let name = detail.type_url.rsplit('.').next().expect("a name");
        format!(" [{name}]")
    });
    format!("{:?}: {}{}", status.code(), status.message(), detail.unwrap_or_default())
}

fn detail_of(status: &Status) -> Option<Any> {
    if status.details().is_empty() {
        return None;
    }
    let rich = RpcStatus::decode(status.details()).expect("a google.rpc.Status");
    assert_eq!((rich.code, rich.message.as_str()), (status.code() as i32, status.message()));
    rich.details.into_iter().next()
}

fn run_not_found(workflow_id: &str, run_id: &str) -> Error {
    Error::RunNotFound { workflow_id: workflow_id.into(), run_id: run_id.into() }
}

#[test]
fn every_error_has_its_code_text_and_detail() {
    let cases: Vec<(Refusal, &str)> = vec![
        (Refusal::invalid("Namespace is empty."), "InvalidArgument: Namespace is empty."),
        (Refusal::NotSupported("not yet"), "Unimplemented: not yet"),
        (Refusal::DeadlineTooShort, "FailedPrecondition: Context timeout is too short."),
        (
            Refusal::NamespaceState {
                name: "old".into(),
                state: State::Deleted,
                allowed: &[State::Registered, State::Deprecated],
            },
            "FailedPrecondition: Namespace has invalid state: Deleted. Must be Registered or Deprecated. \
             [NamespaceInvalidStateFailure]",
        ),
        (Error::NamespaceForbidden("no".into()).into(), "FailedPrecondition: no"),
        (
            Refusal::ActivityIdNotFound("a".into()),
            "NotFound: cannot find pending activity with ActivityID a, check workflow execution history for more \
             details [NotFoundFailure]",
        ),
        (Refusal::ActivityNotFound("a".into()), "NotFound: activity not found for ID: a [NotFoundFailure]"),
        (
            Error::NamespaceNotFound("nope".into()).into(),
            "NotFound: Namespace nope is not found. [NamespaceNotFoundFailure]",
        ),
        (
            Error::NamespaceExists("default".into()).into(),
            "AlreadyExists: Namespace \"default\" already exists [NamespaceAlreadyExistsFailure]",
        ),
        (Error::NamespaceInvalid("no".into()).into(), "InvalidArgument: no"),
        (
            Refusal::TooMuch(Bound::Namespace),
            "ResourceExhausted: namespace rate limit exceeded [ResourceExhaustedFailure]",
        ),
        (
            Refusal::TooMuch(Bound::Waiting),
            "ResourceExhausted: namespace concurrent poller limit exceeded [ResourceExhaustedFailure]",
        ),
        (Refusal::TooMuch(Bound::Node), "ResourceExhausted: service rate limit exceeded [ResourceExhaustedFailure]"),
        (run_not_found("w", "").into(), "NotFound: workflow not found for ID: w [NotFoundFailure]"),
        (
            run_not_found("w", "r").into(),
            "NotFound: workflow execution not found for workflow ID \"w\" and run ID \"r\" [NotFoundFailure]",
        ),
        (Refusal::ChainNotFound, "NotFound: workflow execution not found [NotFoundFailure]"),
        (Error::InvalidPageToken.into(), "InvalidArgument: Invalid NextPageToken."),
        (Error::QueryNotReady("wait".into()).into(), "FailedPrecondition: wait [WorkflowNotReadyFailure]"),
        (Error::QueryTimedOut("late".into()).into(), "DeadlineExceeded: late"),
        (Error::NoPoller("alone".into()).into(), "FailedPrecondition: alone"),
        (Error::QueryTaskNotFound.into(), "NotFound: query task not found, or already expired [NotFoundFailure]"),
        (Error::Busy.into(), "ResourceExhausted: service is busy, please retry [ResourceExhaustedFailure]"),
        (Error::Unavailable("moving".into()).into(), "Unavailable: moving"),
        (Error::Internal("secret".into()).into(), "Internal: something went wrong, please retry"),
    ];
    for (refusal, expected) in cases {
        assert_eq!(shown(refusal), expected);
    }
}

#[test]
fn every_rejection_has_its_code_text_and_detail() {
    let refused = RefusedCommand {
        cause: WorkflowTaskFailedCause::BadStartTimerAttributes,
        message: "BadStartTimerAttributes: no".into(),
    };
    let lost = "NotFound: invalid activityID or activity already timed out or invoking workflow is completed \
                [NotFoundFailure]";
    let cases = [
        (Rejection::Closed, "NotFound: workflow execution already completed [NotFoundFailure]"),
        (Rejection::WorkflowTaskNotFound, "NotFound: Workflow task not found. [NotFoundFailure]"),
        (Rejection::StaleTask, "NotFound: Workflow task not found. [NotFoundFailure]"),
        (Rejection::ActivityNotFound, lost),
        (Rejection::ActivityIdNotFound, lost),
        (
            Rejection::CancellationNotRequested,
            "InvalidArgument: unable to mark activity as canceled without activity being request canceled first",
        ),
        (Rejection::TooManySignals, "InvalidArgument: exceeded workflow execution limit for signal events"),
        (
            Rejection::Closing,
            "ResourceExhausted: workflow operation can not be applied because workflow is closing \
             [ResourceExhaustedFailure]",
        ),
        (Rejection::InvalidCommandSequence("bad".into()), "InvalidArgument: bad"),
        (Rejection::Refused(refused), "InvalidArgument: BadStartTimerAttributes: no"),
        (Rejection::ParentMismatch, "NotFound: workflow parent does not match [NotFoundFailure]"),
        (Rejection::ChildNotFound, "NotFound: Pending child execution not found. [NotFoundFailure]"),
        (Rejection::NotNew, "Internal: something went wrong, please retry"),
    ];
    for (rejection, expected) in cases {
        assert_eq!(shown(rejection), expected);
    }
}

#[test]
fn the_detail_of_a_duplicate_start_names_the_run_in_the_way() {
    let run_id = RunId(Uuid::from_u128(7));
    let first_run_id = RunId(Uuid::from_u128(6));
    let (message, start_request_id) = ("running".into(), "request".into());
    let error = Error::AlreadyStarted { message, start_request_id, run_id, first_run_id };
    let detail = detail_of(&Status::from(Refusal::from(error))).expect("a detail");
    let detail = WorkflowExecutionAlreadyStartedFailure::decode(detail.value.as_slice()).expect("its message");
    assert_eq!((detail.start_request_id.as_str(), detail.run_id), ("request", run_id.to_string()));
    assert_eq!(detail.first_execution_run_id, first_run_id.to_string());
}

#[test]
fn the_detail_of_a_failed_query_carries_the_failure() {
    let failure = Failure { message: "boom".into(), ..Failure::default() };
    let error = Error::QueryFailed { message: "boom".into(), failure: Some(Box::new(failure.clone())) };
    let detail = detail_of(&Status::from(Refusal::from(error))).expect("a detail");
    let detail = QueryFailedFailure::decode(detail.value.as_slice()).expect("its message");
    assert_eq!(detail.failure, Some(failure));
}

#[test]
fn a_full_query_buffer_says_that_the_workflow_is_busy() {
    let detail = detail_of(&Status::from(Refusal::from(Error::QueryBufferFull))).expect("a detail");
    let detail = ResourceExhaustedFailure::decode(detail.value.as_slice()).expect("its message");
    assert_eq!(detail.cause(), ResourceExhaustedCause::BusyWorkflow);
    assert_eq!(detail.scope(), ResourceExhaustedScope::Namespace);
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let status = Status::from(Refusal::Invalid("é".repeat(4000).into()));
    assert_eq!(status.message().len(), limits::STATUS_MESSAGE_BYTES_MAX);
    let status = Status::from(Refusal::Invalid(format!("x{}", "é".repeat(4000)).into()));
    assert_eq!(status.message().len(), limits::STATUS_MESSAGE_BYTES_MAX - 1);
}

#[test]
fn whatever_a_caller_has_said_the_head_of_an_answer_is_one_that_clients_take() {
    for letter in ["x", "%", "é", "🙂"] {
        let text = letter.repeat(40_000);
        for refusal in [
            Refusal::Invalid(text.clone().into()),
            Refusal::ActivityIdNotFound(text.clone()),
            Refusal::Cluster(Error::NamespaceNotFound(text.clone())),
        ] {
            let answer = Status::from(refusal.clone()).into_http::<()>();
            // As HTTP/2 counts them.
            let size: usize = answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
            assert!(size < 16 << 10, "{size} bytes: {letter:?}, {:?}", std::mem::discriminant(&refusal));
        }
    }
    let long = Refusal::ActivityIdNotFound("x".repeat(40_000));
    assert_eq!(Status::from(long).message().len(), limits::STATUS_MESSAGE_BYTES_MAX, "letters that need no more room");
}
