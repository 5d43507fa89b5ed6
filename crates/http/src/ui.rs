//! The port for people: the same API as the official web UI speaks it, that UI's files if there are any, and otherwise one page
//! that says what runs here. A page of another origin cannot act here: who changes something must show what only a page of
//! this origin can read.

mod assets;
mod csrf;
mod history;
mod page;
mod render;
mod settings;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use serde_json::json;
use tonic::service::Routes;

use crate::api::{self, Manner};
use crate::format::{FOR_PEOPLE, PLAIN};
use crate::header::Client;
use crate::{answer, binding};
use assets::Assets;

/// What the port for people is told.
pub struct Ui {
    /// The services that answer.
    pub routes: Routes,
    /// The folder with the files of the official web UI.
    pub assets: Option<PathBuf>,
    /// What all paths begin with, when something in front of the server puts it there: `/temporal`.
    pub public_path: String,
    /// Where that UI has payloads decoded.
    pub codec_endpoint: String,
    /// That UI is not to look for news.
    pub disable_news_fetch: bool,
    /// Where gRPC is served, for people to read.
    pub grpc_address: String,
    /// Where the API is served as HTTP, for people to read.
    pub http_address: Option<String>,
    /// This server's own version.
    pub version: &'static str,
}

/// The client that the official web UI says it is.
const CLIENT: Client = Client { name: "temporal-ui", version: settings::UI_VERSION };

struct Shared {
    ui: Ui,
    assets: Option<Assets>,
}

/// The port for people.
pub fn ui(mut ui: Ui) -> Router {
    let public_path = format!("/{}", ui.public_path.trim_matches('/'));
    ui.public_path = if public_path == "/" { String::new() } else { public_path };
    let assets = ui.assets.clone().map(|folder| Assets { folder, public_path: ui.public_path.clone() });
    Router::new().fallback(respond).with_state(Arc::new(Shared { ui, assets }))
}

async fn respond(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    if request.method() == Method::OPTIONS {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        return response;
    }
    let cookie = csrf::check(request.method(), request.headers());
    let mut response = match &cookie {
        Ok(_) => route(&shared, request).await,
        Err(refusal) => {
            let status = refusal.status();
            answer::json(status, &json!({ "message": refusal.text() }), PLAIN)
        }
    };
    if let Ok(Some(token)) = cookie {
        csrf::remember(&mut response, &token);
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

async fn route(shared: &Shared, mut request: Request<Body>) -> Response {
    let inside = inside(&shared.ui.public_path, request.uri());
    let is_outside = inside.is_none();
    if let Some(inside) = inside {
        *request.uri_mut() = inside;
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let is_api = path.strip_prefix(binding::PREFIX).is_some_and(|rest| rest.starts_with('/'));
    match (&method, path.as_str()) {
        (&Method::GET, "/healthz") => answer::json(StatusCode::OK, &json!({ "status": "OK" }), PLAIN),
        (&Method::GET, "/api/v1/settings") => answer::json(StatusCode::OK, &settings::settings(&shared.ui), PLAIN),
        (&Method::GET, "/render") => render::render(request.uri().query().unwrap_or_default()),
        (&Method::GET, path) if is_api && path.ends_with("/history.json") => match history::named(path) {
            Some(run) => history::stream(shared.ui.routes.clone(), run, request.headers()),
            None => api(shared, request).await,
        },
        _ if is_api => api(shared, request).await,
        (&Method::GET | &Method::HEAD, path) => match &shared.assets {
            Some(assets) => match assets.file(path).await {
                Some(file) => file,
                None if is_outside => elsewhere(&shared.ui.public_path, request.uri()),
                None => assets.index(path).await,
            },
            None => page::page(&shared.ui, path),
        },
        _ => answer::json(StatusCode::METHOD_NOT_ALLOWED, &json!({ "message": "Method Not Allowed" }), PLAIN),
    }
}

async fn api(shared: &Shared, request: Request<Body>) -> Response {
    let manner = Manner { format: Some(FOR_PEOPLE), client: CLIENT };
    let mut response = api::answer(&shared.ui.routes, manner, request).await;
    // Nobody has chosen a form here, so none is named.
    response.headers_mut().insert(CONTENT_TYPE, PLAIN.content_type());
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

/// The UI finds its own parts only under its public path.
fn elsewhere(public_path: &str, uri: &Uri) -> Response {
    let rest = uri.path_and_query().map(|rest| rest.as_str()).unwrap_or("/");
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Ok(location) = HeaderValue::try_from(format!("{public_path}{rest}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
