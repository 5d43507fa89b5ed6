//! For tests: a gRPC service behind the port that is whatever the test says, and a site that stands on it.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, Request, StatusCode};
use tonic::Status;
use tonic::service::Routes;
use tower::ServiceExt;

use crate::site::Site;
use crate::switches::Switches;

/// What the service is asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) message: Bytes,
    pub(crate) headers: HeaderMap,
}

/// A service that answers every RPC like this, with encoded messages.
pub(crate) fn service(answer: impl Fn(Asked) -> Result<Bytes, Status> + Clone + Send + Sync + 'static) -> Routes {
    let service = move |request: Request<Body>| {
        let answer = answer.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.expect("a whole message");
            // Before the message stand whether it is compressed, and its length.
            grpc(answer(Asked { path: parts.uri.path().to_owned(), message: body.slice(5..), headers: parts.headers }))
        }
    };
    let mut routes = Routes::default();
    *routes.axum_router_mut() = Router::new().fallback(service);
    routes
}

/// A site with nothing set.
pub(crate) fn site(routes: Routes) -> Site {
    Site {
        routes,
        changes: std::sync::Arc::default(),
        public_path: String::new(),
        codec_endpoint: String::new(),
        switches: Switches::default(),
        grpc_address: "127.0.0.1:7233".into(),
        http_address: Some("127.0.0.1:7243".into()),
        version: "1.2.3",
        stopping: Box::new(|| Box::pin(std::future::pending())),
        inside: Box::new(Vec::new),
        queues: Box::new(|_| Default::default()),
    }
}

/// One exchange with a port.
pub(crate) async fn exchange(port: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = port.clone().oneshot(request).await.expect("a router does not fail");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole answer");
    (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
}

fn grpc(answer: Result<Bytes, Status>) -> Response {
    match answer {
        Ok(message) => {
            let mut frame = BytesMut::new();
            frame.put_u8(0);
            frame.put_u32(message.len() as u32);
            frame.put(message);
            let mut response = Response::new(Body::from(frame.freeze()));
            response.headers_mut().insert("content-type", "application/grpc".parse().expect("ascii"));
            response.headers_mut().insert("grpc-status", "0".parse().expect("ascii"));
            response
        }
        Err(status) => status.into_http(),
    }
}

/// What a page shows in its frame, an element a line, with its status; of a site that was made on these services. `fields`
/// are sent to it as its own form would, if there are any.
pub(crate) async fn shown(site: Site, path: &str, fields: Option<&str>) -> (u16, String) {
    let port = crate::port(crate::Port { site, files: None, disable_news_fetch: false });
    let request = Request::builder().uri(path).header("cookie", "_csrf=t");
    let request = match fields {
        None => request.method("GET").body(Body::empty()),
        Some(fields) => {
            let form = request.method("POST").header("content-type", "application/x-www-form-urlencoded");
            form.body(Body::from(format!("_csrf=t&{fields}")))
        }
    };
    let (status, headers, html) = exchange(&port, request.expect("a request")).await;
    let main = html.split_once("<main").and_then(|(_, rest)| rest.split_once('>')).map(|(_, rest)| rest);
    let main = main.and_then(|rest| rest.rsplit_once("</main>")).map(|(main, _)| main.replace("><", ">\n<"));
    let main = main.map(|main| without_hashes(&main));
    let moved = headers.get("location").map(|to| format!("to {}", String::from_utf8_lossy(to.as_bytes())));
    (status.as_u16(), main.or(moved).unwrap_or(html))
}

// What a hash is made of may change with the compiler, and every form has an id of its own.
pub(crate) fn without_hashes(html: &str) -> String {
    without(&without(html, " data-live=\""), " name=\"once\" value=\"")
}

fn without(html: &str, attribute: &str) -> String {
    let mut parts = html.split(attribute);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('"').map_or(part, |(_, rest)| rest))
}
