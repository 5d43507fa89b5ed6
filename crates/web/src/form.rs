//! What a form sends, and what is said after it was done. A form is taken only with the token that pages of this origin carry;
//! what it does ends in another page, which says so once.

use std::hash::{DefaultHasher, Hash, Hasher};

use abide_http::url;
use abide_model::limits;
use axum::body::{Body, to_bytes};
use axum::extract::FromRequest;
use axum::response::{IntoResponse, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use maud::{Markup, html};
use uuid::Uuid;

use crate::preferences::cookie;
use crate::problem::Problem;
use crate::span;
use crate::visit::Visit;

/// The field with the token.
pub(crate) const TOKEN: &str = "_csrf";
/// The field that tells one form from the next.
const ONCE: &str = "once";
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

    /// An id of what this form asks for: the same if it is sent again as it is, so that the service does it once.
    pub(crate) fn request_id(&self) -> String {
        let Some(once) = self.text(ONCE).and_then(|once| Uuid::parse_str(once).ok()) else {
            return Uuid::new_v4().to_string();
        };
        let rest = self.0.iter().filter(|(name, _)| name != TOKEN);
        let half = |number: u8| {
            let mut hasher = DefaultHasher::new();
            (number, once).hash(&mut hasher);
            rest.clone().for_each(|field| field.hash(&mut hasher));
            hasher.finish()
        };
        Uuid::from_u64_pair(half(0), half(1)).to_string()
    }

    /// Whether a box is ticked.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.text(name).is_some()
    }
}

/// What was typed as a duration; none if nothing was.
pub(crate) fn duration(fields: &Fields, name: &str, label: &str) -> Result<Option<prost_types::Duration>, Problem> {
    let Some(text) = fields.text(name) else { return Ok(None) };
    let refusal = || Problem::invalid(format!("{label} is no duration: {text:?} (write 30s, 1h30m or 500ms)"));
    span::parse(text).map(Some).ok_or_else(refusal)
}

/// What was typed as a number; none if nothing was.
pub(crate) fn number<T: std::str::FromStr>(fields: &Fields, name: &str, label: &str) -> Result<Option<T>, Problem> {
    let Some(text) = fields.text(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Problem::invalid(format!("{label} is no number: {text:?}")))
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

/// The field of a form that is to be carried out once, however often it is sent: see [`Fields::request_id`].
pub(crate) fn once() -> Markup {
    html! { input type="hidden" name=(ONCE) value=(Uuid::new_v4()); }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields {
        Fields(url::pairs(text).expect("pairs"))
    }

    #[test]
    fn a_form_that_is_sent_again_asks_for_the_same_and_another_one_does_not() {
        let once = "once=6f1c5e2a-0000-4000-8000-000000000001";
        let id = |text: &str| fields(text).request_id();
        assert_eq!(id(&format!("_csrf=a&{once}&name=pay")), id(&format!("_csrf=b&{once}&name=pay")));
        assert_ne!(id(&format!("{once}&name=pay")), id(&format!("{once}&name=refund")));
        assert_ne!(id(&format!("{once}&name=pay")), id(&format!("{}&name=pay", once.replace("01", "02"))));
        for none in ["name=pay", "once=&name=pay", "once=x&name=pay"] {
            assert_ne!(id(none), id(none), "{none}");
        }
    }
}
