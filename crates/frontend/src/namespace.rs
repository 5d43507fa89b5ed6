//! The RPCs about namespaces themselves.

pub mod deprecate;
pub mod describe;
pub mod list;
pub mod register;
pub mod update;

use abide_api::temporal::api::replication::v1::ClusterReplicationConfig;

use crate::Frontend;
use crate::parse::at_most;
use crate::status::Refusal;
use crate::system::CLUSTER;

impl Frontend {
    /// The name of a namespace in a request about it.
    fn namespace_name(&self, name: &str) -> Result<(), Refusal> {
        if name.is_empty() {
            return Err(Refusal::invalid("Namespace not set on request."));
        }
        at_most(name, self.limits().id_bytes_max, "Namespace length exceeds limit.")
    }
}

/// Refuses clusters that do not exist.
fn clusters(active: &str, clusters: &[ClusterReplicationConfig]) -> Result<(), Refusal> {
    let named = clusters.iter().map(|cluster| cluster.cluster_name.as_str()).chain([active]);
    match named.filter(|name| !name.is_empty()).find(|name| *name != CLUSTER) {
        Some(name) => Err(Refusal::Invalid(format!("Invalid cluster name: {name}").into())),
        None => Ok(()),
    }
}
