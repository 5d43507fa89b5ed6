//! What an address's answer means: told, not now, or never.

use abide_engine::run::Undelivered;
use abide_model::limits;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use serde_json::Value;

/// What the answer means.
pub fn read(response: &Response<Bytes>) -> Result<(), Undelivered> {
    if response.status().is_success() {
        return Ok(());
    }
    let failure = failure(response);
    if let Some((kind, message, retryable)) = failure.as_ref().and_then(handler_error) {
        return Err(error(&kind, &message, retryable));
    }
    let Some(kind) = kind_of(response.status()) else {
        let message = failure.as_ref().and_then(|failure| failure["message"].as_str()).unwrap_or_default();
        let message = if message.is_empty() { String::new() } else { format!(": {message}") };
        let status = response.status().to_string();
        return Err(undelivered(format!("unexpected response status: {status:?}{message}"), true));
    };
    let retryable = response.headers().get("nexus-request-retryable").and_then(|value| value.to_str().ok());
    let retryable = match retryable.map(str::to_ascii_lowercase).as_deref() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) | None => None,
    };
    Err(error(kind, "", retryable))
}

/// A body that is a failure.
fn failure(response: &Response<Bytes>) -> Option<Value> {
    let kind = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return None;
    }
    serde_json::from_slice(response.body()).ok().filter(Value::is_object)
}

/// The kind, the message, and whether it says that it may be tried again.
fn handler_error(failure: &Value) -> Option<(String, String, Option<bool>)> {
    if failure["metadata"]["type"] != "nexus.HandlerError" {
        return None;
    }
    let details = failure.get("details")?.as_object()?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let retryable = details.get("retryableOverride").and_then(Value::as_bool);
    Some((text(details.get("type")), text(failure.get("message")), retryable))
}

fn error(kind: &str, message: &str, retryable: Option<bool>) -> Undelivered {
    let kind = if kind.is_empty() { "INTERNAL" } else { kind };
    let message = if message.is_empty() { String::new() } else { format!(": {message}") };
    let never = ["BAD_REQUEST", "UNAUTHENTICATED", "UNAUTHORIZED", "NOT_FOUND", "CONFLICT", "NOT_IMPLEMENTED"];
    undelivered(format!("handler error ({kind}){message}"), retryable.unwrap_or(!never.contains(&kind)))
}

fn undelivered(mut reason: String, again: bool) -> Undelivered {
    reason.truncate(reason.floor_char_boundary(limits::ATTEMPT_FAILURE_BYTES_MAX));
    Undelivered { reason, again }
}

fn kind_of(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        400 => "BAD_REQUEST",
        401 => "UNAUTHENTICATED",
        403 => "UNAUTHORIZED",
        404 => "NOT_FOUND",
        408 => "REQUEST_TIMEOUT",
        409 => "CONFLICT",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        501 => "NOT_IMPLEMENTED",
        503 => "UNAVAILABLE",
        520 => "UPSTREAM_TIMEOUT",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, headers: &[(&str, &str)], body: &'static str, expected: Result<(), (&str, bool)>) {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let read = read(&response.body(Bytes::from(body)).unwrap());
        let expected = expected.map_err(|(reason, again)| Undelivered { reason: reason.into(), again });
        assert_eq!(read, expected, "{status} {headers:?} {body}");
    }

    // What the reference server made of the same answers.
    #[test]
    fn a_status_says_whether_to_come_again() {
        check(200, &[], "", Ok(()));
        check(204, &[], "", Ok(()));
        for (status, kind, again) in [
            (400, "BAD_REQUEST", false),
            (401, "UNAUTHENTICATED", false),
            (403, "UNAUTHORIZED", false),
            (404, "NOT_FOUND", false),
            (408, "REQUEST_TIMEOUT", true),
            (409, "CONFLICT", false),
            (429, "RESOURCE_EXHAUSTED", true),
            (500, "INTERNAL", true),
            (501, "NOT_IMPLEMENTED", false),
            (503, "UNAVAILABLE", true),
            (520, "UPSTREAM_TIMEOUT", true),
        ] {
            check(status, &[], "", Err((&format!("handler error ({kind})"), again)));
        }
        check(502, &[], "", Err(("unexpected response status: \"502 Bad Gateway\"", true)));
        check(302, &[], "", Err(("unexpected response status: \"302 Found\"", true)));
    }

    #[test]
    fn a_failure_in_the_body_says_more() {
        let json = [("content-type", "application/json")];
        let not_found =
            r#"{"message":"later","metadata":{"type":"nexus.HandlerError"},"details":{"type":"NOT_FOUND"}}"#;
        check(503, &json, not_found, Err(("handler error (NOT_FOUND): later", false)));
        let again = r#"{"message":"later","metadata":{"type":"nexus.HandlerError"},
            "details":{"type":"NOT_FOUND","retryableOverride":true}}"#;
        check(503, &json, again, Err(("handler error (NOT_FOUND): later", true)));
        let weird = r#"{"message":"","metadata":{"type":"nexus.HandlerError"},"details":{"type":"WEIRD"}}"#;
        check(400, &json, weird, Err(("handler error (WEIRD)", true)));
        check(400, &json, r#"{"message":"no"}"#, Err(("handler error (BAD_REQUEST)", false)));
        check(400, &json, "{bad", Err(("handler error (BAD_REQUEST)", false)));
        check(400, &[("content-type", "text/plain")], "no", Err(("handler error (BAD_REQUEST)", false)));
        check(418, &json, r#"{"message":"m"}"#, Err(("unexpected response status: \"418 I'm a teapot\": m", true)));
    }

    #[test]
    fn a_header_decides_before_the_status() {
        check(500, &[("nexus-request-retryable", "false")], "", Err(("handler error (INTERNAL)", false)));
        check(400, &[("nexus-request-retryable", "True")], "", Err(("handler error (BAD_REQUEST)", true)));
    }
}
