//! A client of another make on the other end: whole requests, parts that arrive, answers of all sizes, and the ways in which
//! either side may leave.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use abide_http2::{Block, Incoming, Options, Whole, serve};
use bytes::Bytes;
use h2::client::{self, SendRequest};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tower::{Service, ServiceExt, service_fn};

type Body = BoxBody<Bytes, Infallible>;
type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

const OPTIONS: Options =
    Options { keepalive_interval: Duration::from_secs(60), keepalive_timeout: Duration::from_secs(10) };

struct Served {
    client: SendRequest<Bytes>,
    server: JoinHandle<std::io::Result<()>>,
    stop: Option<oneshot::Sender<()>>,
}

impl Served {
    /// A server that answers like this, and a client that lets it send so much at once.
    async fn with(window: u32, answer: impl Fn(Request<Incoming>) -> Answer + Send + 'static) -> Self {
        let (near, far) = tokio::io::duplex(4096);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(near, in_parts(answer), OPTIONS, async move { drop(stopped.await) }));
        let mut builder = client::Builder::new();
        builder.initial_window_size(window).initial_connection_window_size(window.max(65_535));
        let (client, connection) = builder.handshake::<DuplexStream, Bytes>(far).await.expect("greeted");
        tokio::spawn(async move { drop(connection.await) });
        Self { client, server, stop: Some(stop) }
    }

    /// Asks, and reads the answer as a whole.
    async fn ask(&self, body: Bytes) -> (Bytes, Option<HeaderMap>) {
        let mut client = self.client.clone().ready().await.expect("room for a stream");
        let request = Request::post("http://server/echo").header("x-one", "1").body(()).expect("a request");
        let (answer, mut sending) = client.send_request(request, body.is_empty()).expect("sent");
        if !body.is_empty() {
            sending.send_data(body, true).expect("sent");
        }
        read(answer.await.expect("answered")).await
    }
}

/// A service whose answers come in parts.
fn in_parts(
    answer: impl Fn(Request<Incoming>) -> Answer + Send + 'static,
) -> impl Service<
    Request<Incoming>,
    Response = abide_http2::Answer<Body>,
    Error = Infallible,
    Future: Future<Output = Result<abide_http2::Answer<Body>, Infallible>> + Unpin + Send,
> + Send {
    service_fn(answer).map_response(abide_http2::Answer::Parts)
}

async fn read(answer: Response<h2::RecvStream>) -> (Bytes, Option<HeaderMap>) {
    let mut body = answer.into_body();
    let mut all = Vec::new();
    while let Some(part) = body.data().await {
        let part = part.expect("a part");
        body.flow_control().release_capacity(part.len()).expect("released");
        all.extend_from_slice(&part);
    }
    (all.into(), body.trailers().await.expect("an end"))
}

/// Says what it was told, and `x-end` behind it.
fn echo(request: Request<Incoming>) -> Answer {
    Box::pin(async move {
        assert_eq!(request.headers()["x-one"], "1");
        let body = request.into_body().collect().await.expect("the client is there").to_bytes();
        let mut trailers = HeaderMap::new();
        trailers.insert("x-end", HeaderValue::from_static("yes"));
        Ok(Response::new(Full::new(body).with_trailers(async move { Some(Ok(trailers)) }).boxed()))
    })
}

fn bytes(length: usize) -> Bytes {
    (0..length).map(|at| (at * 31 % 251) as u8).collect()
}

#[tokio::test]
async fn bodies_of_all_sizes_go_there_and_come_back() {
    for window in [1_000, 65_535, 1 << 20] {
        let served = Served::with(window, echo).await;
        for length in [0, 1, 4096, 16_383, 16_384, 16_385, 65_535, 65_536, 300_000, 3_000_000] {
            let (answer, trailers) = served.ask(bytes(length)).await;
            assert!(answer == bytes(length), "{length} bytes in a window of {window}");
            assert_eq!(trailers.expect("trailers")["x-end"], "yes");
        }
    }
}

#[tokio::test]
async fn many_requests_at_once_do_not_mix() {
    let served = Arc::new(Served::with(65_535, echo).await);
    let mut asked = tokio::task::JoinSet::new();
    for at in 0..500 {
        let served = served.clone();
        asked.spawn(async move {
            let length = at * 97 % 40_000;
            assert!(served.ask(bytes(length)).await.0 == bytes(length), "{length}");
        });
    }
    while let Some(asked) = asked.join_next().await {
        asked.expect("answered");
    }
}

#[tokio::test]
async fn an_answer_may_begin_before_the_request_ends() {
    let served = Served::with(65_535, |request| {
        Box::pin(async move {
            let (parts, arriving) = mpsc::channel(1);
            tokio::spawn(async move {
                let mut body = request.into_body();
                while let Some(Ok(frame)) = body.frame().await {
                    if let Ok(part) = frame.into_data() {
                        drop(parts.send(part).await);
                    }
                }
            });
            let stream = tokio_stream::wrappers::ReceiverStream::new(arriving);
            let stream = tokio_stream::StreamExt::map(stream, |part| Ok(Frame::data(part)));
            Ok(Response::new(StreamBody::new(stream).boxed()))
        })
    })
    .await;
    let mut client = served.client.clone().ready().await.expect("room");
    let request = Request::post("http://server/talk").body(()).expect("a request");
    let (answer, mut sending) = client.send_request(request, false).expect("sent");
    sending.send_data(Bytes::from_static(b"one"), false).expect("sent");
    let mut body = answer.await.expect("answered").into_body();
    for (heard, next) in [("one", "two"), ("two", "three"), ("three", "")] {
        assert_eq!(body.data().await.expect("more").expect("a part"), heard);
        sending.send_data(Bytes::from_static(next.as_bytes()), next.is_empty()).expect("sent");
    }
    while let Some(last) = body.data().await {
        assert!(last.expect("a part").is_empty());
    }
}

/// Counts the requests that are being answered.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::SeqCst);
        Self(open.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Never answers what does not say "now".
async fn waiting(open: &Arc<AtomicUsize>) -> Served {
    let open = open.clone();
    Served::with(65_535, move |request| {
        let open = Open::new(&open);
        Box::pin(async move {
            let _open = open;
            if request.uri().path() != "/now" {
                std::future::pending::<()>().await;
            }
            Ok(Response::new(Full::new(Bytes::from_static(b"now")).boxed()))
        })
    })
    .await
}

async fn begin(served: &Served, path: &str) -> h2::client::ResponseFuture {
    let mut client = served.client.clone().ready().await.expect("room");
    let request = Request::post(format!("http://server{path}")).body(()).expect("a request");
    client.send_request(request, true).expect("sent").0
}

async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_request_that_is_broken_off_is_not_answered_any_further() {
    let open = Arc::default();
    let served = waiting(&open).await;
    let (first, second) = (begin(&served, "/wait").await, begin(&served, "/wait").await);
    until(|| open.load(Ordering::SeqCst) == 2).await;
    drop(first);
    until(|| open.load(Ordering::SeqCst) == 1).await;
    drop(second);
    until(|| open.load(Ordering::SeqCst) == 0).await;
    assert_eq!(read(begin(&served, "/now").await.await.expect("answered")).await.0, "now");
}

#[tokio::test]
async fn who_reads_a_body_on_another_task_hears_that_the_client_is_gone() {
    let (heard, mut hears) = mpsc::channel(1);
    let served = Served::with(65_535, move |request| {
        let heard = heard.clone();
        Box::pin(async move {
            tokio::spawn(async move {
                let mut body = request.into_body();
                while let Some(Ok(_)) = body.frame().await {
                    heard.send("a part").await.expect("the test listens");
                }
                heard.send("the end").await.expect("the test listens");
            });
            std::future::pending().await
        })
    })
    .await;
    let mut client = served.client.clone().ready().await.expect("room");
    let request = Request::post("http://server/").body(()).expect("a request");
    let (answer, mut sending) = client.send_request(request, false).expect("sent");
    sending.send_data(Bytes::from_static(b"one"), false).expect("sent");
    assert_eq!(hears.recv().await, Some("a part"));
    served.server.abort();
    assert_eq!(hears.recv().await, Some("the end"));
    drop((answer, sending));
}

#[tokio::test]
async fn a_request_that_panics_leaves_the_others_alone() {
    let served = Served::with(65_535, |request| {
        Box::pin(async move {
            tokio::task::yield_now().await;
            assert!(request.uri().path() == "/well", "this panic belongs to the test");
            Ok(Response::new(Full::new(Bytes::from_static(b"well")).boxed()))
        })
    })
    .await;
    let (bad, good) = (begin(&served, "/bad").await, begin(&served, "/well").await);
    let error = bad.await.expect_err("broken off");
    assert_eq!(error.reason(), Some(h2::Reason::INTERNAL_ERROR));
    assert_eq!(read(good.await.expect("answered")).await.0, "well");
    assert_eq!(read(begin(&served, "/well").await.await.expect("answered")).await.0, "well");
}

#[tokio::test]
async fn when_the_client_is_gone_nothing_is_answered_any_further() {
    let open = Arc::default();
    let served = waiting(&open).await;
    let waits = begin(&served, "/wait").await;
    until(|| open.load(Ordering::SeqCst) == 1).await;
    drop((waits, served.client));
    served.server.await.expect("no panic").expect("left in good order");
    assert_eq!(open.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_server_that_stops_answers_what_it_was_asked_and_nothing_new() {
    let (release, released) = oneshot::channel::<()>();
    let released = std::sync::Mutex::new(Some(released));
    let mut served = Served::with(65_535, move |_| {
        let released = released.lock().expect("not poisoned").take();
        Box::pin(async move {
            if let Some(released) = released {
                drop(released.await);
            }
            Ok(Response::new(Full::new(Bytes::from_static(b"late")).boxed()))
        })
    })
    .await;
    let asked = begin(&served, "/").await;
    let asked = tokio::spawn(asked);
    // The server has the request once it has answered a later ping; a second request is as good.
    assert_eq!(read(begin(&served, "/").await.await.expect("answered")).await.0, "late");
    drop(served.stop.take());
    // The client learns of it, and begins nothing new.
    until(|| is_left(&mut served.client)).await;
    release.send(()).expect("it waits");
    assert_eq!(read(asked.await.expect("no panic").expect("answered")).await.0, "late");
    served.server.await.expect("no panic").expect("left in good order");
}

// Whether the client refuses to begin a request.
fn is_left(client: &mut SendRequest<Bytes>) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    matches!(client.poll_ready(&mut context), std::task::Poll::Ready(Err(_)))
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_asked_and_then_left() {
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let server = tokio::spawn(serve(near, in_parts(echo), OPTIONS, std::future::pending()));
    // SETTINGS, and then nothing: no answer to PING either.
    far.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.expect("written");
    let begun = tokio::time::Instant::now();
    let error = server.await.expect("no panic").expect_err("left");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert_eq!(begun.elapsed().as_secs(), 70);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_is_kept() {
    let served = Served::with(65_535, echo).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(served.ask(bytes(10)).await.0, bytes(10));
}

#[tokio::test]
async fn who_does_not_speak_http_2_is_refused() {
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let server = tokio::spawn(serve(near, in_parts(echo), OPTIONS, std::future::pending()));
    far.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("written");
    let error = server.await.expect("no panic").expect_err("refused");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn a_whole_answer_is_one_also_where_the_client_has_little_room() {
    for (window, length) in [(1 << 20, 1), (1 << 20, 100_000), (10, 1000), (16_384, 16_384)] {
        let (near, far) = tokio::io::duplex(4096);
        let fields = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(http::HeaderName::from_static(name), HeaderValue::from_static(value))])
        };
        let (head, trailers) = (
            Block::head(http::StatusCode::OK, &fields("content-type", "x/y")),
            Block::trailers(&fields("x-end", "yes")),
        );
        let service = service_fn(move |_: Request<Incoming>| {
            let (head, trailers) = (head.clone(), trailers.clone());
            let whole = Whole { head, body: vec![7; length].into(), trailers };
            std::future::ready(Ok::<_, Infallible>(abide_http2::Answer::<Body>::Whole(whole)))
        });
        let server = tokio::spawn(serve(near, service, OPTIONS, std::future::pending()));
        let mut builder = client::Builder::new();
        builder.initial_window_size(window).initial_connection_window_size(window.max(65_535));
        let (mut client, connection) = builder.handshake::<DuplexStream, Bytes>(far).await.expect("greeted");
        tokio::spawn(async move { drop(connection.await) });
        let request = Request::get("http://server/").body(()).expect("a request");
        let answer = client.send_request(request, true).expect("sent").0.await.expect("answered");
        assert_eq!(answer.headers()["content-type"], "x/y");
        let (body, trailers) = read(answer).await;
        assert_eq!((body.len(), &trailers.expect("an end")["x-end"]), (length, &HeaderValue::from_static("yes")));
        server.abort();
    }
}
