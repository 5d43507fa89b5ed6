//! Namespaces, search attributes, and what the server says about itself.
#![allow(clippy::unwrap_used)]

mod fakes;

use abide_api::temporal::api::{
    enums::v1::{IndexedValueType, NamespaceState, TaskQueueType},
    namespace::v1::{
        BadBinaries, BadBinaryInfo, NamespaceConfig, NamespaceFilter, UpdateNamespaceInfo, namespace_info::Capabilities,
    },
    operatorservice::v1::{
        AddSearchAttributesRequest, DeleteNamespaceRequest, ListSearchAttributesRequest, RemoveSearchAttributesRequest,
        operator_service_server::OperatorService,
    },
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{workflow_service_server::WorkflowService, *},
};
use abide_cluster::Namespaces;
use abide_cluster::matching::{LevelDescription, QueueDescription};
use abide_engine::namespace::{BadBinary, Namespace};
use abide_model::Timestamp;
use fakes::{World, shown, within};
use prost_types::Duration;
use tonic::Request;

fn a_day() -> Option<Duration> {
    Some(Duration { seconds: 86_400, nanos: 0 })
}

#[tokio::test]
async fn a_registered_namespace_is_described_by_name_and_by_id() {
    let world = World::new();
    let request = RegisterNamespaceRequest {
        namespace: "new".into(),
        workflow_execution_retention_period: a_day(),
        ..Default::default()
    };
    assert_eq!(shown(world.frontend.register_namespace(Request::new(request.clone())).await), "Ok");
    let outcome = world.frontend.register_namespace(Request::new(request)).await;
    assert_eq!(shown(outcome), "AlreadyExists: Namespace \"new\" already exists [NamespaceAlreadyExistsFailure]");
    let describe = async |namespace: &str, id: String| {
        let request = DescribeNamespaceRequest { namespace: namespace.into(), id, ..Default::default() };
        world.frontend.describe_namespace(Request::new(request)).await.expect("described").into_inner()
    };
    let by_name = describe("new", String::new()).await;
    let info = by_name.namespace_info.clone().expect("info");
    assert_eq!(info.state(), NamespaceState::Registered);
    let works = Capabilities {
        worker_poll_complete_on_shutdown: true,
        worker_heartbeats: true,
        poller_autoscaling: true,
        sync_update: true,
        async_update: true,
        eager_workflow_start: true,
        reported_problems_search_attribute: true,
        ..Capabilities::default()
    };
    assert_eq!(info.capabilities, Some(works), "nothing is promised that does not work");
    assert_eq!(by_name.config.as_ref().expect("config").workflow_execution_retention_ttl, a_day());
    assert_eq!(describe("", info.id).await, by_name);
}

#[tokio::test]
async fn a_namespace_that_cannot_be_is_refused() {
    let world = World::new();
    let register = async |change: fn(&mut RegisterNamespaceRequest)| {
        let mut request = RegisterNamespaceRequest { namespace: "new".into(), ..Default::default() };
        change(&mut request);
        shown(world.frontend.register_namespace(Request::new(request)).await)
    };
    type Spoil = fn(&mut RegisterNamespaceRequest);
    let cases: [(Spoil, &str); 4] = [
        (|request| request.namespace.clear(), "InvalidArgument: Namespace not set on request."),
        (|request| request.namespace = "x".repeat(1001), "InvalidArgument: Namespace length exceeds limit."),
        (
            |request| request.is_global_namespace = true,
            "InvalidArgument: Cannot register global namespace when not enabled",
        ),
        (|request| request.active_cluster_name = "zzz".into(), "InvalidArgument: Invalid cluster name: zzz"),
    ];
    for (change, expected) in cases {
        assert_eq!(register(change).await, expected);
    }
    let both = DescribeNamespaceRequest { namespace: "default".into(), id: "x".into(), ..Default::default() };
    let expected = "InvalidArgument: GetNamespace operation failed. Both ID and Name specified in request.";
    assert_eq!(shown(world.frontend.describe_namespace(Request::new(both)).await), expected);
}

#[tokio::test]
async fn an_update_changes_only_what_it_names() {
    let world = World::new();
    let request = UpdateNamespaceRequest {
        namespace: "default".into(),
        update_info: Some(UpdateNamespaceInfo {
            description: "ours".into(),
            state: NamespaceState::Deprecated as i32,
            ..Default::default()
        }),
        config: Some(NamespaceConfig { workflow_execution_retention_ttl: a_day(), ..Default::default() }),
        ..Default::default()
    };
    assert_eq!(shown(world.frontend.update_namespace(Request::new(request)).await), "Ok");
    let update = world.namespaces.updates.lock().unwrap().pop().expect("an update");
    assert_eq!((update.description.as_deref(), update.owner_email, update.deprecate), (Some("ours"), None, true));
    assert_eq!(update.retention.map(|retention| retention.as_secs()), Some(86_400));
}

#[tokio::test]
async fn an_update_never_takes_a_namespace_away() {
    let world = World::new();
    let deleted = UpdateNamespaceInfo { state: NamespaceState::Deleted as i32, ..Default::default() };
    let request =
        UpdateNamespaceRequest { namespace: "default".into(), update_info: Some(deleted), ..Default::default() };
    let outcome = world.frontend.update_namespace(Request::new(request)).await;
    assert_eq!(shown(outcome), "Unimplemented: a namespace cannot be deleted by an update");
    let request = UpdateNamespaceRequest { namespace: "default".into(), promote_namespace: true, ..Default::default() };
    let expected = "InvalidArgument: global namespace is not enabled on this cluster, cannot update global namespace \
                    or promote local namespace: default";
    assert_eq!(shown(world.frontend.update_namespace(Request::new(request)).await), expected);
    assert!(world.namespaces.updates.lock().unwrap().is_empty());
}

#[tokio::test]
async fn namespaces_are_listed_page_by_page() {
    let world = World::new();
    let mut names = Vec::new();
    let mut next_page_token = bytes::Bytes::new();
    loop {
        let request = ListNamespacesRequest { page_size: 1, next_page_token, ..Default::default() };
        let page = world.frontend.list_namespaces(Request::new(request)).await.expect("a page").into_inner();
        names.extend(page.namespaces.into_iter().map(|namespace| namespace.namespace_info.expect("info").name));
        next_page_token = page.next_page_token;
        if next_page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["default", "old", "other"]);
}

#[tokio::test]
async fn search_attributes_are_added_once_and_never_over_the_servers_own() {
    let world = World::new();
    let add = async |name: &str, kind: i32| {
        let search_attributes = [(name.to_owned(), kind)].into();
        let request = AddSearchAttributesRequest { namespace: "default".into(), search_attributes };
        shown(world.frontend.add_search_attributes(Request::new(request)).await)
    };
    let int = IndexedValueType::Int as i32;
    assert_eq!(add("New", int).await, "Ok");
    assert_eq!(world.namespaces.updates.lock().unwrap().pop().expect("an update").search_attributes["New"], int);
    assert_eq!(add("Color", int).await, "Ok");
    assert!(world.namespaces.updates.lock().unwrap().is_empty(), "a known name stays as it is");
    assert_eq!(add("WorkflowId", int).await, "InvalidArgument: Search attribute WorkflowId is reserved by system.");
    assert_eq!(add("TemporalX", int).await, "InvalidArgument: Search attribute TemporalX is reserved by system.");
    assert_eq!(add("X", 77).await, "InvalidArgument: Unknown search attribute type: 77.");
    let request = AddSearchAttributesRequest { namespace: "default".into(), ..Default::default() };
    let outcome = world.frontend.add_search_attributes(Request::new(request)).await;
    assert_eq!(shown(outcome), "InvalidArgument: SearchAttributes are not set on request.");
}

#[tokio::test]
async fn search_attributes_are_listed_apart_from_the_systems() {
    let world = World::new();
    let request = ListSearchAttributesRequest { namespace: "default".into() };
    let listed = world.frontend.list_search_attributes(Request::new(request)).await.expect("listed").into_inner();
    assert_eq!(listed.custom_attributes.keys().collect::<Vec<_>>(), ["Color", "Size"]);
    assert!(listed.system_attributes.contains_key("WorkflowId") && listed.system_attributes.contains_key("BuildIds"));
    let outcome = world.frontend.list_search_attributes(Request::new(ListSearchAttributesRequest::default())).await;
    assert_eq!(shown(outcome), "InvalidArgument: Namespace is not set on request.");
}

#[tokio::test]
async fn bad_binaries_reach_the_namespace_and_get_no_work() {
    let world = World::new();
    let bad = BadBinaryInfo { reason: "it loses money".into(), operator: "me".into(), ..Default::default() };
    let config = NamespaceConfig {
        bad_binaries: Some(BadBinaries { binaries: [("sum".to_owned(), bad)].into() }),
        ..NamespaceConfig::default()
    };
    let request = UpdateNamespaceRequest {
        namespace: "default".into(),
        config: Some(config),
        delete_bad_binary: "other".into(),
        ..Default::default()
    };
    assert_eq!(shown(world.frontend.update_namespace(Request::new(request)).await), "Ok");
    let update = world.namespaces.updates.lock().unwrap().pop().expect("an update");
    assert_eq!(update.bad_binaries["sum"], ("it loses money".to_owned(), "me".to_owned()));
    assert_eq!(update.pardoned_binary.as_deref(), Some("other"));
    let bad = BadBinary { reason: "r".into(), operator: "o".into(), created_at: Timestamp::from_millis(1000) };
    let known = world.namespaces.by_name("default").expect("known");
    world.namespaces.add(Namespace { bad_binaries: [("sum".to_owned(), bad)].into(), ..Namespace::clone(&known) });
    let request = DescribeNamespaceRequest { namespace: "default".into(), ..Default::default() };
    let described = world.frontend.describe_namespace(Request::new(request)).await.expect("described").into_inner();
    let binaries = described.config.expect("config").bad_binaries.expect("shown").binaries;
    assert_eq!((binaries["sum"].reason.as_str(), binaries["sum"].create_time.is_some()), ("r", true));
    #[allow(deprecated)]
    let poll = PollWorkflowTaskQueueRequest {
        namespace: "default".into(),
        task_queue: Some(TaskQueue { name: "q".into(), ..TaskQueue::default() }),
        binary_checksum: "sum".into(),
        ..Default::default()
    };
    let refused = shown(world.frontend.poll_workflow_task_queue(within(5, poll)).await);
    assert_eq!(refused, "InvalidArgument: Binary sum already marked as bad deployment.");
}

#[tokio::test]
async fn a_deleted_namespace_gives_up_its_name_and_takes_nothing() {
    let world = World::new();
    let delete = async |namespace: &str, namespace_id: &str| {
        let (namespace, namespace_id) = (namespace.to_owned(), namespace_id.to_owned());
        let request = DeleteNamespaceRequest { namespace, namespace_id, ..Default::default() };
        let answer = world.frontend.delete_namespace(Request::new(request)).await;
        answer.map(|answer| answer.into_inner().deleted_namespace)
    };
    for (name, id, expected) in [
        ("", "", "InvalidArgument: Namespace not set on request."),
        ("a", "b", "InvalidArgument: Only one of namespace name or Id should be set on request."),
        ("temporal-system", "", "FailedPrecondition: unable to delete system namespace"),
        ("none", "", "NotFound: Namespace none is not found. [NamespaceNotFoundFailure]"),
        ("", "xx", "NotFound: Namespace xx is not found. [NamespaceNotFoundFailure]"),
    ] {
        assert_eq!(shown(delete(name, id).await), expected);
    }
    let name = delete("other", "").await.expect("deleted");
    assert_eq!(name, "other-deleted-00000");
    assert_eq!(delete(&name, "").await.expect("again"), name);
    let request = DescribeWorkflowExecutionRequest { namespace: name.clone(), ..Default::default() };
    let refused = shown(world.frontend.describe_workflow_execution(Request::new(request)).await);
    let expected = "FailedPrecondition: Namespace has invalid state: Deleted. Must be Registered or Deprecated. \
                    [NamespaceInvalidStateFailure]";
    assert_eq!(refused, expected);
    let names = async |include_deleted| {
        let namespace_filter = Some(NamespaceFilter { include_deleted });
        let request = ListNamespacesRequest { namespace_filter, ..Default::default() };
        let page = world.frontend.list_namespaces(Request::new(request)).await.expect("a page").into_inner();
        page.namespaces.into_iter().map(|shown| shown.namespace_info.expect("info").name).collect::<Vec<_>>()
    };
    assert_eq!(names(false).await, ["default", "old"]);
    assert_eq!(names(true).await, ["default", "old", "other-deleted-00000"]);
}

#[tokio::test]
async fn a_namespace_is_deprecated_once_and_for_all() {
    let world = World::new();
    let deprecate = async |namespace: &str| {
        let request = DeprecateNamespaceRequest { namespace: namespace.into(), ..Default::default() };
        shown(world.frontend.deprecate_namespace(Request::new(request)).await)
    };
    assert_eq!(deprecate("").await, "InvalidArgument: Namespace not set on request.");
    assert_eq!(deprecate("default").await, "Ok");
    assert!(world.namespaces.updates.lock().unwrap().pop().expect("an update").deprecate);
    let registered = UpdateNamespaceInfo { state: NamespaceState::Registered as i32, ..Default::default() };
    let update_info = Some(registered);
    let request = UpdateNamespaceRequest { namespace: "old".into(), update_info, ..Default::default() };
    let refused = shown(world.frontend.update_namespace(Request::new(request)).await);
    assert_eq!(refused, "InvalidArgument: Invalid namespace state update.");
}

#[tokio::test]
async fn only_custom_search_attributes_are_removed() {
    let world = World::new();
    let remove = async |namespace: &str, names: &[&str]| {
        let search_attributes = names.iter().map(|name| (*name).to_owned()).collect();
        let request = RemoveSearchAttributesRequest { namespace: namespace.into(), search_attributes };
        shown(world.frontend.remove_search_attributes(Request::new(request)).await)
    };
    assert_eq!(remove("default", &[]).await, "InvalidArgument: SearchAttributes are not set on request.");
    assert_eq!(remove("", &["Size"]).await, "InvalidArgument: Namespace is not set on request.");
    let refused = "InvalidArgument: Unable to remove non-custom search attributes: BuildIds.";
    assert_eq!(remove("default", &["Size", "BuildIds"]).await, refused);
    assert_eq!(remove("default", &["Size", "Absent"]).await, "Ok");
    let update = world.namespaces.updates.lock().unwrap().pop().expect("an update");
    assert!(update.removed_search_attributes.contains("Size"));
    let request = GetSearchAttributesRequest {};
    let all = world.frontend.get_search_attributes(Request::new(request)).await.expect("all").into_inner().keys;
    assert!(all.contains_key("Color") && all.contains_key("WorkflowId"));
}

#[tokio::test]
async fn the_server_promises_only_what_works() {
    let world = World::new();
    let info = world.frontend.get_system_info(Request::new(GetSystemInfoRequest {})).await.expect("info").into_inner();
    let capabilities = info.capabilities.expect("capabilities");
    assert!(capabilities.upsert_memo && capabilities.sdk_metadata && capabilities.encoded_failure_attributes);
    assert!(capabilities.eager_workflow_start && capabilities.build_id_based_versioning);
    assert!(!capabilities.supports_schedules && !capabilities.nexus);
    let info =
        world.frontend.get_cluster_info(Request::new(GetClusterInfoRequest {})).await.expect("info").into_inner();
    assert_eq!((info.cluster_name.as_str(), info.history_shard_count), ("active", 4));
    assert_eq!(info.server_version, "1.32.0");
}

#[tokio::test]
async fn a_described_queue_shows_what_waits() {
    let world = World::new();
    let oldest = Some(Timestamp::from_millis(1_800_000_000_000 - 3000));
    *world.matching.description.lock().unwrap() = QueueDescription {
        levels: [(3, LevelDescription { backlog: 5, oldest, ..LevelDescription::default() })].into(),
        ..QueueDescription::default()
    };
    let request = || DescribeTaskQueueRequest {
        namespace: "default".into(),
        task_queue: Some(TaskQueue { name: "q".into(), ..TaskQueue::default() }),
        report_stats: true,
        ..Default::default()
    };
    let described = world.frontend.describe_task_queue(Request::new(request())).await.expect("described").into_inner();
    let stats = described.stats.expect("stats");
    assert_eq!(stats.approximate_backlog_count, 5);
    assert_eq!(stats.approximate_backlog_age.expect("an age").seconds, 3);
    #[allow(deprecated)]
    let enhanced = DescribeTaskQueueRequest { api_mode: 1, ..request() };
    let described = world.frontend.describe_task_queue(Request::new(enhanced)).await.expect("described").into_inner();
    let types: Vec<i32> = described.versions_info[""].types_info.keys().copied().collect();
    assert_eq!(types, [TaskQueueType::Workflow as i32, TaskQueueType::Activity as i32]);
}

#[tokio::test]
async fn all_services_are_on_one_set_of_routes() {
    use tonic::codegen::{Service, http};
    let mut routes = abide_frontend::router(World::new().frontend).await.routes;
    let paths = [
        ("temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo", true),
        ("temporal.api.operatorservice.v1.OperatorService/ListClusters", true),
        ("grpc.health.v1.Health/Check", true),
        ("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", true),
        ("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", true),
        ("grpc.reflection.v2.ServerReflection/ServerReflectionInfo", false),
    ];
    for (path, is_there) in paths {
        let request = http::Request::post(format!("http://server/{path}")).header("content-type", "application/grpc");
        let answer = routes.call(request.body(tonic::body::Body::empty()).expect("a request")).await.expect("answered");
        let unimplemented = answer.headers().get("grpc-status").is_some_and(|status| status == "12");
        assert_eq!(!unimplemented, is_there, "{path}");
    }
}
