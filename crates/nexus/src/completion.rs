//! How a run ended, as the request that completes a Nexus operation.

use abide_engine::run::{Completion, Delivery};
use abide_model::{Timestamp, Url};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request};
use http_body_util::Full;

use crate::{failure, link, payload};

const STATE: HeaderName = HeaderName::from_static("nexus-operation-state");
const START_TIME: HeaderName = HeaderName::from_static("nexus-operation-start-time");
const CLOSE_TIME: HeaderName = HeaderName::from_static("nexus-operation-close-time");
const LINK: HeaderName = HeaderName::from_static("nexus-link");
const AGENT: &str = concat!("abide/", env!("CARGO_PKG_VERSION"));

/// The request. The text says why there can be none.
pub fn request(delivery: &Delivery, url: &Url) -> Result<Request<Full<Bytes>>, String> {
    let (state, content, body) = match &delivery.completion {
        Completion::Succeeded(result) => {
            let content = payload::content(result.as_ref());
            ("succeeded", content.header, content.data)
        }
        Completion::Failed(why) => ("failed", json(), failure::body(why)),
        Completion::Canceled(why) => ("canceled", json(), failure::body(why)),
    };
    let path = match url.path_and_query.as_str() {
        path if path.starts_with('/') => path.to_owned(),
        query => format!("/{query}"),
    };
    let mut request = Request::builder().method(Method::POST).uri(path).body(Full::new(body));
    let request = request.as_mut().map_err(|error| error.to_string())?;
    let headers = request.headers_mut();
    headers.insert(HOST, value(&url.host)?);
    if let Some(user) = &url.user {
        headers.insert(AUTHORIZATION, value(&format!("Basic {}", STANDARD.encode(user)))?);
    }
    set(headers, content.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
    headers.insert(STATE, HeaderValue::from_static(state));
    // What was registered goes before everything that is said here unasked.
    set(headers, delivery.header.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
    headers.entry(START_TIME).or_insert(value(&http_date(delivery.started_at))?);
    headers.entry(CLOSE_TIME).or_insert(value(&rfc_3339(delivery.closed_at))?);
    headers.entry(LINK).or_insert(value(&link::header(&delivery.link))?);
    Ok(std::mem::take(request))
}

fn json() -> Vec<(String, String)> {
    vec![(CONTENT_TYPE.to_string(), "application/json".to_owned())]
}

fn set<'a>(headers: &mut HeaderMap, fields: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), String> {
    for (name, text) in fields {
        let name: HeaderName = name.parse().map_err(|_| format!("invalid header field name {name:?}"))?;
        headers.insert(name, value(text)?);
    }
    Ok(())
}

fn value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| "invalid header field value".into())
}

fn utc(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(i128::from(at.nanos)).unwrap_or_default()
}

fn http_date(at: Timestamp) -> String {
    utc(at).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// With 0, 3, 6 or 9 digits behind the second, as few as say it.
fn rfc_3339(at: Timestamp) -> String {
    let seconds = utc(at).strftime("%Y-%m-%dT%H:%M:%S");
    let digits = format!("{:09}", at.nanos.rem_euclid(1_000_000_000));
    let digits = match digits.trim_end_matches('0').len().div_ceil(3) {
        0 => return format!("{seconds}Z"),
        thousands => &digits[..3 * thousands],
    };
    format!("{seconds}.{digits}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_protocol_has_them() {
        let at = Timestamp { nanos: 1_732_000_000_120_000_000 };
        assert_eq!(http_date(at), "Tue, 19 Nov 2024 07:06:40 GMT");
        for (nanos, expected) in [
            (0, "2024-11-19T07:06:40Z"),
            (120_000_000, "2024-11-19T07:06:40.120Z"),
            (120_000, "2024-11-19T07:06:40.000120Z"),
            (1, "2024-11-19T07:06:40.000000001Z"),
        ] {
            assert_eq!(rfc_3339(Timestamp { nanos: 1_732_000_000_000_000_000 + nanos }), expected);
        }
    }
}
