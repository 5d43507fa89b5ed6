//! The services of the gRPC port, as one service without the layers of a general router: which of them a path names is seen at
//! its beginning, and the one that nearly every call is for comes first.

use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use abide_api::temporal::api::{
    operatorservice::v1::operator_service_server::OperatorServiceServer,
    workflowservice::v1::workflow_service_server::WorkflowServiceServer,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;
use tonic::service::Routes;

use crate::Frontend;
use crate::compression::LikeRequest;
use crate::unread::{Answer, Unread};

type Workflow = LikeRequest<Unread<WorkflowServiceServer<Frontend>>>;
type Operator = LikeRequest<Unread<OperatorServiceServer<Frontend>>>;
/// What a service of the library does until it has an answer.
type Boxed = BoxFuture<Response<Body>, Infallible>;

/// What a service does until it has an answer.
pub struct Answering(From);

enum From {
    Hot(Answer<Boxed>),
    Other(Boxed),
}

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            From::Hot(answer) => Pin::new(answer).poll(context),
            From::Other(answer) => answer.as_mut().poll(context),
        }
    }
}

/// All services of the gRPC port.
#[derive(Clone)]
pub struct Grpc {
    pub(crate) workflow: Workflow,
    pub(crate) operator: Operator,
    /// Those that are seldom asked, and what is not there at all.
    pub(crate) others: Routes,
}

impl<B> Service<Request<B>> for Grpc
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        if is_of::<Workflow>(&request) {
            return Answering(From::Hot(self.workflow.call(request)));
        }
        if is_of::<Operator>(&request) {
            return Answering(From::Hot(self.operator.call(request)));
        }
        Answering(From::Other(Box::pin(self.others.call(request.map(Body::new)))))
    }
}

fn is_of<S: NamedService>(request: &Request<impl Sized>) -> bool {
    let path = request.uri().path();
    path.strip_prefix('/').and_then(|path| path.strip_prefix(S::NAME)).is_some_and(|rest| rest.starts_with('/'))
}
