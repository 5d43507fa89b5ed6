//! RegisterNamespace.

use abide_api::temporal::api::workflowservice::v1::{RegisterNamespaceRequest, RegisterNamespaceResponse};
use abide_engine::convert::from_proto_duration;
use abide_engine::namespace::Register;
use abide_model::{NamespaceId, fresh};

use crate::Frontend;
use crate::status::Refusal;

/// Registers a namespace; it is there as soon as this answers.
pub async fn register(
    frontend: &Frontend,
    request: RegisterNamespaceRequest,
) -> Result<RegisterNamespaceResponse, Refusal> {
    frontend.namespace_name(&request.namespace)?;
    if request.is_global_namespace {
        return Err(Refusal::invalid("Cannot register global namespace when not enabled"));
    }
    super::clusters(&request.active_cluster_name, &request.clusters)?;
    let register = Register {
        id: Some(NamespaceId(fresh::uuid())),
        name: request.namespace,
        description: request.description,
        owner_email: request.owner_email,
        data: request.data,
        retention: from_proto_duration(request.workflow_execution_retention_period.as_ref()),
        ..Register::default()
    };
    frontend.namespaces.register(register).await?;
    Ok(RegisterNamespaceResponse {})
}
