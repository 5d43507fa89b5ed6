//! One HTTP/1.1 request over one connection, plain or encrypted. Follows no redirects. What is trusted are the
//! certificates that the machine trusts.

use std::sync::Arc;

use abide_cluster::BoxFuture;
use abide_model::{Url, limits};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::transport::Transport;

/// Sends requests. Reads the machine's certificates when the first one needs them.
#[derive(Default)]
pub struct Http {
    tls: OnceCell<TlsConnector>,
}

impl Transport for Http {
    fn send<'a>(
        &'a self,
        url: &'a Url,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'a, Result<Response<Bytes>, String>> {
        Box::pin(self.post(url, request))
    }
}

impl Http {
    async fn post(&self, url: &Url, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, String> {
        let (host, port) = host_and_port(url)?;
        let stream = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
        // It does not matter to what follows.
        let _ = stream.set_nodelay(true);
        if url.scheme != "https" {
            return exchange(TokioIo::new(stream), request).await;
        }
        let tls = self.tls.get_or_try_init(connector).await?;
        let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
        let stream = tls.connect(name, stream).await.map_err(|error| error.to_string())?;
        exchange(TokioIo::new(stream), request).await
    }
}

/// The host without the brackets of an IPv6 address, and its port.
fn host_and_port(url: &Url) -> Result<(&str, u16), String> {
    let (host, port) = match url.host.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        Some(_) | None => (url.host.as_str(), ""),
    };
    let port = match (port, url.scheme.as_str()) {
        ("", "https") => 443,
        ("", _) => 80,
        (port, _) => port.parse().map_err(|_| format!("invalid port {port:?}"))?,
    };
    Ok((host.trim_start_matches('[').trim_end_matches(']'), port))
}

async fn exchange(
    stream: impl Read + Write + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, String> {
    let (mut sender, connection) = http1::handshake(stream).await.map_err(|error| error.to_string())?;
    let answered = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        // A body that is too long or breaks off says nothing more than its status.
        let body = Limited::new(body, limits::CALLBACK_ANSWER_BYTES_MAX).collect().await;
        Ok(Response::from_parts(head, body.map(|body| body.to_bytes()).unwrap_or_default()))
    };
    tokio::pin!(answered, connection);
    // The connection is driven until the answer is there, and ends with it.
    tokio::select! {
        answer = &mut answered => answer,
        ended = &mut connection => match ended {
            Ok(()) => answered.await,
            Err(error) => Err(error.to_string()),
        },
    }
}

async fn connector() -> Result<TlsConnector, String> {
    let read = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs);
    let found = read.await.map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    let (trusted, _) = roots.add_parsable_certificates(found.certs);
    if trusted == 0 {
        return Err("this machine trusts no certificates".into());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_ports() {
        for (url, expected) in [
            ("http://a/x", ("a", 80)),
            ("https://a", ("a", 443)),
            ("http://a:81", ("a", 81)),
            ("http://[::1]:82/", ("::1", 82)),
            ("https://[::1]/", ("::1", 443)),
        ] {
            assert_eq!(host_and_port(&Url::parse(url).unwrap()), Ok(expected), "{url}");
        }
        assert!(host_and_port(&Url::parse("http://a:99999").unwrap()).is_err());
    }
}
