//! Tells an address how a run ended: one request, one answer, in bounded time.

use abide_cluster::{BoxFuture, Callbacks};
use abide_engine::run::{Delivery, Undelivered};
use abide_model::{Url, limits};
use tokio::time::timeout;

use crate::http::Http;
use crate::transport::Transport;
use crate::{answer, completion};

/// Who speaks to the outside.
pub struct Client {
    transport: Box<dyn Transport>,
}

impl Default for Client {
    fn default() -> Self {
        Self::over(Http::default())
    }
}

impl Client {
    /// One whose requests go this way.
    pub fn over(transport: impl Transport) -> Self {
        Self { transport: Box::new(transport) }
    }
}

impl Callbacks for Client {
    fn tell(&self, delivery: Delivery) -> BoxFuture<'_, Result<(), Undelivered>> {
        Box::pin(async move {
            if delivery.url.starts_with("temporal://") {
                // Leads to an operation of another run here, and there are none yet.
                return Err(never("handler error (BAD_REQUEST): invalid callback token".into()));
            }
            let url = Url::parse(&delivery.url).map_err(never)?;
            let post = format!("Post {:?}", url.shown());
            let request = completion::request(&delivery, &url).map_err(|why| never(format!("{post}: {why}")))?;
            match timeout(limits::CALLBACK_TIMEOUT, self.transport.send(&url, request)).await {
                Ok(Ok(response)) => answer::read(&response),
                Ok(Err(why)) => Err(Undelivered { reason: format!("{post}: {why}"), again: true }),
                Err(_) => Err(Undelivered { reason: format!("{post}: context deadline exceeded"), again: true }),
            }
        })
    }
}

fn never(reason: String) -> Undelivered {
    Undelivered { reason, again: false }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use abide_api::temporal::api::common::v1::{Payload, link::WorkflowEvent};
    use abide_engine::run::Completion;
    use abide_model::Timestamp;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn delivery(url: &str) -> Delivery {
        let payload = Payload {
            metadata: [("encoding".to_owned(), "json/plain".into())].into(),
            data: "\"well\"".into(),
            ..Payload::default()
        };
        Delivery {
            url: url.into(),
            header: BTreeMap::from([("color".to_owned(), "blue".to_owned())]),
            completion: Completion::Succeeded(Some(payload)),
            started_at: Timestamp::from_millis(1_732_000_000_000),
            closed_at: Timestamp::from_millis(1_732_000_001_500),
            link: WorkflowEvent::default(),
        }
    }

    /// Takes one request and answers it; gives back what it was sent.
    async fn serve(listener: TcpListener, answer: &'static str) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\"well\"") {
            assert!(stream.read_buf(&mut request).await.unwrap() > 0, "the whole request comes");
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    }

    async fn told(answer: &'static str) -> (Result<(), Undelivered>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://me:secret@{}/callback?a=b", listener.local_addr().unwrap());
        let client = Client::default();
        tokio::join!(client.tell(delivery(&url)), serve(listener, answer))
    }

    #[tokio::test]
    async fn an_address_is_told() {
        let (result, request) = told("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(result, Ok(()));
        let request = request.to_ascii_lowercase();
        assert!(request.starts_with("post /callback?a=b http/1.1\r\n"), "{request}");
        for line in [
            "host: 127.0.0.1:",
            "authorization: basic bwu6c2vjcmv0\r\n",
            "color: blue\r\n",
            "content-type: application/json\r\n",
            "content-length: 6\r\n",
            "nexus-operation-state: succeeded\r\n",
            "nexus-operation-start-time: tue, 19 nov 2024 07:06:40 gmt\r\n",
            "nexus-operation-close-time: 2024-11-19t07:06:41.500z\r\n",
        ] {
            assert!(request.contains(line), "{line} in {request}");
        }
    }

    #[tokio::test]
    async fn an_address_that_refuses_for_now_is_told_again() {
        let (result, _) = told("HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(result, Err(Undelivered { reason: "handler error (UNAVAILABLE)".into(), again: true }));
    }

    #[tokio::test]
    async fn an_address_where_nobody_is_is_told_again_and_no_password_is_shown() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let undelivered = Client::default().tell(delivery(&format!("http://me:secret@{address}/"))).await.unwrap_err();
        assert!(undelivered.again);
        let expected = format!("Post \"http://{address}/\": ");
        assert!(undelivered.reason.starts_with(&expected), "{}", undelivered.reason);
    }

    #[tokio::test]
    async fn what_leads_to_operations_here_leads_nowhere() {
        for url in ["temporal://system", "temporal://internal"] {
            let undelivered = Client::default().tell(delivery(url)).await.unwrap_err();
            assert!(!undelivered.again, "{url}");
        }
    }
}
