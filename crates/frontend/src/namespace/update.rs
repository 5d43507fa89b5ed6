//! UpdateNamespace.

use abide_api::temporal::api::{
    enums::v1::{NamespaceState, ReplicationState},
    namespace::v1::{NamespaceConfig, UpdateNamespaceInfo},
    workflowservice::v1::{UpdateNamespaceRequest, UpdateNamespaceResponse},
};
use abide_engine::convert::from_proto_duration;
use abide_engine::namespace::{Namespace, State, Update};

use crate::Frontend;
use crate::convert::namespace::updated;
use crate::status::Refusal;

/// Changes a namespace. What the request leaves empty stays. Archival is switched off for the whole cluster, so what the
/// request says of it is passed over, as in the reference.
pub async fn update(frontend: &Frontend, request: UpdateNamespaceRequest) -> Result<UpdateNamespaceResponse, Refusal> {
    frontend.namespace_name(&request.namespace)?;
    let namespace = frontend.namespace(&request.namespace)?;
    check(&namespace, &request)?;
    let info = request.update_info.unwrap_or_default();
    let config = request.config.unwrap_or_default();
    let deprecate = info.state() == NamespaceState::Deprecated;
    let bad_binaries = config.bad_binaries.unwrap_or_default().binaries.into_iter();
    let update = Update {
        description: set(info.description),
        owner_email: set(info.owner_email),
        data: info.data,
        retention: config.workflow_execution_retention_ttl.as_ref().map(|ttl| from_proto_duration(Some(ttl))),
        deprecate,
        bad_binaries: bad_binaries.map(|(checksum, bad)| (checksum, (bad.reason, bad.operator))).collect(),
        pardoned_binary: set(request.delete_bad_binary),
        ..Update::default()
    };
    let namespace = frontend.namespaces.update(request.namespace, update).await?;
    Ok(updated(&namespace, &frontend.settings))
}

fn check(namespace: &Namespace, request: &UpdateNamespaceRequest) -> Result<(), Refusal> {
    request.update_info.as_ref().map_or(Ok(()), |info| check_info(namespace, info))?;
    request.config.as_ref().map_or(Ok(()), check_config)?;
    if let Some(replication) = &request.replication_config {
        if replication.state() == ReplicationState::Handover {
            return Err(Refusal::invalid("Handover can only be set for global namespace"));
        }
        super::clusters(&replication.active_cluster_name, &replication.clusters)?;
    }
    if request.promote_namespace {
        let name = &request.namespace;
        let text = "global namespace is not enabled on this cluster, cannot update global namespace or promote local \
                    namespace";
        return Err(Refusal::Invalid(format!("{text}: {name}").into()));
    }
    Ok(())
}

fn check_info(namespace: &Namespace, info: &UpdateNamespaceInfo) -> Result<(), Refusal> {
    match (info.state(), namespace.state()) {
        // The reference lets one update take a namespace away for ever, by a slip of the hand. Deleting has its own RPC.
        (NamespaceState::Deleted, _) => Err(Refusal::NotSupported("a namespace cannot be deleted by an update")),
        (NamespaceState::Registered, State::Deprecated) => Err(Refusal::invalid("Invalid namespace state update.")),
        (NamespaceState::Unspecified | NamespaceState::Registered | NamespaceState::Deprecated, _) => Ok(()),
    }
}

fn check_config(config: &NamespaceConfig) -> Result<(), Refusal> {
    if !config.custom_search_attribute_aliases.is_empty() {
        return Err(Refusal::NotSupported("search attributes have no aliases"));
    }
    Ok(())
}

fn set(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}
