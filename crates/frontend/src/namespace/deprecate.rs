//! DeprecateNamespace.

use abide_api::temporal::api::workflowservice::v1::{DeprecateNamespaceRequest, DeprecateNamespaceResponse};
use abide_engine::namespace::Update;

use crate::Frontend;
use crate::status::Refusal;

/// No new run begins in a namespace from now on. Once is enough.
pub async fn deprecate(
    frontend: &Frontend,
    request: DeprecateNamespaceRequest,
) -> Result<DeprecateNamespaceResponse, Refusal> {
    frontend.namespace_name(&request.namespace)?;
    frontend.namespace(&request.namespace)?;
    let update = Update { deprecate: true, ..Update::default() };
    frontend.namespaces.update(request.namespace, update).await?;
    Ok(DeprecateNamespaceResponse {})
}
