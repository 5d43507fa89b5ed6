//! UpdateNamespace.

use abide_api::temporal::api::{
    enums::v1::NamespaceState,
    namespace::v1::{NamespaceConfig, UpdateNamespaceInfo},
    workflowservice::v1::{UpdateNamespaceRequest, UpdateNamespaceResponse},
};
use abide_engine::convert::from_proto_duration;
use abide_engine::namespace::Update;

use crate::Frontend;
use crate::convert::namespace::updated;
use crate::status::Refusal;

/// Changes a namespace. What the request leaves empty stays.
pub async fn update(frontend: &Frontend, request: UpdateNamespaceRequest) -> Result<UpdateNamespaceResponse, Refusal> {
    super::name(&request.namespace)?;
    frontend.namespaces.by_name(&request.namespace)?;
    check(&request)?;
    let info = request.update_info.unwrap_or_default();
    let config = request.config.unwrap_or_default();
    let deprecate = info.state() == NamespaceState::Deprecated;
    let update = Update {
        description: set(info.description),
        owner_email: set(info.owner_email),
        data: info.data,
        retention: config.workflow_execution_retention_ttl.as_ref().map(|ttl| from_proto_duration(Some(ttl))),
        deprecate,
        ..Update::default()
    };
    let namespace = frontend.namespaces.update(request.namespace, update).await?;
    Ok(updated(&namespace, &frontend.settings))
}

fn check(request: &UpdateNamespaceRequest) -> Result<(), Refusal> {
    if request.promote_namespace {
        let name = &request.namespace;
        let text = "global namespace is not enabled on this cluster, cannot update global namespace or promote local \
                    namespace";
        return Err(Refusal::Invalid(format!("{text}: {name}").into()));
    }
    if let Some(replication) = &request.replication_config {
        super::clusters(&replication.active_cluster_name, &replication.clusters)?;
    }
    if !request.delete_bad_binary.is_empty() {
        return Err(Refusal::NotSupported("bad binaries are not supported yet"));
    }
    request.update_info.as_ref().map_or(Ok(()), check_info)?;
    request.config.as_ref().map_or(Ok(()), check_config)
}

fn check_info(info: &UpdateNamespaceInfo) -> Result<(), Refusal> {
    // The reference lets one update take a namespace away for ever, by a slip of the hand. Deleting has its own RPC.
    if info.state() == NamespaceState::Deleted {
        return Err(Refusal::NotSupported("a namespace cannot be deleted by an update"));
    }
    Ok(())
}

fn check_config(config: &NamespaceConfig) -> Result<(), Refusal> {
    super::archival([config.history_archival_state(), config.visibility_archival_state()])?;
    if config.bad_binaries.as_ref().is_some_and(|bad| !bad.binaries.is_empty()) {
        return Err(Refusal::NotSupported("bad binaries are not supported yet"));
    }
    if !config.custom_search_attribute_aliases.is_empty() {
        return Err(Refusal::NotSupported("search attributes have no aliases"));
    }
    Ok(())
}

fn set(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}
