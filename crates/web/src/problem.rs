//! What went wrong, as a page: in the words of the service, with the status that a browser understands.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::{Markup, html};
use tonic::Status;

use crate::page::{Page, Place};

/// See the file's first lines.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) said: String,
}

impl Problem {
    /// The visitor has asked for what cannot be.
    pub(crate) fn invalid(said: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, said: said.into() }
    }

    /// Something of ours went wrong.
    pub(crate) fn failed(said: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, said: said.into() }
    }

    /// There is nothing at this address.
    pub(crate) fn nothing() -> Self {
        Self { status: StatusCode::NOT_FOUND, said: "There is no page at this address.".into() }
    }

    /// As a part of a page whose rest is there.
    pub(crate) fn alert(&self) -> Markup {
        html! { p.alert role="alert" { (self.said) } }
    }
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        Self { status: abide_http::status_of(status.code()), said: status.message().to_owned() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = match self.status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => "Not allowed",
            StatusCode::BAD_REQUEST => "This cannot be done",
            _ => "Something went wrong",
        };
        let body = html! { h1 { (title) } (self.alert()) };
        Page { status: self.status, ..Page::new(Place::Elsewhere, title, body) }.into_response()
    }
}
