//! What clients send compressed.
#![allow(clippy::unwrap_used)]

mod fakes;

use fakes::World;
use tonic::codegen::{Service, http};

/// SDKs compress every call, whichever service it is for.
#[tokio::test]
async fn every_service_reads_what_is_compressed() {
    let mut routes = abide_frontend::router(World::new().frontend).await.routes;
    let paths = [
        "temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo",
        "temporal.api.operatorservice.v1.OperatorService/ListSearchAttributes",
        "grpc.health.v1.Health/Check",
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ];
    for path in paths {
        let request = http::Request::post(format!("http://server/{path}"))
            .header("content-type", "application/grpc")
            .header("grpc-encoding", "gzip");
        let answer = routes.call(request.body(tonic::body::Body::empty()).expect("a request")).await.expect("answered");
        let refused = answer.headers().get("grpc-message").and_then(|text| text.to_str().ok()).unwrap_or_default();
        assert!(!refused.contains("compressed"), "{path}: {refused}");
    }
}
