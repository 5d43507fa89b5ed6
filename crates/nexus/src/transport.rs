//! How requests reach addresses outside. A seam: production opens connections, a simulation does not.

use abide_cluster::BoxFuture;
use abide_model::Url;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;

/// Carries requests to addresses outside.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and gives back the answer, or the beginning of a long one. The text says what went wrong. Waits as
    /// long as the other side lets it.
    fn send<'a>(
        &'a self,
        url: &'a Url,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'a, Result<Response<Bytes>, String>>;
}
