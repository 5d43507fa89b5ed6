//! Failures that workers report, cut down to what is kept of them.

use abide_api::temporal::api::failure::v1::{ApplicationFailureInfo, Failure, ServerFailureInfo, failure::FailureInfo};
use abide_model::limits;
use abide_model::settings::Limits;
use prost::Message;

use crate::status::Refusal;

/// Refuses a failure of an activity that is not the application's.
pub fn check_application(failure: Option<&Failure>) -> Result<(), Refusal> {
    match failure.map(|failure| &failure.failure_info) {
        None | Some(Some(FailureInfo::ApplicationFailureInfo(_))) => Ok(()),
        Some(_) => Err(Refusal::invalid("Failure must have ApplicationFailureInfo.")),
    }
}

/// Whether what failed may be tried again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It may.
    Allowed,
    /// It may not.
    Forbidden,
}

/// A failure that the server makes.
pub fn server_failure(message: &str, retry: Retry) -> Failure {
    let info = FailureInfo::ServerFailureInfo(ServerFailureInfo { non_retryable: retry == Retry::Forbidden });
    Failure { message: message.to_owned(), failure_info: Some(info), ..Failure::default() }
}

/// What to record in the place of a failure that is over the limit.
pub fn replacement(failure: Option<&Failure>, bounds: &Limits) -> Option<Failure> {
    let failure = failure.filter(|failure| failure.encoded_len() > bounds.blob_bytes_max)?;
    Some(Failure {
        cause: Some(Box::new(kept(failure))),
        ..server_failure("Failure exceeds size limit.", Retry::Forbidden)
    })
}

// Message and stack trace in this order, as far as they fit; of the rest only what decides about retries.
fn kept(failure: &Failure) -> Failure {
    let info = match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => {
            Some(FailureInfo::ApplicationFailureInfo(ApplicationFailureInfo {
                r#type: cut(&info.r#type, limits::ID_BYTES_MAX),
                non_retryable: info.non_retryable,
                ..ApplicationFailureInfo::default()
            }))
        }
        _ => None,
    };
    let message = cut(&failure.message, limits::FAILURE_KEPT_BYTES_MAX);
    let stack_trace = cut(&failure.stack_trace, limits::FAILURE_KEPT_BYTES_MAX - message.len());
    Failure {
        message,
        stack_trace,
        source: cut(&failure.source, limits::ID_BYTES_MAX),
        failure_info: info,
        ..Failure::default()
    }
}

fn cut(text: &str, bytes_max: usize) -> String {
    text[..text.floor_char_boundary(bytes_max)].to_owned()
}
