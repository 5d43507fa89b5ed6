//! The RPCs about namespaces themselves.

pub mod describe;
pub mod list;
pub mod register;
pub mod update;

use abide_api::temporal::api::{enums::v1::ArchivalState, replication::v1::ClusterReplicationConfig};
use abide_model::limits;

use crate::parse::at_most;
use crate::status::Refusal;
use crate::system::CLUSTER;

/// The name of a namespace in a request about it.
fn name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::invalid("Namespace not set on request."));
    }
    at_most(name, limits::ID_BYTES_MAX, "Namespace length exceeds limit.")
}

/// Refuses clusters that do not exist.
fn clusters(active: &str, clusters: &[ClusterReplicationConfig]) -> Result<(), Refusal> {
    let named = clusters.iter().map(|cluster| cluster.cluster_name.as_str()).chain([active]);
    match named.filter(|name| !name.is_empty()).find(|name| *name != CLUSTER) {
        Some(name) => Err(Refusal::Invalid(format!("Invalid cluster name: {name}").into())),
        None => Ok(()),
    }
}

/// Refuses to archive, since nobody would.
fn archival(states: [ArchivalState; 2]) -> Result<(), Refusal> {
    if states.contains(&ArchivalState::Enabled) {
        return Err(Refusal::NotSupported("archival is not supported yet"));
    }
    Ok(())
}
