//! The workers of a namespace as they describe themselves by heartbeats: those that a query finds.

#[cfg(test)]
mod tests;
mod worker;

use std::time::Duration;

use abide_api::temporal::api::deployment::v1::WorkerDeploymentVersion;
use abide_api::temporal::api::enums::v1::WorkerStatus;
use abide_api::temporal::api::worker::v1::WorkerListInfo;
use abide_api::temporal::api::workflowservice::v1::{ListWorkersRequest, ListWorkersResponse};
use abide_http::url::path;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use maud::{Markup, html};

use crate::page::{Page, Place, Watch};
use crate::paging;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{empty, time};

const PAGE_SIZE: i32 = 100;
/// Workers speak about once a minute, and shut down at any time.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// What a query can name.
const FIELDS: [&str; 11] = [
    "Status",
    "TaskQueue",
    "HostName",
    "WorkerIdentity",
    "WorkerInstanceKey",
    "DeploymentName",
    "BuildId",
    "SdkName",
    "SdkVersion",
    "StartTime",
    "HeartbeatTime",
];

/// The pages of workers, by address.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/namespaces/{namespace}/workers", get(list))
        .route("/namespaces/{namespace}/workers/{key}", get(worker::worker))
}

/// See the file's first line.
pub(crate) async fn list(visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    let query = visit.value("query").unwrap_or_default();
    let request = ListWorkersRequest {
        namespace: namespace.clone(),
        page_size: PAGE_SIZE,
        next_page_token: paging::after(&visit)?,
        query: query.to_owned(),
        ..Default::default()
    };
    let found = match visit.workflows().list_workers(visit.request(request)).await.map_err(Problem::from) {
        Ok(found) => Ok(found.into_inner()),
        // A query that cannot be read is put right where it stands.
        Err(problem) if problem.status == http::StatusCode::BAD_REQUEST && !query.is_empty() => Err(problem),
        Err(problem) => return Err(problem),
    };
    let body = html! {
        h1 { "Workers" }
        (filter(&visit, &namespace, query))
        @match &found {
            Ok(found) => (visit.live("workers", table(&visit, &namespace, found))),
            Err(problem) => (problem.alert()),
        }
    };
    let page = Page::new(Place::Workers, format!("Workers of {namespace}"), body).of(namespace);
    Ok(if found.is_ok() { page.watching(Watch::Every(LOOK_AGAIN)) } else { page })
}

fn address(visit: &Visit, namespace: &str, rest: &[&str]) -> String {
    visit.href(&path(&[&["namespaces", namespace, "workers"], rest].concat()))
}

fn filter(visit: &Visit, namespace: &str, query: &str) -> Markup {
    let chips =
        [("All", None), ("Running", Some("Status = 'Running'")), ("Shutting down", Some("Status = 'ShuttingDown'"))];
    html! {
        form.bar method="get" role="search" action=(address(visit, namespace, &[])) {
            label.hidden-visually for="query" { "Query" }
            input.wide.mono id="query" name="query" data-search="" placeholder="TaskQueue = 'orders' AND HostName STARTS_WITH 'web'"
                autocomplete="off" spellcheck="false" value=(query);
            button { "Search" }
        }
        ul.chips {
            @for (name, chosen) in chips {
                li { a.chip href=(visit.here_with(&[("query", chosen), ("after", None)]))
                    aria-current=[(chosen.unwrap_or_default() == query).then_some("true")] { (name) } }
            }
        }
        details {
            summary { "What a query can name" }
            p { @for field in FIELDS { code { (field) } " " } }
            p.quiet { "Compared by " code { "=" } ", " code { "!=" } ", " code { "STARTS_WITH" } ", times by "
                code { "<" } " and " code { ">" } " as well; joined by " code { "AND" } ", " code { "OR" } " and parentheses." }
        }
    }
}

fn table(visit: &Visit, namespace: &str, found: &ListWorkersResponse) -> Markup {
    if found.workers.is_empty() {
        return match visit.value("query") {
            Some(_) => empty("No worker matches."),
            None => empty(
                "No worker has described itself in the last minutes. Older SDKs do not; task queues show who polls.",
            ),
        };
    }
    html! {
        div.scroll {
            table {
                caption.hidden-visually { "Workers" }
                thead { tr {
                    @for name in ["Status", "Instance", "Identity", "Task queue", "Version", "Host", "SDK", "Start"] {
                        th scope="col" { (name) }
                    }
                } }
                tbody id="workers" { @for worker in &found.workers { (row(visit, namespace, worker)) } }
            }
        }
        (paging::more(visit, "workers", &found.next_page_token))
    }
}

fn row(visit: &Visit, namespace: &str, worker: &WorkerListInfo) -> Markup {
    let key = &worker.worker_instance_key;
    let queue = visit.href(&path(&["namespaces", namespace, "task-queues", &worker.task_queue]));
    html! {
        tr data-row="" data-key=(key) {
            td { (status(worker.status())) }
            td.mono { a href=(address(visit, namespace, &[key])) data-row-link="" { (key) } }
            td { (worker.worker_identity) }
            td { a href=(queue) { (worker.task_queue) } }
            td { (version(worker.deployment_version.as_ref())) }
            td { (worker.host_name) @if !worker.process_id.is_empty() { " · process " (worker.process_id) } }
            td { (worker.sdk_name) " " (worker.sdk_version) }
            td { (time(worker.start_time.as_ref())) }
        }
    }
}

/// The status as a badge.
fn status(status: WorkerStatus) -> Markup {
    let (class, name) = match status {
        WorkerStatus::Running => ("badge completed", "Running"),
        WorkerStatus::ShuttingDown => ("badge canceled", "Shutting down"),
        WorkerStatus::Shutdown => ("badge terminated", "Shut down"),
        WorkerStatus::Unspecified => ("badge", "Unknown"),
    };
    html! { span class=(class) { (name) } }
}

fn version(version: Option<&WorkerDeploymentVersion>) -> String {
    let parts =
        version.map(|version| [version.deployment_name.as_str(), version.build_id.as_str()]).unwrap_or_default();
    parts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}
