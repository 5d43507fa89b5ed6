//! The wire below the library: a request is a path, header fields and bytes, and none of them need be right.

use std::future::poll_fn;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt, Full};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::transport::Channel;
use tonic::{Code, Status};

/// A request.
pub struct Wire {
    pub path: String,
    pub headers: HeaderMap,
    pub frame: Vec<u8>,
}

/// A message behind its length, not compressed.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a message of a test is not that long");
    [&[0][..], &length.to_be_bytes(), message].concat()
}

/// The message of the answer, or the status. The outer error says that nothing of the kind came.
pub async fn send(mut channel: Channel, wire: Wire, patience: Duration) -> Result<Result<Bytes, Status>, String> {
    let mut request = http::Request::post(&wire.path)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(Full::new(Bytes::from(wire.frame))))
        .map_err(|error| error.to_string())?;
    request.headers_mut().extend(wire.headers);
    let exchange = async {
        poll_fn(|context| channel.poll_ready(context)).await.map_err(|error| format!("not ready: {error:?}"))?;
        let response = match channel.call(request).await {
            Ok(response) => response,
            // The library keeps an eye on the deadline that the request names.
            Err(error) if format!("{error:?}").contains("TimeoutExpired") => {
                return Ok(Err(Status::deadline_exceeded("the caller has given up")));
            }
            Err(error) => return Err(format!("no answer: {error:?}")),
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| format!("half an answer: {error:?}"))?;
        let trailers = body.trailers().and_then(Status::from_header_map);
        let status = trailers.or_else(|| Status::from_header_map(&head.headers));
        let status = status.ok_or_else(|| format!("no status: {head:?}"))?;
        let bytes = body.to_bytes();
        Ok(if status.code() == Code::Ok { Ok(bytes.slice(bytes.len().min(5)..)) } else { Err(status) })
    };
    let patient = tokio::time::timeout(patience, exchange).await;
    patient.unwrap_or_else(|_| Err(format!("nothing within {patience:?}")))
}
