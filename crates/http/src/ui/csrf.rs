//! A page of another origin can make a browser send a request with this server's cookies, but can read none of them. So who
//! changes something must repeat a cookie in a field of the header. Who has a token of its own has not come by a cookie, and
//! need not.

use axum::response::Response;
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use uuid::Uuid;

const COOKIE_NAME: &str = "_csrf";
const HEADER: &str = "x-csrf-token";
/// For how long a browser keeps it: a day.
const AGE_SECONDS: u32 = 86_400;

/// Why a request is not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    Missing,
    Wrong,
}

impl Refusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Refusal::Missing => StatusCode::BAD_REQUEST,
            Refusal::Wrong => StatusCode::FORBIDDEN,
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Refusal::Missing => "missing csrf token in request header",
            Refusal::Wrong => "invalid csrf token",
        }
    }
}

/// The token that the browser is to keep, if any, or why the request is not let in.
pub(super) fn check(method: &Method, headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    if headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let kept = kept(headers);
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(Some(kept.map_or_else(|| Uuid::new_v4().simple().to_string(), str::to_owned)));
    }
    let shown = headers.get(HEADER).ok_or(Refusal::Missing)?;
    match kept {
        Some(kept) if !kept.is_empty() && is_same(kept.as_bytes(), shown.as_bytes()) => Ok(Some(kept.to_owned())),
        Some(_) | None => Err(Refusal::Wrong),
    }
}

/// Has the browser keep the token.
pub(super) fn remember(response: &mut Response, token: &str) {
    let cookie = format!("{COOKIE_NAME}={token}; Path=/; Max-Age={AGE_SECONDS}; SameSite=Strict");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
        response.headers_mut().append(VARY, HeaderValue::from_static("Cookie"));
    }
}

fn kept(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value)
}

/// In the same time wherever they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_changes_something_repeats_the_cookie() {
        let check = |method: Method, pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)));
            super::check(&method, &pairs.collect())
        };
        let fresh = check(Method::GET, &[]).expect("looking is free").expect("a new token");
        assert_eq!(fresh.len(), 32);
        assert_eq!(check(Method::GET, &[("cookie", "a=b; _csrf=t")]), Ok(Some("t".into())));
        assert_eq!(check(Method::POST, &[]), Err(Refusal::Missing));
        assert_eq!(check(Method::POST, &[("cookie", "_csrf=t")]), Err(Refusal::Missing));
        assert_eq!(check(Method::POST, &[("x-csrf-token", "t")]), Err(Refusal::Wrong));
        assert_eq!(check(Method::POST, &[("x-csrf-token", ""), ("cookie", "_csrf=")]), Err(Refusal::Wrong));
        assert_eq!(check(Method::DELETE, &[("x-csrf-token", "t"), ("cookie", "_csrf=u")]), Err(Refusal::Wrong));
        assert_eq!(check(Method::POST, &[("x-csrf-token", "t"), ("cookie", "_csrf=t")]), Ok(Some("t".into())));
        assert_eq!(check(Method::POST, &[("authorization", "Bearer x")]), Ok(None));
    }
}
