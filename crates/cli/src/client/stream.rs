//! Streams to a host and a port, plain or encrypted.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tower::Service;

/// How a stream is encrypted.
#[derive(Clone)]
pub struct Encryption {
    /// What is trusted, and who we are.
    pub config: Arc<ClientConfig>,
    /// The name that the other side must have, if it is not that of the address.
    pub server_name: Option<String>,
}

/// A stream of bytes.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects the channel.
#[derive(Clone)]
pub struct Connector {
    encryption: Option<Encryption>,
}

impl Connector {
    /// With or without encryption.
    pub fn new(encryption: Option<Encryption>) -> Self {
        Self { encryption }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let encryption = self.encryption.clone();
        Box::pin(async move { Ok(TokioIo::new(open(&uri, encryption.as_ref()).await?)) })
    }
}

/// Connects to the host and port of an address.
pub async fn open(uri: &Uri, encryption: Option<&Encryption>) -> io::Result<Box<dyn Stream>> {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if encryption.is_some() { 443 } else { 80 });
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    let Some(encryption) = encryption else { return Ok(Box::new(stream)) };
    let name = encryption.server_name.clone().unwrap_or_else(|| host.to_owned());
    let name = ServerName::try_from(name).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(Box::new(TlsConnector::from(Arc::clone(&encryption.config)).connect(name, stream).await?))
}
