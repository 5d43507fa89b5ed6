//! A page of another origin can make a browser send a request with this server's cookies, but can read none of them. So who
//! changes something must repeat a cookie in a field of the header. Who has a token of its own has not come by a cookie, and
//! need not. Another port of the same host shares its cookies, and something in front may add a token to whatever comes: so a
//! browser that says that another origin's page has sent it is turned away, whatever it shows.

use axum::response::Response;
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use uuid::Uuid;

use crate::form::is_same;

const COOKIE_NAME: &str = "_csrf";
const HEADER: &str = "x-csrf-token";
/// Where browsers say whose page has sent a request; no script can.
const SENDER: &str = "sec-fetch-site";
/// For how long a browser keeps it: a day.
const AGE_SECONDS: u32 = 86_400;

/// Why a request is not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    Missing,
    Wrong,
    Foreign,
}

impl Refusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Refusal::Missing => StatusCode::BAD_REQUEST,
            Refusal::Wrong | Refusal::Foreign => StatusCode::FORBIDDEN,
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Refusal::Missing => "missing csrf token in request header",
            Refusal::Wrong => "invalid csrf token",
            Refusal::Foreign => "sent by a page of another origin",
        }
    }
}

/// What a browser of this origin can show.
pub(super) struct Token {
    pub(super) value: String,
    /// The browser had it before.
    is_kept: bool,
    /// Who asks has not come by a cookie.
    is_needless: bool,
}

/// The token that the browser has, or is to have.
pub(super) fn token(headers: &HeaderMap) -> Token {
    let kept = kept(headers).filter(|token| !token.is_empty()).map(str::to_owned);
    let is_needless = headers.get(AUTHORIZATION).is_some_and(is_of_a_script);
    let is_kept = kept.is_some();
    Token { value: kept.unwrap_or_else(|| Uuid::new_v4().simple().to_string()), is_kept, is_needless }
}

// A browser adds what a visitor has typed into its own dialog to what any page sends.
fn is_of_a_script(authorization: &HeaderValue) -> bool {
    let by_itself = ["basic", "digest", "negotiate", "ntlm"];
    let scheme = authorization.to_str().unwrap_or_default().split(' ').next().unwrap_or_default();
    !by_itself.iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Turns away what a page of another origin has sent; an older browser does not say so.
pub(super) fn check_sender(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let is_own = headers.get(SENDER).is_none_or(|sender| sender == "same-origin" || sender == "none");
    if is_own || is_harmless(method) { Ok(()) } else { Err(Refusal::Foreign) }
}

fn is_harmless(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Whether a request of the API is let in.
pub(super) fn check(method: &Method, headers: &HeaderMap, token: &Token) -> Result<(), Refusal> {
    if token.is_needless || is_harmless(method) {
        return Ok(());
    }
    let shown = headers.get(HEADER).ok_or(Refusal::Missing)?;
    let is_right = token.is_kept && is_same(token.value.as_bytes(), shown.as_bytes());
    if is_right { Ok(()) } else { Err(Refusal::Wrong) }
}

/// Has the browser keep the token, which its next form must show: also one whose requests something in front gives a token of
/// their own.
pub(super) fn remember(response: &mut Response, token: &Token) {
    let token = &token.value;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_changes_something_repeats_the_cookie() {
        let check = |method: Method, pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)));
            let headers = pairs.collect();
            super::check(&method, &headers, &token(&headers))
        };
        assert_eq!(token(&HeaderMap::new()).value.len(), 32);
        assert_eq!(check(Method::GET, &[]), Ok(()));
        assert_eq!(check(Method::POST, &[]), Err(Refusal::Missing));
        assert_eq!(check(Method::POST, &[("cookie", "_csrf=t")]), Err(Refusal::Missing));
        assert_eq!(check(Method::POST, &[("x-csrf-token", "t")]), Err(Refusal::Wrong));
        assert_eq!(check(Method::POST, &[("x-csrf-token", ""), ("cookie", "_csrf=")]), Err(Refusal::Wrong));
        assert_eq!(check(Method::DELETE, &[("x-csrf-token", "t"), ("cookie", "_csrf=u")]), Err(Refusal::Wrong));
        assert_eq!(check(Method::POST, &[("x-csrf-token", "t"), ("cookie", "a=b; _csrf=t")]), Ok(()));
        assert_eq!(check(Method::POST, &[("authorization", "Bearer x")]), Ok(()));
        for by_itself in ["Basic eDp5", "negotiate x"] {
            assert_eq!(check(Method::POST, &[("authorization", by_itself)]), Err(Refusal::Missing), "{by_itself}");
        }
    }

    #[test]
    fn a_page_of_another_origin_changes_nothing() {
        let check = |method: Method, sender: &'static str| {
            super::check_sender(
                &method,
                &HeaderMap::from_iter([(http::HeaderName::from_static(SENDER), HeaderValue::from_static(sender))]),
            )
        };
        for own in ["same-origin", "none"] {
            assert_eq!(check(Method::POST, own), Ok(()), "{own}");
        }
        for other in ["same-site", "cross-site", "x"] {
            assert_eq!(check(Method::POST, other), Err(Refusal::Foreign), "{other}");
            assert_eq!(check(Method::DELETE, other), Err(Refusal::Foreign), "{other}");
            assert_eq!(check(Method::GET, other), Ok(()), "a link may lead here");
        }
        assert_eq!(super::check_sender(&Method::POST, &HeaderMap::new()), Ok(()));
    }
}
