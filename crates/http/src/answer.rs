//! Answers: a message, or what went wrong, as JSON.

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};
use tonic::{Code, Status};

use crate::format::{Format, Lines};

/// A value as an answer.
pub(crate) fn json(status: StatusCode, value: &Value, format: Format) -> Response {
    let text = match format.lines {
        Lines::One => serde_json::to_string(value),
        Lines::Many => serde_json::to_string_pretty(value),
    };
    let text = text.expect("a JSON value can be written");
    with_type(status, format.content_type(), text)
}

/// What went wrong, as the protocol's status in JSON: code, message, and the details that SDKs switch on.
pub(crate) fn failed(status: &Status, format: Format) -> Response {
    let details =
        abide_json::message_of(abide_json::descriptor("google.rpc.Status"), status.details(), format.payloads);
    let details = match details {
        Ok(Value::Object(mut rich)) => rich.shift_remove("details"),
        Ok(_) | Err(_) => None,
    };
    let mut object = Map::new();
    object.insert("code".into(), Value::from(status.code() as i32));
    if !status.message().is_empty() {
        object.insert("message".into(), Value::from(status.message()));
    }
    if let Some(details) = details {
        object.insert("details".into(), details);
    }
    json(status_of(status.code()), &Value::Object(object), format)
}

/// Anything else.
pub(crate) fn with_type(status: StatusCode, kind: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// The table of codes, as every gateway of gRPC has it.
pub fn status_of(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        // The caller is gone; there is no name for it.
        Code::Cancelled => StatusCode::from_u16(499).expect("a status has three digits"),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
