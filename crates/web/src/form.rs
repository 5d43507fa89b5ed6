//! What a form sends, and what is said after it was done. A form is taken only with the token that pages of this origin carry;
//! what it does ends in another page, which says so once.

use abide_http::url;
use abide_model::limits;
use axum::body::{Body, to_bytes};
use axum::extract::FromRequest;
use axum::response::{IntoResponse, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use maud::{Markup, html};

use crate::preferences::cookie;
use crate::problem::Problem;
use crate::visit::Visit;

/// The field with the token.
pub(crate) const TOKEN: &str = "_csrf";
const SAID: &str = "abide_said";
/// What is said fits into a cookie.
const SAID_BYTES_MAX: usize = 1000;

/// What a form sends.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field, without what is around its text; none if it is empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty())
    }

    /// A field that must be filled in; `label` is what the page calls it.
    pub(crate) fn required(&self, name: &str, label: &str) -> Result<&str, Problem> {
        self.text(name).ok_or_else(|| Problem::invalid(format!("{label} must be filled in")))
    }

    /// All values of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box is ticked.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.text(name).is_some()
    }
}

impl<S: Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let token = request.extensions().get::<Visit>().map(|visit| visit.token.clone()).unwrap_or_default();
        let body = to_bytes(request.into_body(), limits::MESSAGE_BYTES_MAX).await;
        let body = body.map_err(|_| Problem::invalid("the form is too large"))?;
        let body = std::str::from_utf8(&body).map_err(|_| Problem::invalid("the form is not UTF-8"))?;
        let fields = Self(url::pairs(body).map_err(Problem::invalid)?);
        check(&token, fields.text(TOKEN).unwrap_or_default())?;
        Ok(fields)
    }
}

/// Whether a form shows the token that the browser has.
pub(crate) fn check(token: &str, shown: &str) -> Result<(), Problem> {
    let is_right = !token.is_empty() && is_same(token.as_bytes(), shown.as_bytes());
    if is_right { Ok(()) } else { Err(refused()) }
}

/// What is said of a form without the token.
pub(crate) fn refused() -> Problem {
    let said = "The form is too old: load the page again, and repeat what you did.".into();
    Problem { status: StatusCode::FORBIDDEN, said }
}

/// In the same time wherever they differ.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}

/// The field that every form begins with.
pub(crate) fn token(visit: &Visit) -> Markup {
    html! { input type="hidden" name=(TOKEN) value=(visit.token); }
}

/// A form was carried out.
pub(crate) struct Done {
    /// The address to go on at: see [`Visit::href`].
    pub(crate) to: String,
    /// What was done, as a sentence.
    pub(crate) said: String,
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        let mut said = self.said;
        said.truncate(said.floor_char_boundary(SAID_BYTES_MAX));
        let cookie = format!("{SAID}={}; Path=/; Max-Age=30; HttpOnly; SameSite=Strict", url::encoded(&said));
        let mut response = StatusCode::SEE_OTHER.into_response();
        for (name, value) in [(LOCATION, self.to), (SET_COOKIE, cookie)] {
            let value = HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("/"));
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// What was done before this page.
pub(crate) fn said(headers: &HeaderMap) -> Option<String> {
    cookie(headers, SAID).filter(|said| !said.is_empty())
}

/// It is said once.
pub(crate) fn forget_said(response: &mut Response) {
    let gone = HeaderValue::from_static("abide_said=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    response.headers_mut().append(SET_COOKIE, gone);
}
