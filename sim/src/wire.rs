//! The network between a client and the server: the real encoding of every request and answer, and everything that may
//! happen to them on the way.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::time::sleep;
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::dice::Dice;
use crate::host::{Answered, Host, Sent};
use crate::trace::Trace;
use crate::weather::Weather;

/// One client's connection. Clones share it.
#[derive(Clone)]
pub struct Wire {
    inner: Arc<Inner>,
}

struct Inner {
    who: String,
    host: Arc<Host>,
    weather: Weather,
    trace: Trace,
    dice: Mutex<Dice>,
}

impl Wire {
    /// Somebody's connection.
    pub fn of(who: &str, host: Arc<Host>, weather: Weather, trace: Trace, dice: Dice) -> Self {
        Self { inner: Arc::new(Inner { who: who.to_owned(), host, weather, trace, dice: Mutex::new(dice) }) }
    }
}

impl Service<Request<Body>> for Wire {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let inner = self.inner.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let bytes = body.collect().await?.to_bytes();
            let method = head.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
            let size = bytes.len();
            let answered = inner.carry(&method, Request::from_parts(head, bytes)).await;
            let outcome = match &answered {
                Ok(answer) => code_of(answer),
                Err(status) => status.message().to_owned(),
            };
            inner.trace.line(&inner.who, format_args!("{method} {size} bytes: {outcome}"));
            answered.map(|answer| {
                let (head, collected) = answer.into_parts();
                let trailers = collected.trailers().cloned().map(Ok::<_, std::convert::Infallible>);
                let body = Full::new(collected.to_bytes()).with_trailers(async move { trailers });
                Response::from_parts(head, Body::new(body))
            })
        })
    }
}

impl Inner {
    async fn carry(&self, method: &str, request: Sent) -> Result<Answered, Status> {
        let fate = self.fate(method);
        pause(fate.there).await;
        if fate.request_is_lost {
            pause(fate.silence).await;
            return Err(Status::unavailable("simulated: the connection broke before the request arrived"));
        }
        let again = fate.is_doubled.then(|| request.clone());
        let Some(call) = self.host.call(request) else {
            return Err(Status::unavailable("simulated: connection refused"));
        };
        let answer = call.answer().await;
        // A refused request that comes once more may be accepted then, which no client could know.
        if let Some(request) = again
            && answer.as_ref().is_none_or(|answer| code_of(answer) == "Ok")
        {
            self.carry_again(request, fate.silence);
        }
        let Some(answer) = answer else {
            return Err(Status::unavailable("simulated: connection reset"));
        };
        pause(fate.back).await;
        if fate.answer_is_lost {
            return Err(Status::unavailable("simulated: the connection broke before the answer arrived"));
        }
        Ok(answer)
    }

    /// Somebody between us repeats the request, and hears the answer alone.
    fn carry_again(&self, request: Sent, wait: Duration) {
        let host = self.host.clone();
        tokio::spawn(async move {
            sleep(wait).await;
            if let Some(call) = host.call(request) {
                // Long polls of nobody would swallow tasks for ever.
                drop(tokio::time::timeout(Duration::from_secs(5), call.answer()).await);
            }
        });
    }

    fn fate(&self, method: &str) -> Fate {
        let weather = self.weather.now().wire;
        let (first, last) = weather.latency_millis;
        let mut dice = self.dice();
        Fate {
            there: dice.millis(first, last),
            back: dice.millis(first, last),
            silence: dice.millis(0, 2000),
            request_is_lost: dice.happens(weather.lost_requests),
            answer_is_lost: dice.happens(weather.lost_answers),
            // A poll of nobody would take a task with it.
            is_doubled: dice.happens(weather.doubled_requests) && !method.starts_with("Poll"),
        }
    }

    fn dice(&self) -> MutexGuard<'_, Dice> {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What will happen to one request.
struct Fate {
    there: Duration,
    back: Duration,
    silence: Duration,
    request_is_lost: bool,
    answer_is_lost: bool,
    is_doubled: bool,
}

async fn pause(duration: Duration) {
    if !duration.is_zero() {
        sleep(duration).await;
    }
}

fn code_of(answer: &Answered) -> String {
    let trailers = answer.body().trailers();
    let code = answer.headers().get("grpc-status").or_else(|| trailers.and_then(|found| found.get("grpc-status")));
    let code = code.and_then(|code| code.to_str().ok()?.parse().ok());
    match code {
        Some(code) => format!("{:?}", tonic::Code::from_i32(code)),
        None => "no status".into(),
    }
}
