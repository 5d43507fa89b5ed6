//! The API as the official web UI speaks it: payloads written out, on many lines, whatever callers say.

use axum::body::Body;
use axum::response::Response;
use http::Request;
use http::header::CONTENT_TYPE;
use tonic::service::Routes;

use crate::api::{self, Manner};
use crate::format::{FOR_PEOPLE, PLAIN};
use crate::header::Client;

/// Answers one request of the API to a page; `client` is who asks, if the page does not say.
pub async fn people(routes: &Routes, client: Client, request: Request<Body>) -> Response {
    let mut response = api::answer(routes, Manner { format: Some(FOR_PEOPLE), client }, request).await;
    // Nobody has chosen a form here, so none is named.
    response.headers_mut().insert(CONTENT_TYPE, PLAIN.content_type());
    response
}
