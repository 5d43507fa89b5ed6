//! One task queue: for each kind of its tasks, who polls, what waits, how fast tasks come and go, and what was decided about it.

use abide_api::temporal::api::enums::v1::{RateLimitSource, TaskQueueType};
use abide_api::temporal::api::taskqueue::v1::{RateLimitConfig, TaskQueueConfig};
use abide_api::temporal::api::workflowservice::v1::DescribeTaskQueueResponse;
use abide_http::url::{path, query};
use axum::extract::Path;
use maud::{Markup, html};

use super::{KINDS, LOOK_AGAIN, address, describe, rate, version};
use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::{duration, empty, facts, since, time};

/// What SDKs say when nobody has set a limit.
const RATE_UNLIMITED: f64 = 100_000.0;

/// See the file's first lines.
pub(super) async fn queue(visit: Visit, Path((namespace, name)): Path<(String, String)>) -> Result<Page, Problem> {
    let mut kinds = Vec::with_capacity(KINDS.len());
    for kind in KINDS {
        kinds.push((kind, describe(&visit, &namespace, &name, kind).await?));
    }
    let body = html! {
        div.head {
            h1 { (name) }
            div.actions { a.button href=(workflows(&visit, &namespace, &name)) { "Workflows on this queue" } }
        }
        @for (kind, found) in &kinds { (section(&visit, &namespace, &name, *kind, found)) }
    };
    let page = Page::new(Place::TaskQueues, format!("Task queue {name}"), body);
    Ok(page.of(namespace).watching(Watch::Every(LOOK_AGAIN)))
}

/// The workflows whose queue it is.
fn workflows(visit: &Visit, namespace: &str, queue: &str) -> String {
    let text = queue.replace('\\', r"\\").replace('\'', "''");
    let wanted = query([("query", format!("TaskQueue = '{text}'").as_str())]);
    visit.href(&format!("{}?{wanted}", path(&["namespaces", namespace, "workflows"])))
}

/// How a kind of tasks is called in addresses and on the command line.
pub(super) fn kind_name(kind: TaskQueueType) -> &'static str {
    match kind {
        TaskQueueType::Workflow => "workflow",
        TaskQueueType::Activity => "activity",
        TaskQueueType::Nexus => "nexus",
        TaskQueueType::Unspecified => "",
    }
}

fn section(
    visit: &Visit,
    namespace: &str,
    queue: &str,
    kind: TaskQueueType,
    found: &DescribeTaskQueueResponse,
) -> Markup {
    let name = kind_name(kind);
    let title = if kind == TaskQueueType::Workflow { "Workflow tasks" } else { "Activity tasks" };
    let configure = address(visit, namespace, &[queue, "actions", "configure"]);
    html! {
        section {
            div.head {
                h2 { (title) }
                @if visit.may(Action::Administration) {
                    div.actions {
                        a.button data-dialog="" href={ (configure) "?type=" (name) } aria-label={ "Configure " (title.to_lowercase()) } { "Configure" }
                    }
                }
            }
            (visit.live(name, everything(title, found)))
        }
    }
}

fn everything(title: &str, found: &DescribeTaskQueueResponse) -> Markup {
    html! {
        @if is_stuck(found) { p.note { "Tasks wait, and no worker polls for them." } }
        div.columns {
            section { h3 { "Now" } (now(found)) (levels(found)) }
            section { h3 { "Configuration" } (config(found)) }
        }
        h3 { "Pollers" }
        (pollers(title, found))
    }
}

fn is_stuck(found: &DescribeTaskQueueResponse) -> bool {
    found.pollers.is_empty() && found.stats.as_ref().is_some_and(|stats| stats.approximate_backlog_count > 0)
}

fn now(found: &DescribeTaskQueueResponse) -> Markup {
    let stats = found.stats.unwrap_or_default();
    let waits = stats.approximate_backlog_count > 0;
    let limit = found.effective_rate_limit.unwrap_or_default();
    let limit = match limit.rate_limit_source() {
        RateLimitSource::Api => html! { (limit.requests_per_second) " per second, by its configuration" },
        RateLimitSource::Worker => html! { (limit.requests_per_second) " per second, as the last worker said" },
        RateLimitSource::System | RateLimitSource::Unspecified => html! { "None" },
    };
    facts(&[
        ("Tasks waiting", Some(html! { (stats.approximate_backlog_count) })),
        ("Oldest", waits.then(|| duration(stats.approximate_backlog_age.as_ref()))),
        ("Added per second", Some(html! { (rate(stats.tasks_add_rate.into())) })),
        ("Handed out per second", Some(html! { (rate(stats.tasks_dispatch_rate.into())) })),
        ("Rate limit", Some(limit)),
        (
            "Held back",
            stats
                .rate_limiting_active
                .then(|| html! { span.failed { "Pollers are kept from tasks by the rate limit" } }),
        ),
    ])
}

/// What waits by priority, unless all of it has the default one.
fn levels(found: &DescribeTaskQueueResponse) -> Markup {
    html! {
        @if found.stats_by_priority_key.len() > 1 {
            table {
                caption { "By priority" }
                thead { tr { th scope="col" { "Priority" } th.number scope="col" { "Tasks waiting" } th scope="col" { "Oldest" } } }
                tbody {
                    @for (priority, stats) in &found.stats_by_priority_key {
                        tr {
                            td { (priority) }
                            td.number { (stats.approximate_backlog_count) }
                            td { @if stats.approximate_backlog_count > 0 { (duration(stats.approximate_backlog_age.as_ref())) } }
                        }
                    }
                }
            }
        }
    }
}

fn config(found: &DescribeTaskQueueResponse) -> Markup {
    let TaskQueueConfig { queue_rate_limit, fairness_keys_rate_limit_default, fairness_weight_overrides } =
        found.config.clone().unwrap_or_default();
    html! {
        (facts(&[
            ("Rate limit of the queue", Some(limit(queue_rate_limit.as_ref()))),
            ("Rate limit of each fairness key", Some(limit(fairness_keys_rate_limit_default.as_ref()))),
        ]))
        @if !fairness_weight_overrides.is_empty() {
            table {
                caption { "Weights of fairness keys" }
                thead { tr { th scope="col" { "Key" } th.number scope="col" { "Weight" } } }
                tbody { @for (key, weight) in &fairness_weight_overrides { tr { td { code { (key) } } td.number { (weight) } } } }
            }
        }
    }
}

fn limit(limit: Option<&RateLimitConfig>) -> Markup {
    let rate = limit.and_then(|limit| limit.rate_limit);
    let said = limit.and_then(|limit| limit.metadata.as_ref());
    html! {
        @match rate { Some(rate) => { (rate.requests_per_second) " per second" }, None => "None" }
        @if let Some(said) = said {
            @if !said.reason.is_empty() { p { (said.reason) } }
            p.quiet { (time(said.update_time.as_ref())) @if !said.update_identity.is_empty() { " by " (said.update_identity) } }
        }
    }
}

fn pollers(title: &str, found: &DescribeTaskQueueResponse) -> Markup {
    if found.pollers.is_empty() {
        return empty("No worker has polled in the last minutes.");
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Pollers for " (title.to_lowercase()) } {
            table {
                caption.hidden-visually { "Pollers for " (title.to_lowercase()) }
                thead { tr { @for name in ["Identity", "Version", "Since the last poll"] { th scope="col" { (name) } } th.number scope="col" { "Tasks per second at most" } } }
                tbody {
                    @for poller in &found.pollers {
                        tr data-key=(poller.identity) {
                            td { (poller.identity) }
                            td { (version(poller)) }
                            td.nowrap { (since(poller.last_access_time.as_ref())) }
                            td.number { @if (0.0..RATE_UNLIMITED).contains(&poller.rate_per_second) { (poller.rate_per_second) } }
                        }
                    }
                }
            }
        }
    }
}
