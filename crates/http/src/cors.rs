//! What pages of other origins may do. Browsers ask before they let a page call another server, and show it the answer only if
//! that server lets them. Cookies are not for the API, so they are not let through.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

const HEADERS: HeaderValue = HeaderValue::from_static(
    "origin, content-type, accept, authorization, authorization-extras, caller-type, client-name, client-version, \
     grpc-timeout, x-csrf-token, x-grpc-web, x-user-agent",
);
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");
/// What pages of gRPC-Web must see of an answer.
const EXPOSED: HeaderValue = HeaderValue::from_static("grpc-status, grpc-message, grpc-status-details-bin");
/// Where browsers say from which site a page calls.
const FETCH_SITE: &str = "sec-fetch-site";
/// How long a browser remembers what it was told: an hour.
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

/// The origins whose pages may call: `https://example.org`, or `*` for all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins(pub(crate) Vec<String>);

impl Origins {
    /// The origin of the page that calls, if it may.
    pub(crate) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.0.iter().any(|allowed| allowed == "*" || allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }
}

/// Whether a browser asks if a page may call.
pub(crate) fn is_question(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Whether a page of another site would change something. It may send that without asking first, as long as it sends it as a
/// form or as text, and need not see the answer.
pub(crate) fn acts_from_elsewhere(method: &Method, headers: &HeaderMap) -> bool {
    let is_elsewhere = headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site");
    is_elsewhere && !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The answer to that question: the page of this origin may.
pub(crate) fn yes(origin: HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    response.headers_mut().insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    show(&mut response, origin);
    response
}

/// Lets the page of this origin see the answer.
pub(crate) fn show(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(VARY, HeaderValue::from_static("Origin"));
}
