//! One HTTP/1.1 request over one connection: what a codec server is asked with.

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::stream::{self, Encryption};

/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Sends a request to a host and reads the answer. The text says what went wrong.
pub async fn send(
    to: &Uri,
    request: Request<Full<Bytes>>,
    encryption: Option<&Encryption>,
) -> Result<(StatusCode, Bytes), String> {
    let stream = stream::open(to, encryption).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let answered = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| error.to_string())?;
        Ok((head.status, body.to_bytes()))
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
