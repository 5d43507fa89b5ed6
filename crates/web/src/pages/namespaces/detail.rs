//! One namespace: what it is for, how long it keeps runs, what may be done in it.

use abide_api::temporal::api::enums::v1::ArchivalState;
use abide_api::temporal::api::namespace::v1::{NamespaceConfig, NamespaceInfo, namespace_info};
use abide_api::temporal::api::replication::v1::NamespaceReplicationConfig;
use abide_api::temporal::api::workflowservice::v1::{DescribeNamespaceRequest, DescribeNamespaceResponse};
use abide_http::url::path;
use axum::extract::Path;
use maud::{Markup, html};

use super::{LOOK_AGAIN, state};
use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::{copyable, duration, facts, size, time};

/// See the file's first line.
pub(crate) async fn detail(visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    let found = describe(&visit, &namespace).await?;
    let body = html! {
        div.head {
            h1 { (namespace) }
            (actions(&visit, &namespace))
        }
        (places(&visit, &namespace))
        (visit.live("namespace", everything(&found)))
    };
    Ok(Page::new(Place::Namespaces, &namespace, body).of(&namespace).watching(Watch::Every(LOOK_AGAIN)))
}

/// A namespace as the service describes it. Whoever is answered may see it.
pub(crate) async fn describe(visit: &Visit, namespace: &str) -> Result<DescribeNamespaceResponse, Problem> {
    let request = DescribeNamespaceRequest { namespace: namespace.to_owned(), ..Default::default() };
    Ok(visit.workflows().describe_namespace(visit.request(request)).await?.into_inner())
}

fn actions(visit: &Visit, namespace: &str) -> Markup {
    let to = |action: &str| visit.href(&path(&["namespaces", namespace, "actions", action]));
    html! {
        @if visit.may(Action::Administration) {
            div.actions {
                a.button data-dialog="" href=(to("edit")) { "Edit" }
                a.button data-dialog="" href=(to("delete")) { "Delete" }
            }
        }
    }
}

fn places(visit: &Visit, namespace: &str) -> Markup {
    let places = [
        ("workflows", "Workflows"),
        ("task-queues", "Task queues"),
        ("workers", "Workers"),
        ("batch-operations", "Batch operations"),
        ("search-attributes", "Search attributes"),
    ];
    html! {
        ul.chips {
            @for (last, name) in places {
                li { a.chip href=(visit.href(&path(&["namespaces", namespace, last]))) { (name) } }
            }
        }
    }
}

fn everything(found: &DescribeNamespaceResponse) -> Markup {
    let info = found.namespace_info.clone().unwrap_or_default();
    let config = found.config.clone().unwrap_or_default();
    html! {
        div.columns {
            section { h2 { "About" } (about(&info, &config)) (data(&info)) }
            section {
                h2 { "Limits" } (limits(&info.limits.unwrap_or_default()))
                h2 { "Archival" } (archival(&config))
                h2 { "Clusters" } (clusters(found, &found.replication_config.clone().unwrap_or_default()))
            }
            section { h2 { "Capabilities" } (capabilities(&info)) }
        }
        (bad_binaries(&config))
    }
}

fn about(info: &NamespaceInfo, config: &NamespaceConfig) -> Markup {
    let text = |text: &str| (!text.is_empty()).then(|| html! { (text) });
    facts(&[
        ("State", Some(state(info.state()))),
        ("Description", text(&info.description)),
        ("Owner", text(&info.owner_email)),
        ("Retention", Some(duration(config.workflow_execution_retention_ttl.as_ref()))),
        ("Id", Some(copyable(&info.id))),
    ])
}

fn data(info: &NamespaceInfo) -> Markup {
    html! {
        @if !info.data.is_empty() {
            h2 { "Custom data" }
            dl.facts { @for (name, value) in &info.data { dt { (name) } dd { (value) } } }
        }
    }
}

fn limits(limits: &namespace_info::Limits) -> Markup {
    let bytes = |bytes: i64| (bytes > 0).then(|| html! { (size(bytes.unsigned_abs())) });
    facts(&[
        ("One payload", bytes(limits.blob_size_limit_error)),
        ("Memo", bytes(limits.memo_size_limit_error)),
        ("Completion of a workflow task", bytes(limits.workflow_task_completion_size_limit_error)),
    ])
}

fn archival(config: &NamespaceConfig) -> Markup {
    let one = |state: ArchivalState, uri: &str| {
        let name = match state {
            ArchivalState::Enabled => "Enabled",
            ArchivalState::Disabled => "Disabled",
            ArchivalState::Unspecified => "Unknown",
        };
        Some(html! { (name) @if !uri.is_empty() { " · " (uri) } })
    };
    facts(&[
        ("Event histories", one(config.history_archival_state(), &config.history_archival_uri)),
        ("Visibility", one(config.visibility_archival_state(), &config.visibility_archival_uri)),
    ])
}

fn clusters(found: &DescribeNamespaceResponse, replication: &NamespaceReplicationConfig) -> Markup {
    let all: Vec<&str> = replication.clusters.iter().map(|cluster| cluster.cluster_name.as_str()).collect();
    facts(&[
        ("Global", Some(html! { (if found.is_global_namespace { "Yes" } else { "No" }) })),
        ("Active in", Some(html! { (replication.active_cluster_name) })),
        ("Clusters", Some(html! { (all.join(", ")) })),
    ])
}

fn capabilities(info: &NamespaceInfo) -> Markup {
    let known = info.capabilities.unwrap_or_default();
    let all = [
        ("Eager workflow start", known.eager_workflow_start),
        ("Updates", known.sync_update),
        ("Asynchronous updates", known.async_update),
        ("Pausing workflows", known.workflow_pause),
        ("Worker heartbeats", known.worker_heartbeats),
        ("Advice on the number of pollers", known.poller_autoscaling),
        ("Polls that end when a worker shuts down", known.worker_poll_complete_on_shutdown),
        ("Problems of runs as a search attribute", known.reported_problems_search_attribute),
        ("Schedules", info.supports_schedules),
        ("Standalone activities", known.standalone_activities),
        ("Standalone Nexus operations", known.standalone_nexus_operation),
    ];
    html! { dl.facts { @for (name, is_there) in all { dt { (name) } dd { (if is_there { "Yes" } else { "No" }) } } } }
}

fn bad_binaries(config: &NamespaceConfig) -> Markup {
    let bad = config.bad_binaries.clone().unwrap_or_default().binaries;
    html! {
        @if !bad.is_empty() {
            h2 { "Bad binaries" }
            div.scroll tabindex="0" role="region" aria-label="Bad binaries" {
                table {
                    thead { tr { @for name in ["Checksum", "Reason", "By", "Since"] { th scope="col" { (name) } } } }
                    tbody {
                        @for (checksum, bad) in &bad {
                            tr { td.mono { (checksum) } td { (bad.reason) } td { (bad.operator) } td { (time(bad.create_time.as_ref())) } }
                        }
                    }
                }
            }
        }
    }
}
