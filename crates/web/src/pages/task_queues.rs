//! The task queues of a namespace: what waits in them, and who polls. No RPC lists queues; the server tells the page their names,
//! and each that is shown is described by the service.

mod configure;
mod queue;
#[cfg(test)]
mod tests;

use std::time::Duration;

use abide_api::temporal::api::enums::v1::TaskQueueType;
use abide_api::temporal::api::taskqueue::v1::{PollerInfo, TaskQueue, TaskQueueStats};
use abide_api::temporal::api::workflowservice::v1::{DescribeTaskQueueRequest, DescribeTaskQueueResponse};
use abide_http::url::path;
use abide_model::{NamespaceId, limits};
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use maud::{Markup, html};

use super::namespaces::detail::describe as describe_namespace;
use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{Column, duration, empty};

/// How many queues a page shows: each is two calls of the service, every time.
const PAGE_SIZE: usize = 50;
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The pages of task queues, by address.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/namespaces/{namespace}/task-queues", get(list))
        .route("/namespaces/{namespace}/task-queues/{queue}", get(queue::queue))
        .route(
            "/namespaces/{namespace}/task-queues/{queue}/actions/configure",
            get(configure::ask).post(configure::act),
        )
}

/// The two kinds of tasks that queues of this server have.
const KINDS: [TaskQueueType; 2] = [TaskQueueType::Workflow, TaskQueueType::Activity];

/// See the file's first lines.
pub(crate) async fn list(visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    let names = names(&visit, &namespace).await?;
    let all = names.len();
    let chosen = Chosen::of(&visit, names);
    let mut rows = Vec::with_capacity(chosen.names.len());
    for name in &chosen.names {
        rows.push(Row::of(&visit, &namespace, name).await?);
    }
    let body = html! {
        h1 { "Task queues" }
        form.bar method="get" role="search" action=(address(&visit, &namespace, &[])) {
            label.hidden-visually for="search" { "A part of the name" }
            input.wide id="search" type="search" name="search" data-search="" placeholder="A part of the name"
                value=(visit.value("search").unwrap_or_default());
            @if chosen.by_backlog { input type="hidden" name="sort" value="backlog"; }
            button { "Search" }
        }
        (visit.live("queues", table(&visit, &namespace, &chosen, &rows)))
        p.quiet { "Listed are queues that workers poll, that have tasks, or that have a configuration."
            @if all >= limits::QUEUES_LISTED_MAX { " There are more than the " (all) " that are looked at here." } }
    };
    let page = Page::new(Place::TaskQueues, format!("Task queues of {namespace}"), body);
    Ok(page.of(namespace).watching(Watch::Every(LOOK_AGAIN)))
}

/// The names of the queues with what waits in them. Whoever may not see the namespace is told so.
async fn names(visit: &Visit, namespace: &str) -> Result<Vec<(String, i64)>, Problem> {
    let info = describe_namespace(visit, namespace).await?.namespace_info.unwrap_or_default();
    let id = NamespaceId::parse(&info.id).ok_or_else(|| Problem::failed("the namespace has no id"))?;
    Ok((visit.site.queues)(id).into_iter().collect())
}

fn address(visit: &Visit, namespace: &str, rest: &[&str]) -> String {
    visit.href(&path(&[&["namespaces", namespace, "task-queues"], rest].concat()))
}

/// The part of the list that is shown.
struct Chosen {
    names: Vec<String>,
    by_backlog: bool,
    page: usize,
    pages: usize,
}

impl Chosen {
    fn of(visit: &Visit, mut all: Vec<(String, i64)>) -> Self {
        let wanted = visit.value("search").unwrap_or_default().to_lowercase();
        all.retain(|(name, _)| name.to_lowercase().contains(&wanted));
        let by_backlog = visit.value("sort") == Some("backlog");
        if by_backlog {
            all.sort_by(|(_, one), (_, other)| other.cmp(one));
        }
        let pages = all.len().div_ceil(PAGE_SIZE).max(1);
        let page = visit.value("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
        let names = all.into_iter().map(|(name, _)| name).skip((page - 1) * PAGE_SIZE).take(PAGE_SIZE).collect();
        Self { names, by_backlog, page, pages }
    }
}

/// A queue in the list.
struct Row {
    name: String,
    /// One for each of [`KINDS`].
    kinds: Vec<DescribeTaskQueueResponse>,
}

impl Row {
    async fn of(visit: &Visit, namespace: &str, name: &str) -> Result<Self, Problem> {
        let mut kinds = Vec::with_capacity(KINDS.len());
        for kind in KINDS {
            kinds.push(describe(visit, namespace, name, kind).await?);
        }
        Ok(Self { name: name.to_owned(), kinds })
    }

    fn pollers(&self, kind: usize) -> usize {
        self.kinds.get(kind).map_or(0, |kind| kind.pollers.len())
    }

    fn sum(&self, of: impl Fn(&TaskQueueStats) -> f64) -> f64 {
        self.kinds.iter().filter_map(|kind| kind.stats.as_ref()).map(of).sum()
    }
}

/// Everything about a queue and one kind of its tasks.
async fn describe(
    visit: &Visit,
    namespace: &str,
    queue: &str,
    kind: TaskQueueType,
) -> Result<DescribeTaskQueueResponse, Problem> {
    let request = DescribeTaskQueueRequest {
        namespace: namespace.to_owned(),
        task_queue: Some(TaskQueue { name: queue.to_owned(), ..Default::default() }),
        task_queue_type: kind.into(),
        report_stats: true,
        report_config: true,
        ..Default::default()
    };
    Ok(visit.workflows().describe_task_queue(visit.request(request)).await?.into_inner())
}

fn table(visit: &Visit, namespace: &str, chosen: &Chosen, rows: &[Row]) -> Markup {
    if rows.is_empty() {
        let is_search = visit.value("search").is_some();
        return empty(if is_search {
            "No task queue matches."
        } else {
            "No worker polls in this namespace, and no task waits."
        });
    }
    let sort = |by: Option<&str>| Some(visit.here_with(&[("sort", by), ("page", None)]));
    let backlog_order = chosen.by_backlog.then_some("descending");
    let name_order = (!chosen.by_backlog).then_some("ascending");
    html! {
        div.scroll {
            table {
                caption.hidden-visually { "Task queues" }
                thead {
                    tr {
                        (Column { name: "Task queue", sort: sort(None), order: name_order }.head())
                        th.number scope="col" aria-sort=[backlog_order] {
                            a href=[sort(Some("backlog"))] { "Tasks waiting" @if backlog_order.is_some() { " ↓" } }
                        }
                        th scope="col" { "Oldest" }
                        @for name in ["Added per second", "Handed out per second", "Workflow pollers", "Activity pollers"] {
                            th.number scope="col" { (name) }
                        }
                    }
                }
                tbody { @for row in rows { (row_of(visit, namespace, row)) } }
            }
        }
        (pages(visit, chosen))
    }
}

fn row_of(visit: &Visit, namespace: &str, row: &Row) -> Markup {
    let backlog = row.sum(|stats| stats.approximate_backlog_count as f64);
    let ages = row.kinds.iter().filter_map(|kind| kind.stats.as_ref()?.approximate_backlog_age);
    let oldest = ages.max_by_key(|age| (age.seconds, age.nanos)).filter(|_| backlog > 0.0);
    let is_lonely = |kind: usize| {
        let waits = row
            .kinds
            .get(kind)
            .and_then(|kind| kind.stats.as_ref())
            .is_some_and(|stats| stats.approximate_backlog_count > 0);
        waits && row.pollers(kind) == 0
    };
    html! {
        tr data-row="" data-key=(row.name) {
            td { a href=(address(visit, namespace, &[&row.name])) data-row-link="" { (row.name) } }
            td.number { (backlog) }
            td.nowrap { (duration(oldest.as_ref())) }
            td.number { (rate(row.sum(|stats| stats.tasks_add_rate.into()))) }
            td.number { (rate(row.sum(|stats| stats.tasks_dispatch_rate.into()))) }
            @for kind in 0..KINDS.len() {
                td.number { (row.pollers(kind)) @if is_lonely(kind) { " " span.badge.failed { "No pollers" } } }
            }
        }
    }
}

fn pages(visit: &Visit, chosen: &Chosen) -> Markup {
    let to = |page: usize| visit.here_with(&[("page", Some(&page.to_string()))]);
    html! {
        @if chosen.pages > 1 {
            nav.actions aria-label="Pages of the list" {
                @if chosen.page > 1 { a.button rel="prev" href=(to(chosen.page - 1)) { "Previous" } }
                span { "Page " (chosen.page) " of " (chosen.pages) }
                @if chosen.page < chosen.pages { a.button rel="next" href=(to(chosen.page + 1)) { "Next" } }
            }
        }
    }
}

/// A rate as people read it: with one digit behind the point, while it is small.
fn rate(per_second: f64) -> String {
    match per_second {
        none if none <= 0.0 => "0".into(),
        tiny if tiny < 0.05 => "< 0.1".into(),
        small if small < 100.0 => format!("{small:.1}"),
        large => format!("{large:.0}"),
    }
}

/// What a worker says about its version: the deployment and the build id, if it says so.
#[allow(deprecated)] // Older workers say it in the older form.
fn version(poller: &PollerInfo) -> String {
    let newer =
        poller.deployment_options.as_ref().map(|options| (options.deployment_name.as_str(), options.build_id.as_str()));
    let older = poller.worker_version_capabilities.as_ref().map(|known| ("", known.build_id.as_str()));
    let (deployment, build) = newer.filter(|(_, build)| !build.is_empty()).or(older).unwrap_or_default();
    [deployment, build].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod units {
    use super::*;

    #[test]
    fn rates_are_as_exact_as_people_read_them() {
        for (per_second, expected) in
            [(0.0, "0"), (-1.0, "0"), (0.01, "< 0.1"), (1.25, "1.2"), (99.94, "99.9"), (1234.5, "1234")]
        {
            assert_eq!(rate(per_second), expected);
        }
    }

    #[test]
    fn a_version_is_what_the_worker_says_of_it() {
        use abide_api::temporal::api::deployment::v1::WorkerDeploymentOptions;
        let options = |name: &str, build: &str| {
            let options =
                WorkerDeploymentOptions { deployment_name: name.into(), build_id: build.into(), ..Default::default() };
            PollerInfo { deployment_options: Some(options), ..Default::default() }
        };
        assert_eq!(version(&options("shop", "1.2")), "shop · 1.2");
        assert_eq!(version(&options("", "1.2")), "1.2");
        assert_eq!(version(&PollerInfo::default()), "");
    }
}
