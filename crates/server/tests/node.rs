//! What a node is after its start: what it says of itself, which namespaces it has, and that a second start changes
//! nothing of them.

mod common;

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    common::v1::{Memo, Payload, WorkflowExecution},
    enums::v1::IndexedValueType,
    operatorservice::v1::{ListSearchAttributesRequest, operator_service_client::OperatorServiceClient},
    workflowservice::v1::*,
};
use abide_server::SERVER_VERSION;
use abide_server::config::{Config, Data, Listen};
use common::*;
use tonic::codec::CompressionEncoding;

#[tokio::test(flavor = "multi_thread")]
async fn a_node_says_its_version_and_keeps_its_cluster_id() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("abide.db");
    let mut ids = Vec::new();
    for _ in 0..2 {
        let server = Server::on(&file).await;
        let mut client = server.client.clone();
        let system = client.get_system_info(GetSystemInfoRequest {}).await.expect("an answer").into_inner();
        assert_eq!(system.server_version, SERVER_VERSION);
        let cluster = client.get_cluster_info(GetClusterInfoRequest {}).await.expect("an answer").into_inner();
        assert_eq!((cluster.persistence_store.as_str(), cluster.server_version.as_str()), ("sqlite", SERVER_VERSION));
        ids.push(cluster.cluster_id);
        drop(client);
        server.stop().await;
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(ids[0].len(), 36, "a UUID: {}", ids[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn namespaces_and_search_attributes_are_set_up_at_every_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("abide.db");
    Server::on(&file).await.stop().await;
    // A later start may ask for more; what is there stays.
    let mut config = config(Data::File(file));
    config.namespaces.push(abide_server::config::NamespaceSettings {
        name: "orders".into(),
        retention: std::time::Duration::from_secs(7200),
    });
    config.search_attributes.insert("Size".into(), IndexedValueType::Int);
    let server = Server::start(config.clone()).await;
    server.stop().await;
    let server = Server::start(config).await;
    let mut operator = OperatorServiceClient::connect(format!("http://{}", server.node().addresses()[0]))
        .await
        .expect("the node is connectable");
    for namespace in ["default", "orders"] {
        let request = ListSearchAttributesRequest { namespace: namespace.into() };
        let answer = operator.list_search_attributes(request).await.expect("a known namespace").into_inner();
        assert_eq!(answer.custom_attributes.get("Size"), Some(&IndexedValueType::Int.into()), "{namespace}");
    }
    let retentions = [("default", 86_400), ("orders", 7200)];
    for (namespace, seconds) in retentions {
        let request = DescribeNamespaceRequest { namespace: namespace.into(), ..Default::default() };
        let answer = server.client.clone().describe_namespace(request).await.expect("a known namespace").into_inner();
        let retention = answer.config.expect("a configuration").workflow_execution_retention_ttl;
        assert_eq!(retention.expect("a retention").seconds, seconds, "{namespace}");
    }
    drop(operator);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_for_production_has_a_default_namespace() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let listen = Listen { host: "localhost".into(), port: 0 };
    let server = Server::start(Config::production(folder.path().join("abide.db"), listen)).await;
    let request = DescribeNamespaceRequest { namespace: NAMESPACE.into(), ..Default::default() };
    let answer = server.client.clone().describe_namespace(request).await.expect("a known namespace").into_inner();
    let retention = answer.config.expect("a configuration").workflow_execution_retention_ttl;
    assert_eq!(retention.expect("a retention").seconds, 72 * 3600);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_set_up_its_namespaces_says_why_and_lets_go_of_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("abide.db");
    let mut wrong = config(Data::File(file.clone()));
    wrong.namespaces[0].retention = std::time::Duration::from_secs(1);
    let error = abide_server::Node::start(wrong).await.err().expect("a retention that is too short");
    assert_eq!(
        error.to_string(),
        "cannot set up namespace \"default\": A valid retention period is not set on request."
    );
    Server::on(&file).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_compressed_like_the_requests() {
    let server = Server::in_memory().await;
    let plain = server.client.clone();
    let accepts = server.client.clone().accept_compressed(CompressionEncoding::Gzip);
    let compresses = accepts.clone().send_compressed(CompressionEncoding::Gzip);
    // Long enough for an answer that is worth it.
    let start = StartWorkflowExecutionRequest { memo: Some(memo(20_000)), ..start_request("large") };
    server.client.clone().start_workflow_execution(start).await.expect("started");
    for (mut client, encoding) in [(plain, None), (accepts, None), (compresses, Some("gzip"))] {
        let request = DescribeWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            execution: Some(WorkflowExecution { workflow_id: "large".into(), run_id: String::new() }),
        };
        let large = client.describe_workflow_execution(request).await.expect("a known run");
        let small = client.get_system_info(GetSystemInfoRequest {}).await.expect("an answer");
        let found = [large.metadata(), small.metadata()].map(|metadata| metadata.get("grpc-encoding").cloned());
        for found in found {
            assert_eq!(found.as_ref().map(|value| value.to_str().expect("ascii")), encoding);
        }
        let info = large.into_inner().workflow_execution_info.expect("about the run");
        assert_eq!(info.memo, Some(memo(20_000)));
    }
    server.stop().await;
}

fn memo(bytes: usize) -> Memo {
    let payload = Payload { data: vec![7; bytes].into(), ..Default::default() };
    Memo { fields: BTreeMap::from([("note".to_owned(), payload)]) }
}
