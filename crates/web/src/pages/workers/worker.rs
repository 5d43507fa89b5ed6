//! One worker as it last described itself: its slots, its pollers, its machine, its cache of workflows.

use abide_api::temporal::api::worker::v1::{WorkerHeartbeat, WorkerHostInfo, WorkerPollerInfo, WorkerSlotsInfo};
use abide_api::temporal::api::workflowservice::v1::DescribeWorkerRequest;
use abide_http::url::path;
use axum::extract::Path;
use maud::{Markup, html};

use super::{LOOK_AGAIN, status, version};
use crate::command_line;
use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{command, copyable, facts, since, time};

/// See the file's first line.
pub(super) async fn worker(visit: Visit, Path((namespace, key)): Path<(String, String)>) -> Result<Page, Problem> {
    let request = DescribeWorkerRequest { namespace: namespace.clone(), worker_instance_key: key.clone() };
    let found = visit.workflows().describe_worker(visit.request(request)).await?.into_inner();
    let worker = found.worker_info.and_then(|info| info.worker_heartbeat).unwrap_or_default();
    let flags = [("namespace", Some(namespace.as_str())), ("worker-instance-key", Some(key.as_str()))];
    let body = html! {
        h1 { "Worker " (key) }
        (visit.live("worker", everything(&visit, &namespace, &worker)))
        (command(&command_line::command("worker describe", &flags)))
    };
    let page = Page::new(Place::Workers, format!("Worker {key}"), body);
    Ok(page.of(namespace).watching(Watch::Every(LOOK_AGAIN)))
}

fn everything(visit: &Visit, namespace: &str, worker: &WorkerHeartbeat) -> Markup {
    html! {
        p { (status(worker.status())) }
        div.columns {
            section { h2 { "About" } (about(visit, namespace, worker)) }
            section { h2 { "Machine" } (machine(&worker.host_info.clone().unwrap_or_default())) (cache(worker)) }
        }
        h2 id="slots" { "Slots" }
        (slots(worker))
        h2 id="pollers" { "Pollers" }
        (pollers(worker))
        (parts(worker))
    }
}

fn about(visit: &Visit, namespace: &str, worker: &WorkerHeartbeat) -> Markup {
    let queue = visit.href(&path(&["namespaces", namespace, "task-queues", &worker.task_queue]));
    let deployment = version(worker.deployment_version.as_ref());
    facts(&[
        ("Identity", Some(copyable(&worker.worker_identity))),
        ("Task queue", Some(html! { a href=(queue) { (worker.task_queue) } })),
        ("Version", (!deployment.is_empty()).then(|| html! { (deployment) })),
        ("SDK", Some(html! { (worker.sdk_name) " " (worker.sdk_version) })),
        ("Start", Some(time(worker.start_time.as_ref()))),
        ("Since the last heartbeat", Some(since(worker.heartbeat_time.as_ref()))),
    ])
}

fn machine(host: &WorkerHostInfo) -> Markup {
    let text = |text: &str| (!text.is_empty()).then(|| html! { (text) });
    facts(&[
        ("Host", text(&host.host_name)),
        ("Process", text(&host.process_id)),
        ("Group", text(&host.worker_grouping_key)),
        ("CPU", Some(share(host.current_host_cpu_usage))),
        ("Memory", Some(share(host.current_host_mem_usage))),
    ])
}

/// A share of one, as the worker says it.
fn share(used: f32) -> Markup {
    let percent = (used.clamp(0.0, 1.0) * 100.0).round();
    html! { (percent) "% " meter min="0" max="100" value=(percent) aria-hidden="true" {} }
}

fn cache(worker: &WorkerHeartbeat) -> Markup {
    html! {
        h2 { "Cache of workflows" }
        (facts(&[
            ("Workflows kept", Some(html! { (worker.current_sticky_cache_size) })),
            ("Found", Some(html! { (worker.total_sticky_cache_hit) })),
            ("Not found", Some(html! { (worker.total_sticky_cache_miss) })),
        ]))
    }
}

fn slots(worker: &WorkerHeartbeat) -> Markup {
    let kinds: [(&str, &Option<WorkerSlotsInfo>); 4] = [
        ("Workflow tasks", &worker.workflow_task_slots_info),
        ("Activities", &worker.activity_task_slots_info),
        ("Local activities", &worker.local_activity_slots_info),
        ("Nexus tasks", &worker.nexus_task_slots_info),
    ];
    let counts = ["Used", "Available", "Done", "Failed", "Done lately", "Failed lately"];
    html! {
        div.scroll tabindex="0" role="region" aria-labelledby="slots" {
            table aria-labelledby="slots" {
                thead { tr { th scope="col" { "Kind" } th scope="col" { "Chosen by" } @for name in counts { th.number scope="col" { (name) } } } }
                tbody {
                    @for (name, slots) in kinds {
                        @if let Some(slots) = slots {
                            tr {
                                th scope="row" { (name) }
                                td { (slots.slot_supplier_kind) }
                                td.number { (slots.current_used_slots) }
                                td.number { (slots.current_available_slots) }
                                td.number { (slots.total_processed_tasks) }
                                td.number { (slots.total_failed_tasks) }
                                td.number { (slots.last_interval_processed_tasks) }
                                td.number { (slots.last_interval_failure_tasks) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn pollers(worker: &WorkerHeartbeat) -> Markup {
    let kinds: [(&str, &Option<WorkerPollerInfo>); 4] = [
        ("Workflow tasks", &worker.workflow_poller_info),
        ("Workflow tasks of its own queue", &worker.workflow_sticky_poller_info),
        ("Activities", &worker.activity_poller_info),
        ("Nexus tasks", &worker.nexus_poller_info),
    ];
    html! {
        div.scroll tabindex="0" role="region" aria-labelledby="pollers" {
            table aria-labelledby="pollers" {
                thead { tr { th scope="col" { "Kind" } th.number scope="col" { "Pollers" } th scope="col" { "Their number" } th scope="col" { "Since the last task" } } }
                tbody {
                    @for (name, pollers) in kinds {
                        @if let Some(pollers) = pollers {
                            tr {
                                th scope="row" { (name) }
                                td.number { (pollers.current_pollers) }
                                td { (if pollers.is_autoscaling { "follows the load" } else { "is fixed" }) }
                                td.nowrap { (since(pollers.last_successful_poll_time.as_ref())) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Plug-ins, and where it stores large payloads.
fn parts(worker: &WorkerHeartbeat) -> Markup {
    let drivers: Vec<&str> = worker.drivers.iter().map(|driver| driver.r#type.as_str()).collect();
    html! {
        @if !worker.plugins.is_empty() {
            h2 { "Plug-ins" }
            ul { @for plugin in &worker.plugins { li { (plugin.name) " " (plugin.version) } } }
        }
        @if !drivers.is_empty() { h2 { "External storage" } p { (drivers.join(", ")) } }
    }
}
