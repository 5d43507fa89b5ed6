//! What stands between the generated clients and the channel: our headers on every call, and the codec server, if there is
//! one, around every message.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tonic::body::Body;
use tonic::transport::Channel;
use tower::Service;

use super::codec::Codec;
use crate::arguments::Connection;
use crate::error::{Error, Result};
use crate::input;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The way to the server.
#[derive(Clone)]
pub struct Wire {
    channel: Channel,
    headers: HeaderMap,
    codec: Option<Arc<Codec>>,
}

impl Wire {
    /// Over this channel.
    pub fn new(channel: Channel, connection: &Connection) -> Result<Self> {
        let codec = Codec::new(connection)?.map(Arc::new);
        Ok(Self { channel, headers: headers(connection)?, codec })
    }
}

impl Service<Request<Body>> for Wire {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::result::Result<(), BoxError>> {
        self.channel.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        request.headers_mut().extend(self.headers.clone());
        // The channel that is ready is the one that was asked, not its clone.
        let clone = self.channel.clone();
        let mut channel = std::mem::replace(&mut self.channel, clone);
        let codec = self.codec.clone();
        Box::pin(async move {
            match codec {
                None => Ok(channel.call(request).await?),
                Some(codec) => codec.exchange(channel, request).await,
            }
        })
    }
}

fn headers(connection: &Connection) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let own = [
        ("client-name", "temporal-cli"),
        ("client-version", env!("CARGO_PKG_VERSION")),
        ("supported-server-versions", ">=1.0.0 <2.0.0"),
        ("caller-type", "operator"),
    ];
    for (key, value) in own {
        headers.insert(key, HeaderValue::from_static(value));
    }
    if let Some(key) = connection.api_key.as_ref().filter(|key| !key.is_empty()) {
        let value = format!("Bearer {key}").parse();
        headers.insert(http::header::AUTHORIZATION, value.map_err(|_| Error::new("invalid API key"))?);
        headers
            .insert("temporal-namespace", connection.namespace.parse().map_err(|_| Error::new("invalid namespace"))?);
    }
    for (key, value) in input::pairs("gRPC meta", &connection.grpc_meta)? {
        let refused = || Error::new(format!("invalid gRPC meta {key:?}"));
        let name: HeaderName = key.to_lowercase().parse().map_err(|_| refused())?;
        headers.insert(name, value.parse().map_err(|_| refused())?);
    }
    Ok(headers)
}
