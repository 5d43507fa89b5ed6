//! What the server says about itself.

use abide_api::temporal::api::workflowservice::v1::{
    GetClusterInfoResponse, GetSystemInfoResponse, get_system_info_response::Capabilities,
};

use crate::Frontend;

/// The version of the reference server whose behaviour this is.
pub const SERVER_VERSION: &str = "1.32.0";

/// The only cluster there is.
pub const CLUSTER: &str = "active";

const SUPPORTED_CLIENTS: [(&str, &str); 7] = [
    ("temporal-cli", "<2.0.0"),
    ("temporal-go", "<2.0.0"),
    ("temporal-java", "<2.0.0"),
    ("temporal-php", "<2.0.0"),
    ("temporal-server", "<2.0.0"),
    ("temporal-typescript", "<2.0.0"),
    ("temporal-ui", "<3.0.0"),
];

/// Version and capabilities; SDKs ask this first.
pub fn system_info(frontend: &Frontend) -> GetSystemInfoResponse {
    let capabilities = Capabilities {
        signal_and_query_header: true,
        internal_error_differentiation: true,
        activity_failure_include_heartbeat: true,
        encoded_failure_attributes: true,
        upsert_memo: true,
        sdk_metadata: true,
        eager_workflow_start: frontend.settings.features.eager_start,
        // Workers stamp what they do with their build, instead of the checksum of their program. One that wants to be
        // given only the tasks of its own build is refused when it polls.
        build_id_based_versioning: true,
        // All others are false until they work: schedules, versioning, Nexus, counts by group.
        ..Capabilities::default()
    };
    GetSystemInfoResponse { server_version: SERVER_VERSION.to_owned(), capabilities: Some(capabilities) }
}

/// Name, size and stores of the cluster.
pub fn cluster_info(frontend: &Frontend) -> GetClusterInfoResponse {
    let clients = SUPPORTED_CLIENTS.iter().map(|(client, versions)| ((*client).to_owned(), (*versions).to_owned()));
    GetClusterInfoResponse {
        supported_clients: clients.collect(),
        server_version: SERVER_VERSION.to_owned(),
        cluster_id: frontend.server.cluster_id.to_string(),
        cluster_name: CLUSTER.to_owned(),
        history_shard_count: frontend.server.shards,
        persistence_store: frontend.server.persistence_store.clone(),
        visibility_store: frontend.server.visibility_store.clone(),
        ..GetClusterInfoResponse::default()
    }
}
