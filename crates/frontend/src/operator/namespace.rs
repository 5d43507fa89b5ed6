//! DeleteNamespace.

use abide_api::temporal::api::operatorservice::v1::{DeleteNamespaceRequest, DeleteNamespaceResponse};
use abide_cluster::Error;
use abide_engine::convert::from_proto_duration;
use abide_engine::namespace::SYSTEM;
use abide_model::NamespaceId;

use crate::Frontend;
use crate::status::Refusal;

/// Frees the name of a namespace at once; everything inside goes in the background.
pub async fn delete(frontend: &Frontend, request: DeleteNamespaceRequest) -> Result<DeleteNamespaceResponse, Refusal> {
    let namespace = match (request.namespace.as_str(), request.namespace_id.as_str()) {
        ("", "") => return Err(Refusal::invalid("Namespace not set on request.")),
        (SYSTEM, "") => return Err(Error::NamespaceForbidden("unable to delete system namespace".into()).into()),
        (name, "") => frontend.namespaces.by_name(name)?,
        ("", id) => {
            let parsed = NamespaceId::parse(id).ok_or_else(|| Error::NamespaceNotFound(id.to_owned()))?;
            frontend.namespaces.by_id(parsed)?
        }
        (_, _) => {
            return Err(Refusal::invalid("Only one of namespace name or Id should be set on request."));
        }
    };
    let name = &namespace.name;
    if frontend.settings.namespaces.protected.contains(name) {
        return Err(Error::NamespaceForbidden(format!("namespace {name} is protected from deletion")).into());
    }
    let asked = request.namespace_delete_delay.as_ref().map(|delay| from_proto_duration(Some(delay)));
    let delay = asked.unwrap_or(frontend.settings.namespaces.delete_delay);
    let deleted = frontend.namespaces.delete(namespace.id(), delay).await?;
    Ok(DeleteNamespaceResponse { deleted_namespace: deleted.name.clone() })
}
