//! Messages that are not read. One that is larger than the server reads is refused in the reference server's words: SDKs
//! know them, and fail the task that was too large instead of sending it again. One that is no message of its kind is the
//! caller's mistake and will be one the next time, so it is an invalid argument and not, as the library has it (and the
//! reference server), an internal error, which SDKs send again.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;
use tonic::{Code, Status};

/// How the library below begins to say that a message is too large.
const TOO_LARGE: &str = "Error, decoded message length too large: found ";
/// How it begins to say the same of a compressed message, which it stops unpacking.
const UNPACKED_TOO_LARGE: &str = "Error decompressing: size limit, of ";
/// How it begins to say that a message is none.
const NO_MESSAGE: &str = "failed to decode Protobuf message: ";

/// A service whose refusals of messages that it has not read are put into the reference server's words.
#[derive(Clone)]
pub(crate) struct Unread<S>(pub(crate) S);

impl<S: NamedService> NamedService for Unread<S> {
    const NAME: &'static str = S::NAME;
}

impl<B, S> Service<Request<B>> for Unread<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Unpin,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Answer(self.0.call(request))
    }
}

/// See [`Unread`].
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
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    match (status.code(), status.message()) {
        (Code::OutOfRange, message) => match too_large(message) {
            Some(text) => Status::resource_exhausted(text).into_http(),
            None => response,
        },
        (Code::ResourceExhausted, message) => match unpacked_too_large(message) {
            Some(text) => Status::resource_exhausted(text).into_http(),
            None => response,
        },
        (Code::Internal, message) => match message.strip_prefix(NO_MESSAGE) {
            Some(why) => Status::invalid_argument(format!("grpc: error unmarshalling request: {why}")).into_http(),
            None => response,
        },
        _ => response,
    }
}

/// From `found 5 bytes, the limit is: 4 bytes`.
fn too_large(message: &str) -> Option<String> {
    let (found, rest) = message.strip_prefix(TOO_LARGE)?.split_once(" bytes, the limit is: ")?;
    let limit = rest.strip_suffix(" bytes")?;
    Some(format!("grpc: received message larger than max ({found} vs. {limit})"))
}

/// From `4 bytes, exceeded while decompressing message`.
fn unpacked_too_large(message: &str) -> Option<String> {
    let limit =
        message.strip_prefix(UNPACKED_TOO_LARGE)?.strip_suffix(" bytes, exceeded while decompressing message")?;
    Some(format!("grpc: received message after decompression larger than max {limit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_again(status: Status) -> (Code, String) {
        let answer = in_their_words(status.into_http());
        let status = Status::from_header_map(answer.headers()).expect("a status");
        (status.code(), status.message().to_owned())
    }

    #[test]
    fn only_what_was_not_read_is_put_into_other_words() {
        let too_large = "Error, decoded message length too large: found 5242880 bytes, the limit is: 4194304 bytes";
        let known = "grpc: received message larger than max (5242880 vs. 4194304)";
        assert_eq!(said_again(Status::out_of_range(too_large)), (Code::ResourceExhausted, known.into()));
        let unpacked = "Error decompressing: size limit, of 4194304 bytes, exceeded while decompressing message";
        let known = "grpc: received message after decompression larger than max 4194304";
        assert_eq!(said_again(Status::resource_exhausted(unpacked)), (Code::ResourceExhausted, known.into()));
        let no_message = "failed to decode Protobuf message: invalid varint";
        let known = "grpc: error unmarshalling request: invalid varint";
        assert_eq!(said_again(Status::internal(no_message)), (Code::InvalidArgument, known.into()));
        for other in [
            Status::out_of_range("a page"),
            Status::not_found("a run"),
            Status::internal("a bug"),
            Status::resource_exhausted("later"),
        ] {
            assert_eq!(said_again(other.clone()), (other.code(), other.message().into()));
        }
    }
}
