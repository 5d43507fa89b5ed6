//! The services of the gRPC port, as one service without the layers of a general router: which of them a path names is seen at
//! its beginning, and the one that nearly every call is for comes first.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use abide_api::temporal::api::{
    operatorservice::v1::operator_service_server::OperatorServiceServer,
    workflowservice::v1::workflow_service_server::WorkflowServiceServer,
};
use abide_http2::{Answer, Incoming};
use http::{Request, Response};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;
use tonic::service::Routes;

use crate::Frontend;
use crate::compression::LikeRequest;
use crate::unary;
use crate::unread::{self, Unread};

type Workflow = LikeRequest<Unread<WorkflowServiceServer<Frontend>>>;
type Operator = LikeRequest<Unread<OperatorServiceServer<Frontend>>>;
/// What a service of the library does until it has an answer.
type Boxed = BoxFuture<Response<Body>, Infallible>;

/// What a service does until it has an answer.
pub struct Answering(From);

enum From {
    Hot(unary::Answering),
    Known(unread::Answer<Boxed>),
    Other(Boxed),
}

impl Future for Answering {
    type Output = Result<Answer<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            From::Hot(answer) => answer.as_mut().poll(context).map(Ok),
            From::Known(answer) => Pin::new(answer).poll(context).map_ok(Answer::Parts),
            From::Other(answer) => answer.as_mut().poll(context).map_ok(Answer::Parts),
        }
    }
}

/// All services of the gRPC port.
#[derive(Clone)]
pub struct Grpc {
    pub(crate) hot: Arc<Frontend>,
    pub(crate) workflow: Workflow,
    pub(crate) operator: Operator,
    /// Those that are seldom asked, and what is not there at all.
    pub(crate) others: Routes,
}

impl Service<Request<Incoming>> for Grpc {
    type Response = Answer<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Answering {
        if let Some(answer) = unary::begin(&self.hot, &mut request) {
            return Answering(From::Hot(answer));
        }
        if is_of::<Workflow>(&request) {
            return Answering(From::Known(self.workflow.call(request)));
        }
        if is_of::<Operator>(&request) {
            return Answering(From::Known(self.operator.call(request)));
        }
        Answering(From::Other(Box::pin(self.others.call(request.map(Body::new)))))
    }
}

fn is_of<S: NamedService>(request: &Request<impl Sized>) -> bool {
    let path = request.uri().path();
    path.strip_prefix('/').and_then(|path| path.strip_prefix(S::NAME)).is_some_and(|rest| rest.starts_with('/'))
}
