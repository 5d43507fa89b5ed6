//! What the form sends, with its file, and no more than a bound. The token comes first: nothing else is read without it.

use axum::body::Body;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest};
use http::{Request, StatusCode};

use crate::form;
use crate::problem::Problem;
use crate::visit::Visit;

/// The largest history.
pub(super) const HISTORY_BYTES_MAX: usize = 32 << 20;
/// The other fields, and what stands between them.
const REST_BYTES_MAX: usize = 64 << 10;
const FIELDS_MAX: usize = 10;

/// See the file's first lines.
pub(super) struct Upload {
    pub(super) history: String,
    /// The other fields.
    fields: Vec<(String, String)>,
}

/// For the routes that take one.
pub(super) fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(HISTORY_BYTES_MAX + REST_BYTES_MAX)
}

impl Upload {
    /// A field; none if it is empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty())
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, Problem> {
        let token = request.extensions().get::<Visit>().map(|visit| visit.token.clone()).unwrap_or_default();
        // Another kind of form has no token that is looked for.
        let mut parts = Multipart::from_request(request, state).await.map_err(|_| form::refused())?;
        let (mut history, mut fields) = (String::new(), Vec::new());
        let mut is_first = true;
        while let Some(field) = parts.next_field().await.map_err(problem)? {
            let name = field.name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(problem)?;
            let is_history = matches!(name.as_str(), "file" | "pasted");
            let text = String::from_utf8(bytes.into()).map_err(|_| Problem::invalid("The history is not UTF-8."))?;
            if is_first {
                form::check(&token, if name == form::TOKEN { &text } else { "" })?;
            }
            is_first = false;
            if is_history && !text.trim().is_empty() {
                history = text;
            } else if fields.len() < FIELDS_MAX {
                fields.push((name, text));
            }
        }
        match (is_first, history.len()) {
            (true, _) => Err(form::refused()),
            (false, 0) => Err(Problem::invalid("A file must be chosen, or JSON must be pasted.")),
            (false, HISTORY_BYTES_MAX..) => Err(too_large()),
            (false, _) => Ok(Self { history, fields }),
        }
    }
}

fn problem(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::invalid("The form was not sent as a whole."),
    }
}

fn too_large() -> Problem {
    let said = format!("The history is larger than {} MiB.", HISTORY_BYTES_MAX >> 20);
    Problem { status: StatusCode::PAYLOAD_TOO_LARGE, said }
}
