//! Who could work on a run: the pollers of its task queue and of those of its open activities, and the workers that report there.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use abide_api::temporal::api::enums::v1::{TaskQueueType, WorkerStatus};
use abide_api::temporal::api::taskqueue::v1::{PollerInfo, TaskQueue};
use abide_api::temporal::api::worker::v1::WorkerListInfo;
use abide_api::temporal::api::workflowservice::v1::{DescribeTaskQueueRequest, ListWorkersRequest};
use abide_http::url::path;
use maud::{Markup, html};

use super::frame::{Tab, frame};
use super::relationships::text;
use super::{Described, Names, Run};
use crate::page::{Page, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{empty, since, time};

/// Pollers come and go without a word.
const PAUSE: Duration = Duration::from_secs(3);
/// How many queues of activities are shown besides the run's own, and how much of each.
const QUEUES_SHOWN_MAX: usize = 5;
const POLLERS_SHOWN_MAX: usize = 100;
const WORKERS_SHOWN_MAX: i32 = 100;

/// A poller, and what it polls for.
#[derive(Default)]
struct Poller {
    info: PollerInfo,
    kinds: Vec<&'static str>,
}

/// See the file's first lines.
pub(super) async fn page(visit: Visit, names: Names) -> Result<Page, Problem> {
    let run = Described::ask(&visit, Run::at(names)).await?;
    let mut content = Vec::new();
    for queue in queues(&run) {
        content.push(of_queue(&visit, &run.run.namespace, &queue).await?);
    }
    let content = visit.live("workers", html! { @for queue in content { (queue) } });
    Ok(frame(&visit, &run, Tab::Workers, content).await?.watching(Watch::Every(PAUSE)))
}

/// The run's own first.
fn queues(run: &Described) -> Vec<String> {
    let activities = run.found.pending_activities.iter().filter_map(|activity| activity.activity_options.as_ref());
    let others: BTreeSet<String> =
        activities.filter_map(|options| Some(options.task_queue.as_ref()?.name.clone())).collect();
    let own = run.info.task_queue.clone();
    let others = others.into_iter().filter(|queue| *queue != own && !queue.is_empty()).take(QUEUES_SHOWN_MAX);
    std::iter::once(own.clone()).chain(others).collect()
}

async fn of_queue(visit: &Visit, namespace: &str, queue: &str) -> Result<Markup, Problem> {
    let mut found = BTreeMap::new();
    for (kind, name) in [(TaskQueueType::Workflow, "Workflow tasks"), (TaskQueueType::Activity, "Activities")] {
        let request = DescribeTaskQueueRequest {
            namespace: namespace.to_owned(),
            task_queue: Some(TaskQueue { name: queue.to_owned(), ..Default::default() }),
            task_queue_type: kind.into(),
            ..Default::default()
        };
        let answer = visit.workflows().describe_task_queue(visit.request(request)).await?.into_inner();
        for info in answer.pollers {
            let poller: &mut Poller = found.entry(info.identity.clone()).or_default();
            poller.kinds.push(name);
            let is_newer = poller.info.last_access_time.map(|at| (at.seconds, at.nanos))
                < info.last_access_time.map(|at| (at.seconds, at.nanos));
            if is_newer || poller.info.identity.is_empty() {
                poller.info = info;
            }
        }
    }
    let request = ListWorkersRequest {
        namespace: namespace.to_owned(),
        page_size: WORKERS_SHOWN_MAX,
        query: format!("TaskQueue = {}", text(queue)),
        ..Default::default()
    };
    // Reports of workers are an extra: without them there are still the pollers.
    let workers = visit.workflows().list_workers(visit.request(request)).await;
    let workers = workers.map(|answer| answer.into_inner().workers).unwrap_or_default();
    let to = visit.href(&path(&["namespaces", namespace, "task-queues", queue]));
    Ok(shown(queue, &to, &found, &workers))
}

fn shown(queue: &str, to: &str, pollers: &BTreeMap<String, Poller>, workers: &[WorkerListInfo]) -> Markup {
    html! {
        h2 { "Task queue " a href=(to) { (queue) } }
        @if pollers.is_empty() {
            p.note { "No worker has asked this queue for tasks in the last minutes: what waits there is not done." }
        } @else {
            div.scroll { table {
                caption { "Who asks for tasks" @if pollers.len() > POLLERS_SHOWN_MAX { ": the first " (POLLERS_SHOWN_MAX) " of " (pollers.len()) } }
                thead { tr { @for name in ["Identity", "Asks for", "Build", "Last seen", "Rate"] { th scope="col" { (name) } } } }
                tbody { @for poller in pollers.values().take(POLLERS_SHOWN_MAX) { (poller_row(poller)) } }
            } }
        }
        @if !workers.is_empty() {
            div.scroll { table {
                caption { "Workers that report" }
                thead { tr { @for name in ["Identity", "Status", "Build", "SDK", "Host", "Since"] { th scope="col" { (name) } } } }
                tbody { @for worker in workers { (worker_row(worker)) } }
            } }
        } @else if pollers.is_empty() { (empty("No worker reports for this queue.")) }
    }
}

#[expect(deprecated, reason = "older workers say their build in the older way")]
fn poller_row(poller: &Poller) -> Markup {
    let info = &poller.info;
    let newer = info.deployment_options.as_ref().map(|options| options.build_id.as_str()).filter(|id| !id.is_empty());
    let older = info.worker_version_capabilities.as_ref().map(|known| known.build_id.as_str());
    html! {
        tr data-key=(info.identity) {
            td { (info.identity) }
            td { (poller.kinds.join(", ")) }
            td { (newer.or(older).unwrap_or_default()) }
            td { (since(info.last_access_time.as_ref())) }
            td.number { (rate(info.rate_per_second)) }
        }
    }
}

/// So high a rate is none.
fn rate(per_second: f64) -> String {
    if per_second <= 0.0 || per_second >= 100_000.0 { "no limit".into() } else { format!("{per_second}/s") }
}

fn worker_row(worker: &WorkerListInfo) -> Markup {
    let status = match worker.status() {
        WorkerStatus::Unspecified => "Unknown",
        WorkerStatus::Running => "Running",
        WorkerStatus::ShuttingDown => "Shutting down",
        WorkerStatus::Shutdown => "Shut down",
    };
    let build = worker.deployment_version.as_ref().map(|version| version.build_id.as_str()).unwrap_or_default();
    html! {
        tr data-key=(worker.worker_instance_key) {
            td { (worker.worker_identity) }
            td { (status) }
            td { (build) }
            td { (worker.sdk_name) " " (worker.sdk_version) }
            td { (worker.host_name) }
            td { (time(worker.start_time.as_ref())) }
        }
    }
}
