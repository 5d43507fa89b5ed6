//! Messages that are larger than the server reads are refused in the reference server's words: SDKs know them, and fail
//! the task that was too large instead of sending it again.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;
use tonic::{Code, Status};

/// How the library below begins to say that a message is too large.
const THEIRS: &str = "Error, decoded message length too large: found ";

/// A service whose refusals of large messages are put into the reference server's words.
#[derive(Clone)]
pub(crate) struct Oversize<S>(pub(crate) S);

impl<S: NamedService> NamedService for Oversize<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Oversize<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Unpin,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Answer(self.0.call(request))
    }
}

/// See [`Oversize`].
pub(crate) struct Answer<F>(F);

impl<F, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<Body>, E>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(answer.map(in_their_words))
    }
}

// A refusal without an answer has its status in the headers; everything else passes untouched.
fn in_their_words(response: Response<Body>) -> Response<Body> {
    if response.headers().get("grpc-status").is_none() {
        return response;
    }
    let status = Status::from_header_map(response.headers());
    match status
        .filter(|status| status.code() == Code::OutOfRange)
        .as_ref()
        .and_then(|status| translate(status.message()))
    {
        Some(text) => Status::resource_exhausted(text).into_http(),
        None => response,
    }
}

/// From `found 5 bytes, the limit is: 4 bytes`.
fn translate(message: &str) -> Option<String> {
    let (found, rest) = message.strip_prefix(THEIRS)?.split_once(" bytes, the limit is: ")?;
    let limit = rest.strip_suffix(" bytes")?;
    Some(format!("grpc: received message larger than max ({found} vs. {limit})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_too_large_is_put_into_other_words() {
        let too_large = "Error, decoded message length too large: found 5242880 bytes, the limit is: 4194304 bytes";
        let answer = in_their_words(Status::out_of_range(too_large).into_http());
        let status = Status::from_header_map(answer.headers()).expect("a status");
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(status.message(), "grpc: received message larger than max (5242880 vs. 4194304)");
        for other in [Status::out_of_range("a page"), Status::not_found("a run")] {
            let answer = in_their_words(other.clone().into_http());
            let status = Status::from_header_map(answer.headers()).expect("a status");
            assert_eq!((status.code(), status.message()), (other.code(), other.message()));
        }
    }
}
