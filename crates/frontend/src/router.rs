//! All gRPC services of the server on one set of routes: the public ones, health, reflection.

use std::sync::Arc;

use abide_api::temporal::api::{
    operatorservice::v1::operator_service_server::OperatorServiceServer,
    workflowservice::v1::workflow_service_server::WorkflowServiceServer,
};
use abide_model::limits;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;

use crate::Frontend;
use crate::compression::LikeRequest;
use crate::grpc::Grpc;
use crate::reflection::{V1, V1Alpha};
use crate::unread::Unread;

/// What a server serves.
pub struct Router {
    /// Everything, by path.
    pub routes: Routes,
    /// The same, for the gRPC port.
    pub grpc: Grpc,
    /// To say that the server is leaving.
    pub health: HealthReporter,
}

/// The routes of all services.
pub async fn router(frontend: Frontend) -> Router {
    let (health, health_service) = tonic_health::server::health_reporter();
    let health_service =
        health_service.accept_compressed(CompressionEncoding::Gzip).send_compressed(CompressionEncoding::Gzip);
    health.set_serving::<WorkflowServiceServer<Frontend>>().await;
    health.set_serving::<OperatorServiceServer<Frontend>>().await;
    let hot = Arc::new(frontend.clone());
    let operator = OperatorServiceServer::new(frontend.clone())
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(limits::MESSAGE_BYTES_MAX);
    let workflow = WorkflowServiceServer::new(frontend)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(limits::MESSAGE_BYTES_MAX);
    let (workflow, operator) = (LikeRequest(Unread(workflow)), LikeRequest(Unread(operator)));
    let others = Routes::new(LikeRequest(health_service)).add_service(V1).add_service(V1Alpha);
    let routes = others.clone().add_service(workflow.clone()).add_service(operator.clone());
    Router { routes, grpc: Grpc { hot, workflow, operator, others }, health }
}
