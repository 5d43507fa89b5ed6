//! Which fields of a request's header reach the service behind it, and how long the call may take.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// What is handed on as it is.
const FORWARDED: [&str; 6] =
    ["authorization", "authorization-extras", "caller-type", "client-name", "client-version", "x-forwarded-for"];
/// What is handed on without this before it.
const METADATA_PREFIX: &str = "grpc-metadata-";
const TIMEOUT: &str = "grpc-timeout";

/// Who asks, when the request itself does not say: this way of asking.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// As its header field `client-name` would say.
    pub name: &'static str,
    /// As its header field `client-version` would say.
    pub version: &'static str,
}

/// What the service behind sees of a request's header.
pub fn forwarded(headers: &HeaderMap, client: Client) -> HeaderMap {
    let mut forwarded = HeaderMap::new();
    for (name, value) in headers {
        let own = name.as_str().strip_prefix(METADATA_PREFIX).and_then(|name| name.parse::<HeaderName>().ok());
        let name = match own {
            // What the transport itself speaks of is not for callers to say.
            Some(own) if !own.as_str().starts_with("grpc-") && own != "content-type" && own != "te" => own,
            None if FORWARDED.contains(&name.as_str()) => name.clone(),
            Some(_) | None => continue,
        };
        forwarded.append(name, value.clone());
    }
    for (name, value) in [("client-name", client.name), ("client-version", client.version)] {
        forwarded.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Some(timeout) = headers.get(TIMEOUT) {
        forwarded.insert(TIMEOUT, timeout.clone());
    }
    forwarded
}

/// How long the caller waits, if it says so; the error is what it said instead.
pub(crate) fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, String> {
    let Some(value) = headers.get(TIMEOUT) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    parse_timeout(text).map(Some).ok_or_else(|| format!("invalid grpc-timeout: {text}"))
}

// One to eight digits and a unit.
fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    let nanos = match unit {
        "H" => 3_600_000_000_000,
        "M" => 60_000_000_000,
        "S" => 1_000_000_000,
        "m" => 1_000_000,
        "u" => 1_000,
        "n" => 1,
        _ => return None,
    };
    Some(Duration::from_nanos(nanos).saturating_mul(u32::try_from(amount).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_for_the_service_reaches_it() {
        let given = [
            ("authorization", "token"),
            ("cookie", "secret"),
            ("grpc-metadata-x-own", "1"),
            ("grpc-metadata-grpc-status", "0"),
            ("client-name", "curl"),
            ("host", "here"),
            ("grpc-timeout", "1S"),
        ];
        let headers: HeaderMap = given
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let forwarded = forwarded(&headers, Client { name: "us", version: "1" });
        let mut found: Vec<_> =
            forwarded.iter().map(|(name, value)| format!("{name}={}", value.to_str().expect("ascii"))).collect();
        found.sort();
        assert_eq!(
            found,
            ["authorization=token", "client-name=curl", "client-version=1", "grpc-timeout=1S", "x-own=1"]
        );
    }

    #[test]
    fn a_timeout_has_a_unit() {
        assert_eq!(parse_timeout("2500m"), Some(Duration::from_millis(2500)));
        assert_eq!(parse_timeout("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        for wrong in ["", "S", "zz", "1", "123456789S", "-1S", "1é"] {
            assert_eq!(parse_timeout(wrong), None, "{wrong}");
        }
    }
}
