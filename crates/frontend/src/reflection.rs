//! gRPC reflection, built when somebody asks for it: reading the descriptors of everything takes longer than all the rest
//! of a start, and most servers are never asked.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_reflection::server::{Builder, Error};

/// Both versions, built. They are the same for every server of a process.
static BUILT: LazyLock<Routes> = LazyLock::new(|| build().expect("the descriptors that the build wrote can be read"));

/// Reflection as older clients ask for it.
#[derive(Clone, Copy)]
pub struct V1Alpha;

/// Reflection.
#[derive(Clone, Copy)]
pub struct V1;

impl NamedService for V1Alpha {
    const NAME: &'static str = "grpc.reflection.v1alpha.ServerReflection";
}

impl NamedService for V1 {
    const NAME: &'static str = "grpc.reflection.v1.ServerReflection";
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl Service<Request<Body>> for V1Alpha {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        answer(request)
    }
}

impl Service<Request<Body>> for V1 {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        answer(request)
    }
}

fn answer(request: Request<Body>) -> Answer {
    Box::pin(async move { BUILT.clone().call(request).await })
}

fn build() -> Result<Routes, Error> {
    let newer = reflected().build_v1()?.accept_compressed(CompressionEncoding::Gzip);
    let older = reflected().build_v1alpha()?.accept_compressed(CompressionEncoding::Gzip);
    Ok(Routes::new(newer).add_service(older))
}

fn reflected() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(abide_api::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_descriptors_that_the_build_wrote_can_be_read() {
        assert!(build().is_ok());
    }
}
