//! The port of the API: JSON under the routes of the protocol, gRPC-Web, and what describes it all.

use std::sync::Arc;

use abide_model::{SettingsView, wildcard};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use tonic::service::Routes;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{Layer, ServiceExt};

use crate::api::{self, Manner};
use crate::cors::{self, Origins};
use crate::header::Client;
use crate::{answer, binding, openapi};

/// What the port of the API is told.
pub struct Front {
    /// The services that answer.
    pub routes: Routes,
    /// The hosts that callers may name are among them.
    pub settings: SettingsView,
    /// The origins whose pages may call: `https://example.org`, or `*` for all.
    pub origins: Vec<String>,
    /// The server's version.
    pub version: &'static str,
}

struct Shared {
    routes: Routes,
    web: GrpcWebService<Routes>,
    settings: SettingsView,
    origins: Origins,
    manner: Manner,
}

/// The port of the API.
pub fn front(front: Front) -> Router {
    let shared = Shared {
        web: GrpcWebLayer::new().layer(front.routes.clone()),
        routes: front.routes,
        settings: front.settings,
        origins: Origins(front.origins),
        manner: Manner { format: None, client: Client { name: "temporal-server-http", version: front.version } },
    };
    Router::new().fallback(respond).with_state(Arc::new(shared))
}

async fn respond(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let origin = shared.origins.allowed(request.headers());
    if let Some(origin) = &origin
        && cors::is_question(request.method(), request.headers())
    {
        return cors::yes(origin.clone());
    }
    let mut response = match &origin {
        None if cors::acts_from_elsewhere(request.method(), request.headers()) => refused("Origin not allowed"),
        Some(_) | None => route(&shared, request).await,
    };
    if let Some(origin) = origin {
        cors::show(&mut response, origin);
    }
    response
}

async fn route(shared: &Shared, request: Request<Body>) -> Response {
    let path = request.uri().path();
    let path = path.strip_prefix(binding::PREFIX).filter(|path| path.starts_with('/')).unwrap_or(path);
    match (request.method(), path) {
        (&Method::GET, "/swagger.json") => document(openapi::SWAGGER_TYPE, openapi::swagger()),
        (&Method::GET, "/openapi.yaml") => document(openapi::YAML_TYPE, openapi::yaml()),
        _ if !may_name(&shared.settings.http.allowed_hosts, request.headers()) => refused("Host not allowed"),
        (&Method::POST, _) if is_grpc_web(request.headers()) => web(shared, request).await,
        _ => api::answer(&shared.routes, shared.manner, request).await,
    }
}

/// Whether callers may name this host; all that there are unless somebody has said which.
fn may_name(hosts: &[String], headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    hosts.is_empty() || hosts.iter().any(|pattern| wildcard::matches(pattern, host))
}

fn refused(why: &str) -> Response {
    let body = format!(r#"{{"code": 7, "message": "{why}"}}"#);
    answer::with_type(StatusCode::FORBIDDEN, HeaderValue::from_static("application/json"), body)
}

fn is_grpc_web(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc-web"))
}

async fn web(shared: &Shared, request: Request<Body>) -> Response {
    match shared.web.clone().oneshot(request.map(tonic::body::Body::new)).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

fn document(kind: &'static str, text: &'static str) -> Response {
    answer::with_type(StatusCode::OK, HeaderValue::from_static(kind), text)
}
