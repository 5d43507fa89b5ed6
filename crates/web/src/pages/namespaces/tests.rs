//! The pages of namespaces, rendered from fixed answers with hostile texts in them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use abide_api::temporal::api::namespace::v1::{
    BadBinaries, BadBinaryInfo, NamespaceConfig, NamespaceInfo, namespace_info,
};
use abide_api::temporal::api::operatorservice::v1::{DeleteNamespaceRequest, DeleteNamespaceResponse};
use abide_api::temporal::api::replication::v1::{ClusterReplicationConfig, NamespaceReplicationConfig};
use abide_api::temporal::api::workflowservice::v1::{
    CountWorkflowExecutionsResponse, DescribeNamespaceResponse, ListNamespacesRequest, ListNamespacesResponse,
    RegisterNamespaceRequest, UpdateNamespaceRequest,
};
use bytes::Bytes;
use prost::Message;
use prost_types::{Duration, Timestamp};
use tonic::Status;
use tonic::service::Routes;

use crate::Site;
use crate::switches::Switches;
use crate::testing::{Asked, service, shown, site};

const HOSTILE: &str = "<script>'\"&";

fn namespace(name: &str) -> DescribeNamespaceResponse {
    let capabilities = namespace_info::Capabilities { sync_update: true, ..Default::default() };
    let limits = namespace_info::Limits { blob_size_limit_error: 2 << 20, ..Default::default() };
    let info = NamespaceInfo {
        name: name.into(),
        state: 1,
        description: format!("for {HOSTILE}"),
        owner_email: "a@b".into(),
        data: BTreeMap::from([(HOSTILE.into(), HOSTILE.into())]),
        id: format!("id of {name}"),
        capabilities: Some(capabilities),
        limits: Some(limits),
        ..Default::default()
    };
    let bad = BadBinaryInfo {
        reason: HOSTILE.into(),
        operator: HOSTILE.into(),
        create_time: Some(Timestamp { seconds: 1, nanos: 0 }),
    };
    let config = NamespaceConfig {
        workflow_execution_retention_ttl: Some(Duration { seconds: 259_200, nanos: 0 }),
        bad_binaries: Some(BadBinaries { binaries: BTreeMap::from([(HOSTILE.into(), bad)]) }),
        history_archival_state: 1,
        visibility_archival_state: 1,
        ..Default::default()
    };
    let replication = NamespaceReplicationConfig {
        active_cluster_name: "active".into(),
        clusters: vec![ClusterReplicationConfig { cluster_name: "active".into(), ..Default::default() }],
        ..Default::default()
    };
    DescribeNamespaceResponse {
        namespace_info: Some(info),
        config: Some(config),
        replication_config: Some(replication),
        ..Default::default()
    }
}

fn encoded(message: &impl Message) -> Result<Bytes, Status> {
    Ok(message.encode_to_vec().into())
}

/// Two pages of namespaces, and whatever is done is done.
fn answer(asked: Asked) -> Result<Bytes, Status> {
    match asked.path.rsplit('/').next().unwrap_or_default() {
        "ListNamespaces" => {
            let request = ListNamespacesRequest::decode(asked.message).expect("a request");
            let (names, next) = match request.next_page_token.as_ref() {
                b"" => (["one", HOSTILE], "two"),
                _ => (["three", "four"], ""),
            };
            let namespaces = names.into_iter().map(namespace).collect();
            encoded(&ListNamespacesResponse { namespaces, next_page_token: next.into() })
        }
        "DescribeNamespace" => encoded(&namespace(HOSTILE)),
        "CountWorkflowExecutions" => encoded(&CountWorkflowExecutionsResponse { count: 7, ..Default::default() }),
        "DeleteNamespace" => {
            encoded(&DeleteNamespaceResponse { deleted_namespace: format!("{HOSTILE}-deleted-abcde") })
        }
        _ => Ok(Bytes::new()),
    }
}

/// A site, and what its service is asked for but lists.
fn recorded() -> (Site, Arc<Mutex<Vec<Asked>>>) {
    let all: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let kept = all.clone();
    let routes = service(move |asked| {
        if !asked.path.ends_with("/ListNamespaces") {
            kept.lock().expect("no panic").push(asked.clone());
        }
        answer(asked)
    });
    (site(routes), all)
}

fn fixed() -> Site {
    site(service(answer))
}

#[tokio::test]
async fn the_list_shows_a_page_and_leads_to_the_next_one() {
    let (status, html) = shown(fixed(), "/namespaces", None).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(html);
}

#[tokio::test]
async fn a_search_reads_on_until_the_end() {
    let (_, html) = shown(fixed(), "/namespaces?search=FOUR", None).await;
    assert!(html.contains(">four<") && !html.contains(">three<") && !html.contains("data-more"), "{html}");
    let (_, html) = shown(fixed(), "/namespaces?search=nowhere", None).await;
    assert!(html.contains("No namespace matches."), "{html}");
    let (status, _) = shown(fixed(), "/namespaces?after=%00", None).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn without_any_namespace_the_list_says_so() {
    let (_, html) = shown(site(service(|_| Ok(Bytes::new()))), "/namespaces", None).await;
    assert!(html.contains("There is no namespace yet.") && html.contains("Create a namespace"), "{html}");
}

#[tokio::test]
async fn a_namespace_shows_everything_about_itself() {
    let (status, html) = shown(fixed(), "/namespaces/%3Cscript%3E'%22&", None).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(html);
}

#[tokio::test]
async fn an_unknown_namespace_is_not_found_in_the_words_of_the_service() {
    let routes: Routes = service(|_| Err(Status::not_found("Namespace <b> is not found.")));
    let (status, html) = shown(site(routes), "/namespaces/x", None).await;
    assert!(status == 404 && html.contains("Namespace &lt;b&gt; is not found."), "{status} {html}");
}

#[tokio::test]
async fn forms_show_what_they_do_and_the_command_that_does_it() {
    for (name, action) in [("create", "/namespaces/actions/create"), ("edit", ""), ("delete", "")] {
        let path = if action.is_empty() { format!("/namespaces/a%20b/actions/{name}") } else { action.into() };
        let (status, html) = shown(fixed(), &path, None).await;
        assert_eq!(status, 200, "{name}");
        insta::assert_snapshot!(name, html);
    }
}

#[tokio::test]
async fn what_is_typed_in_is_what_the_service_is_asked_for() {
    let (site, asked) = recorded();
    let fields = "name=a%2Fb&description=d&owner=o&retention=1d12h&data=k%3Dv%3Dw&data=";
    assert_eq!(shown(site, "/namespaces/actions/create", Some(fields)).await, (303, "to /namespaces/a%2Fb".to_owned()));
    let message = asked.lock().expect("no panic")[0].message.clone();
    let request = RegisterNamespaceRequest::decode(message).expect("a request");
    let expected = RegisterNamespaceRequest {
        namespace: "a/b".into(),
        description: "d".into(),
        owner_email: "o".into(),
        workflow_execution_retention_period: Some(Duration { seconds: 129_600, nanos: 0 }),
        data: BTreeMap::from([("k".into(), "v=w".into())]),
        ..Default::default()
    };
    assert_eq!(request, expected);
}

#[tokio::test]
async fn an_edit_changes_what_is_filled_in() {
    let (site, asked) = recorded();
    let to = shown(site, "/namespaces/a/actions/edit", Some("description=&owner=o&retention=2d")).await;
    assert_eq!(to, (303, "to /namespaces/a".to_owned()));
    let message = asked.lock().expect("no panic")[0].message.clone();
    let request = UpdateNamespaceRequest::decode(message).expect("a request");
    let (info, config) = (request.update_info.expect("it"), request.config.expect("it"));
    assert_eq!((request.namespace.as_str(), info.description.as_str(), info.owner_email.as_str()), ("a", "", "o"));
    let retention = Some(Duration { seconds: 172_800, nanos: 0 });
    assert_eq!(config, NamespaceConfig { workflow_execution_retention_ttl: retention, ..Default::default() });
}

#[tokio::test]
async fn only_who_types_the_name_deletes_a_namespace() {
    let (site, asked) = recorded();
    let (status, html) = shown(site, "/namespaces/a/actions/delete", Some("name=b")).await;
    assert!(status == 400 && html.contains("this is not the name of the namespace"), "{status} {html}");
    assert!(asked.lock().expect("no panic").is_empty());
    let (site, asked) = recorded();
    let to = shown(site, "/namespaces/a/actions/delete", Some("name=a")).await;
    assert_eq!(to, (303, "to /namespaces".to_owned()));
    let message = asked.lock().expect("no panic")[0].message.clone();
    assert_eq!(DeleteNamespaceRequest::decode(message).expect("a request").namespace, "a");
}

#[tokio::test]
async fn wrong_fields_are_named() {
    for (fields, said) in [
        ("retention=1d", "Name must be filled in"),
        ("name=a", "Retention must be filled in"),
        ("name=a&retention=soon", "retention: soon is no duration"),
        ("name=a&retention=1d&data=x", "custom data: x has no name and value"),
        ("name=a&retention=1d&data=%3Dx", "custom data: =x has no name and value"),
    ] {
        let (status, html) = shown(fixed(), "/namespaces/actions/create", Some(fields)).await;
        assert!(status == 400 && html.contains(said), "{fields}: {status} {html}");
    }
}

#[tokio::test]
async fn on_a_page_that_is_read_only_nothing_is_offered_and_nothing_is_done() {
    let read_only = || Site { switches: Switches { read_only: true, ..Switches::default() }, ..fixed() };
    for path in ["/namespaces", "/namespaces/a"] {
        let (_, html) = shown(read_only(), path, None).await;
        assert!(!html.contains("actions/"), "{html}");
    }
    for path in ["/namespaces/actions/create", "/namespaces/a/actions/edit", "/namespaces/a/actions/delete"] {
        assert_eq!(shown(read_only(), path, None).await.0, 403, "{path}");
        assert_eq!(shown(read_only(), path, Some("name=a&retention=1d")).await.0, 403, "{path}");
    }
}
