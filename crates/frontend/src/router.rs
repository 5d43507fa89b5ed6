//! All gRPC services of the server on one set of routes: the public ones, health, reflection.

use abide_api::temporal::api::{
    operatorservice::v1::operator_service_server::OperatorServiceServer,
    workflowservice::v1::workflow_service_server::WorkflowServiceServer,
};
use abide_model::limits;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;
use tonic_reflection::server::{Builder, Error};

use crate::Frontend;

/// What a server serves.
pub struct Router {
    /// Everything, by path.
    pub routes: Routes,
    /// To say that the server is leaving.
    pub health: HealthReporter,
}

/// The routes of all services. Fails only if the descriptors that the build generated are broken.
pub async fn router(frontend: Frontend) -> Result<Router, Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<WorkflowServiceServer<Frontend>>().await;
    health.set_serving::<OperatorServiceServer<Frontend>>().await;
    // SDKs compress what they send. Answers are not compressed: on a loopback or a data centre's network the bytes cost
    // less than the processor.
    let operator = OperatorServiceServer::new(frontend.clone())
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(limits::MESSAGE_BYTES_MAX);
    let workflow = WorkflowServiceServer::new(frontend)
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(limits::MESSAGE_BYTES_MAX);
    let routes = Routes::new(workflow)
        .add_service(operator)
        .add_service(health_service)
        .add_service(reflected().build_v1()?)
        .add_service(reflected().build_v1alpha()?);
    Ok(Router { routes, health })
}

fn reflected() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(abide_api::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
