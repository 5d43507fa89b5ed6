//! A call of an RPC within this process: the encoded message goes to the same service that gRPC clients reach, with its
//! limits and its checks, and the encoded answer comes back. No socket is between.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::HeaderMap;
use http::uri::PathAndQuery;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::{Extensions, Request, Status};

/// What is asked, and how.
pub struct Call {
    /// `/package.Service/Method`.
    pub path: String,
    /// The encoded message.
    pub message: Bytes,
    /// What the service sees of the caller: see [`crate::forwarded`].
    pub headers: HeaderMap,
    /// How long the caller waits.
    pub timeout: Option<Duration>,
}

/// The encoded answer.
///
/// # Errors
/// Whatever the service answers instead; `DEADLINE_EXCEEDED` when the caller has waited long enough.
pub async fn call(routes: &Routes, call: Call) -> Result<Bytes, Status> {
    let path = PathAndQuery::try_from(call.path).map_err(|_| Status::internal("an RPC's path is one of an address"))?;
    let mut grpc = tonic::client::Grpc::new(routes.clone()).max_decoding_message_size(usize::MAX);
    let request = Request::from_parts(MetadataMap::from_headers(call.headers), Extensions::default(), call.message);
    let answer = async {
        grpc.ready().await.map_err(|_| Status::unavailable("the service is not ready"))?;
        grpc.unary(request, path, Encoded).await
    };
    let answer = match call.timeout {
        None => answer.await,
        Some(timeout) => match tokio::time::timeout(timeout, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(Status::deadline_exceeded("context deadline exceeded")),
        },
    };
    answer.map(tonic::Response::into_inner)
}

/// Messages that are encoded already.
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
