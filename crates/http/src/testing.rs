//! For tests: a gRPC service behind the ports that is whatever the test says.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, Request, StatusCode};
use tonic::Status;
use tonic::service::Routes;
use tower::ServiceExt;

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
