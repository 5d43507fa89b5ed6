//! The facts about a run in a few columns.

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_http::url::path;
use maud::{Markup, html};

use crate::pages::run::frame::Tab;
use crate::pages::run::{Described, Glimpse, Run};
use crate::visit::Visit;
use crate::widgets::{self, copyable, duration, since, size, time, until};

/// All of them; those that are rarely asked for are folded.
pub(super) fn facts(visit: &Visit, run: &Described, glimpse: &Glimpse) -> Markup {
    html! {
        div.columns { (main(visit, run)) (times(visit, run)) (relations(visit, run, glimpse)) }
        details.more data-key="more-facts" { summary { "More about this run" } div.columns { (more(run, glimpse)) (limits(run)) } }
    }
}

fn main(visit: &Visit, run: &Described) -> Markup {
    let queue = &run.info.task_queue;
    let to_queue = visit.href(&path(&["namespaces", &run.run.namespace, "task-queues", queue]));
    let attributes = run.info.search_attributes.as_ref().map_or(0, |attributes| attributes.indexed_fields.len());
    widgets::facts(&[
        ("Workflow id", Some(copyable(&run.run.workflow_id))),
        ("Run id", Some(copyable(&run.run.run_id))),
        ("Task queue", (!queue.is_empty()).then(|| html! { a href=(to_queue) { (queue) } })),
        (
            "Search attributes",
            (attributes > 0).then(|| {
                html! { a href=(run.run.href(visit, Tab::Metadata.segments())) { (attributes) } }
            }),
        ),
    ])
}

fn times(visit: &Visit, run: &Described) -> Markup {
    let info = &run.info;
    let Run { namespace, workflow_id, run_id } = &run.run;
    let whole = path(&["api", "v1", "namespaces", namespace, "workflows", workflow_id, "run", run_id, "history.json"]);
    let file = format!("{run_id}.json");
    let is_late = info.execution_time.is_some() && info.execution_time != info.start_time;
    widgets::facts(&[
        ("Start", Some(time(info.start_time.as_ref()))),
        ("First task at", is_late.then(|| time(info.execution_time.as_ref()))),
        ("End", info.close_time.as_ref().map(|at| time(Some(at)))),
        (
            "Duration",
            Some(match info.execution_duration.as_ref() {
                Some(_) => duration(info.execution_duration.as_ref()),
                None => since(info.start_time.as_ref()),
            }),
        ),
        (
            "History",
            Some(html! {
                (info.history_length) (if info.history_length == 1 { " event, " } else { " events, " }) (size(info.history_size_bytes.unsigned_abs())) ", "
                a href=(visit.href(&whole)) download=(file) { "download" }
            }),
        ),
        (
            "Ends at the latest",
            run.more.run_expiration_time.as_ref().filter(|_| run.is_open()).map(|at| {
                html! { (time(Some(at))) " (" (until(Some(at))) ")" }
            }),
        ),
    ])
}

fn relations(visit: &Visit, run: &Described, glimpse: &Glimpse) -> Markup {
    let info = &run.info;
    let started = &glimpse.started;
    let other = |run_id: &str| (!run_id.is_empty() && *run_id != run.run.run_id).then(|| self::run(visit, run, run_id));
    let root = info.root_execution.as_ref().filter(|root| root.run_id != run.run.run_id);
    let root = root.filter(|root| info.parent_execution.as_ref().is_none_or(|parent| parent.run_id != root.run_id));
    let namespace = match started.parent_workflow_namespace.as_str() {
        "" => &run.run.namespace,
        other => other,
    };
    widgets::facts(&[
        ("Parent", info.parent_execution.as_ref().map(|parent| workflow(visit, namespace, parent))),
        ("Root", root.map(|root| workflow(visit, namespace, root))),
        ("First run", other(&info.first_run_id)),
        ("Continued from", other(&started.continued_execution_run_id)),
        ("Next run", next(glimpse).and_then(other)),
        ("Cron schedule", (!started.cron_schedule.is_empty()).then(|| html! { code { (started.cron_schedule) } })),
        ("Attempt", (started.attempt > 1).then(|| html! { (started.attempt) })),
    ])
}

fn more(run: &Described, glimpse: &Glimpse) -> Markup {
    let started = &glimpse.started;
    let priority = run.info.priority.clone().unwrap_or_default();
    let deployment = &run.info.worker_deployment_name;
    widgets::facts(&[
        ("State transitions", Some(html! { (run.info.state_transition_count) })),
        ("Started by", (!started.identity.is_empty()).then(|| html! { (started.identity) })),
        ("Priority", (priority.priority_key > 0).then(|| html! { (priority.priority_key) })),
        ("Fairness key", (!priority.fairness_key.is_empty()).then(|| html! { (priority.fairness_key) })),
        ("Deployment", (!deployment.is_empty()).then(|| html! { (deployment) })),
        (
            "Original start",
            run.more
                .original_start_time
                .as_ref()
                .filter(|at| run.info.start_time.as_ref() != Some(*at))
                .map(|at| time(Some(at))),
        ),
    ])
}

fn limits(run: &Described) -> Markup {
    let config = run.found.execution_config.clone().unwrap_or_default();
    let limit = |of: &Option<prost_types::Duration>| {
        let is_set = of.as_ref().is_some_and(|of| of.seconds > 0 || of.nanos > 0);
        Some(if is_set {
            duration(of.as_ref())
        } else {
            html! { "none" }
        })
    };
    widgets::facts(&[
        ("Execution timeout", limit(&config.workflow_execution_timeout)),
        ("Run timeout", limit(&config.workflow_run_timeout)),
        ("Workflow task timeout", limit(&config.default_workflow_task_timeout)),
    ])
}

/// The run that followed this one.
fn next(glimpse: &Glimpse) -> Option<&str> {
    Some(match glimpse.last()? {
        Attributes::WorkflowExecutionCompletedEventAttributes(it) => &it.new_execution_run_id,
        Attributes::WorkflowExecutionFailedEventAttributes(it) => &it.new_execution_run_id,
        Attributes::WorkflowExecutionTimedOutEventAttributes(it) => &it.new_execution_run_id,
        Attributes::WorkflowExecutionContinuedAsNewEventAttributes(it) => &it.new_execution_run_id,
        _ => return None,
    })
}

/// Another run of the same workflow id.
pub(crate) fn run(visit: &Visit, of: &Described, run_id: &str) -> Markup {
    let run = Run { run_id: run_id.to_owned(), ..of.run.clone() };
    html! { a.mono href=(run.href(visit, &[])) { (run_id) } }
}

/// A run of any workflow.
pub(crate) fn workflow(visit: &Visit, namespace: &str, execution: &WorkflowExecution) -> Markup {
    let segments = ["namespaces", namespace, "workflows", &execution.workflow_id, &execution.run_id];
    let known = if execution.run_id.is_empty() { &segments[..4] } else { &segments[..] };
    html! { a href=(visit.href(&path(known))) { (execution.workflow_id) } }
}
