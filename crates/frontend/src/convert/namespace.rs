//! A namespace as the protocol shows it. Says that nothing is there that is not.

use abide_api::temporal::api::{
    enums::v1::{ArchivalState, NamespaceState, ReplicationState},
    namespace::v1::{
        BadBinaries, BadBinaryInfo, NamespaceConfig, NamespaceInfo,
        namespace_info::{Capabilities, Limits},
    },
    replication::v1::{ClusterReplicationConfig, NamespaceReplicationConfig},
    workflowservice::v1::{DescribeNamespaceResponse, UpdateNamespaceResponse},
};
use abide_engine::convert::{to_proto_duration, to_proto_time};
use abide_engine::namespace::{BadBinary, Namespace, State};
use abide_model::Settings;

use crate::system::CLUSTER;

/// Everything about a namespace.
pub fn described(namespace: &Namespace, settings: &Settings) -> DescribeNamespaceResponse {
    DescribeNamespaceResponse {
        namespace_info: Some(info(namespace, settings)),
        config: Some(config(namespace)),
        replication_config: Some(replication()),
        ..DescribeNamespaceResponse::default()
    }
}

/// Everything about a namespace that was just changed.
pub fn updated(namespace: &Namespace, settings: &Settings) -> UpdateNamespaceResponse {
    UpdateNamespaceResponse {
        namespace_info: Some(info(namespace, settings)),
        config: Some(config(namespace)),
        replication_config: Some(replication()),
        ..UpdateNamespaceResponse::default()
    }
}

/// What may still be done in it.
pub fn state(state: State) -> NamespaceState {
    match state {
        State::Registered => NamespaceState::Registered,
        State::Deprecated => NamespaceState::Deprecated,
        State::Deleted => NamespaceState::Deleted,
    }
}

fn info(namespace: &Namespace, settings: &Settings) -> NamespaceInfo {
    NamespaceInfo {
        name: namespace.name.clone(),
        state: state(namespace.state()) as i32,
        description: namespace.description.clone(),
        owner_email: namespace.owner_email.clone(),
        data: namespace.data.clone(),
        id: namespace.id().to_string(),
        // SDKs switch code paths on these: none is true before it works.
        capabilities: Some(Capabilities {
            eager_workflow_start: settings.features.eager_start,
            reported_problems_search_attribute: true,
            workflow_pause: settings.features.workflow_pause,
            // ShutdownWorker ends the polls of the worker that it names, so workers may wait for their polls to end.
            worker_poll_complete_on_shutdown: settings.features.cancel_polls_on_shutdown,
            // RecordWorkerHeartbeat keeps what workers say, and polls end with advice on the number of pollers.
            worker_heartbeats: settings.features.worker_heartbeats,
            poller_autoscaling: true,
            sync_update: settings.features.updates,
            async_update: settings.features.updates && settings.features.updates_async_accepted,
            ..Capabilities::default()
        }),
        limits: Some(Limits {
            blob_size_limit_error: settings.limits.blob_bytes_max as i64,
            memo_size_limit_error: settings.limits.memo_bytes_max as i64,
            ..Limits::default()
        }),
        supports_schedules: false,
    }
}

fn config(namespace: &Namespace) -> NamespaceConfig {
    NamespaceConfig {
        workflow_execution_retention_ttl: Some(to_proto_duration(namespace.retention())),
        bad_binaries: Some(BadBinaries { binaries: namespace.bad_binaries.iter().map(bad_binary).collect() }),
        history_archival_state: ArchivalState::Disabled as i32,
        visibility_archival_state: ArchivalState::Disabled as i32,
        ..NamespaceConfig::default()
    }
}

fn bad_binary((checksum, bad): (&String, &BadBinary)) -> (String, BadBinaryInfo) {
    let (reason, operator) = (bad.reason.clone(), bad.operator.clone());
    (checksum.clone(), BadBinaryInfo { reason, operator, create_time: Some(to_proto_time(bad.created_at)) })
}

fn replication() -> NamespaceReplicationConfig {
    NamespaceReplicationConfig {
        active_cluster_name: CLUSTER.to_owned(),
        clusters: vec![ClusterReplicationConfig { cluster_name: CLUSTER.to_owned(), ..Default::default() }],
        state: ReplicationState::Normal as i32,
    }
}
