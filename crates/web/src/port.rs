//! The port for people: the pages, or the files of the official web UI in their place; and the API as that UI speaks it. A page
//! of another origin cannot act here: who changes something must show what only a page of this origin can read.

mod csrf;
mod files;
mod history;
mod render;
mod settings;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use abide_http::{Client, PREFIX, people};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use serde_json::{Value, json};

use crate::site::{Pages, Site};
use csrf::Refusal;
use files::Files;

/// What the port for people is told.
pub struct Port {
    /// The pages.
    pub site: Site,
    /// The folder with the files of the official web UI, if that is what is to be shown.
    pub files: Option<PathBuf>,
    /// That UI is not to look for news.
    pub disable_news_fetch: bool,
}

/// The client that the official web UI says it is.
const CLIENT: Client = Client { name: "temporal-ui", version: settings::UI_VERSION };

struct Shared {
    pages: Arc<Pages>,
    files: Option<Files>,
    disable_news_fetch: bool,
}

impl Shared {
    fn site(&self) -> &Site {
        &self.pages.site
    }
}

/// The port for people.
pub fn port(mut port: Port) -> Router {
    let public_path = format!("/{}", port.site.public_path.trim_matches('/'));
    port.site.public_path = if public_path == "/" { String::new() } else { public_path };
    let files = port.files.map(|folder| Files { folder, public_path: port.site.public_path.clone() });
    let pages = Arc::new(Pages::new(port.site));
    let shared = Shared { pages, files, disable_news_fetch: port.disable_news_fetch };
    Router::new().fallback(respond).with_state(Arc::new(shared))
}

async fn respond(State(shared): State<Arc<Shared>>, mut request: Request<Body>) -> Response {
    if request.method() == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let inside = inside(&shared.site().public_path, request.uri());
    let is_outside = inside.is_none();
    if let Some(inside) = inside {
        *request.uri_mut() = inside;
    }
    let token = csrf::token(request.headers());
    let mut response = match route(&shared, is_outside, &token, request).await {
        Ok(mut response) => {
            csrf::remember(&mut response, &token);
            response
        }
        Err(refusal) => json(refusal.status(), &json!({ "message": refusal.text() })),
    };
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

async fn route(
    shared: &Shared,
    is_outside: bool,
    token: &csrf::Token,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let is_api = path.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with('/'));
    let is_page = !is_api && shared.files.is_none();
    csrf::check_sender(&method, request.headers())?;
    // A form carries its token where the page's function reads it.
    if !is_page {
        csrf::check(&method, request.headers(), token)?;
    }
    let site = shared.site();
    Ok(match (&method, path.as_str()) {
        (&Method::GET, "/healthz") => json(StatusCode::OK, &json!({ "status": "OK" })),
        (&Method::GET, "/api/v1/settings") => json(StatusCode::OK, &settings::settings(shared)),
        (&Method::GET, "/render") => render::render(request.uri().query().unwrap_or_default()),
        (&Method::GET, path) if is_api && path.ends_with("/history.json") => match history::named(path) {
            Some(run) => history::stream(site.routes.clone(), run, request.headers()),
            None => people(&site.routes, CLIENT, request).await,
        },
        (&Method::POST | &Method::DELETE, _) if is_api && site.switches.read_only => {
            json(StatusCode::FORBIDDEN, &json!({ "message": "Write actions are disabled" }))
        }
        _ if is_api => people(&site.routes, CLIENT, request).await,
        (&Method::GET | &Method::HEAD, path) => match &shared.files {
            Some(files) => match files.file(path).await {
                Some(file) => file,
                None if is_outside => elsewhere(&site.public_path, request.uri()),
                None => files.index(path).await,
            },
            // Something in front may have taken the public path away.
            None => shared.pages.answer(token.value.clone(), request).await,
        },
        (&Method::POST, _) if is_page => shared.pages.answer(token.value.clone(), request).await,
        _ => json(StatusCode::METHOD_NOT_ALLOWED, &json!({ "message": "Method Not Allowed" })),
    })
}

/// A value as an answer, on one line.
fn json(status: StatusCode, value: &Value) -> Response {
    with_type(status, HeaderValue::from_static("application/json"), value.to_string())
}

fn with_type(status: StatusCode, kind: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// The address without the public path before it; none if there is one and the address does not begin with it.
fn inside(public_path: &str, uri: &Uri) -> Option<Uri> {
    if public_path.is_empty() {
        return Some(uri.clone());
    }
    let path_and_query = uri.path_and_query()?.as_str();
    let rest = path_and_query.strip_prefix(public_path)?;
    match rest.chars().next() {
        Some('/') => rest.parse().ok(),
        None | Some('?') => format!("/{rest}").parse().ok(),
        Some(_) => None,
    }
}

/// A page finds its own parts only under its public path.
fn elsewhere(public_path: &str, uri: &Uri) -> Response {
    let rest = uri.path_and_query().map(|rest| rest.as_str()).unwrap_or("/");
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Ok(location) = HeaderValue::try_from(format!("{public_path}{rest}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
