//! When answers are compressed: for a caller who compresses what it sends, as the reference server does (gRPC for Go answers in
//! the encoding of the request). A caller who only says that it could read compressed answers gets them as they are.

use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName, Request};
use tonic::codegen::Service;
use tonic::metadata::MetadataMap;
use tonic::server::NamedService;

/// The smallest answer, in bytes, that is compressed: below, the processor's time buys next to nothing. Allowed by the protocol,
/// in which every message says for itself whether it is compressed.
pub(crate) const ANSWER_BYTES_MIN: usize = 1024;

// Names that are parsed once: every request asks for them.
static ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
static ACCEPTED: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Whether the caller compresses what it sends.
pub(crate) fn is_wanted(metadata: &MetadataMap) -> bool {
    is_named(metadata.as_ref())
}

fn is_named(headers: &HeaderMap) -> bool {
    headers.get(&ENCODING).is_some_and(|encoding| encoding != "identity")
}

/// A service whose answers are compressed like the requests.
#[derive(Clone)]
pub(crate) struct LikeRequest<S>(pub(crate) S);

impl<S: NamedService> NamedService for LikeRequest<S> {
    const NAME: &'static str = S::NAME;
}

impl<B, S: Service<Request<B>>> Service<Request<B>> for LikeRequest<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The library below compresses for whoever accepts it.
        let headers = request.headers_mut();
        if !is_named(headers) {
            headers.remove(&ACCEPTED);
        }
        self.0.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_caller_who_compresses_wants_compressed_answers() {
        let metadata = |encoding: Option<&'static str>| {
            let mut metadata = MetadataMap::new();
            metadata.insert(ACCEPTED.as_str(), "gzip".parse().expect("ascii"));
            if let Some(encoding) = encoding {
                metadata.insert(ENCODING.as_str(), encoding.parse().expect("ascii"));
            }
            metadata
        };
        assert!(is_wanted(&metadata(Some("gzip"))));
        assert!(!is_wanted(&metadata(Some("identity"))));
        assert!(!is_wanted(&metadata(None)));
    }
}
