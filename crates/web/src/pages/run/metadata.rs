//! What is attached to a run: search attributes, memo, its summary and details, headers, links, callbacks; and, when it is asked,
//! what the code says it is doing.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::common::v1::link::Variant;
use abide_api::temporal::api::common::v1::{Link, Payload, callback};
use abide_api::temporal::api::enums::v1::CallbackState;
use abide_api::temporal::api::workflow::v1::CallbackInfo;
use axum::response::Redirect;
use maud::{Markup, html};

use super::event::spoken;
use super::frame::{Tab, frame};
use super::question::{self, Definition, Unanswered};
use super::{Described, Glimpse, Names, Run};
use crate::page::{Page, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{empty, facts, failure, payload, time};

/// For the answer of a worker.
const WAIT: Duration = Duration::from_secs(5);

/// See the file's first lines.
pub(crate) async fn page(visit: Visit, names: Names) -> Result<Page, Problem> {
    let run = Described::ask(&visit, Run::at(names)).await?;
    let glimpse = Glimpse::ask(&visit, &run).await;
    let asked = match visit.value("current") {
        Some(_) => Some(question::definition(&visit, &run.run, WAIT).await),
        None => None,
    };
    let content = html! {
        (current(&visit, &run.run, asked.as_ref()))
        (visit.live("metadata", attached(&visit, &run, &glimpse)))
    };
    let page = frame(&visit, &run, Tab::Metadata, content).await?;
    // A worker is asked: not whenever something happens in the run.
    Ok(if asked.is_some() { page.watching(Watch::Nothing) } else { page })
}

/// The official web UI has more than one page for these.
pub(crate) async fn elsewhere(visit: Visit, names: Names) -> Redirect {
    Redirect::temporary(&Run::at(names).href(&visit, Tab::Metadata.segments()))
}

/// What the code says. A worker is asked, which takes its time: so only for who wants to know.
fn current(visit: &Visit, run: &Run, asked: Option<&Result<Definition, Unanswered>>) -> Markup {
    html! {
        h2 { "Current details" }
        @match asked {
            None => p { a.button href=(visit.here_with(&[("current", Some("1"))])) { "Ask the workflow" } },
            Some(Err(why)) => (why.alert(visit, run)),
            Some(Ok(said)) => {
                @if said.current_details.is_empty() {
                    (empty("The workflow says nothing of what it is doing."))
                } @else {
                    pre { (said.current_details) }
                }
                (listens(&[("Signals", &said.signals), ("Updates", &said.updates), ("Queries", &said.queries)]))
            }
        }
    }
}

/// What the code listens to.
fn listens(kinds: &[(&str, &Vec<question::Named>)]) -> Markup {
    let shown = |all: &[question::Named]| {
        html! {
            @for one in all { div { code { (one.name) } @if !one.description.is_empty() { " " span.quiet { (one.description) } } } }
        }
    };
    let rows: Vec<_> = kinds.iter().map(|(kind, all)| (*kind, (!all.is_empty()).then(|| shown(all)))).collect();
    html! { @if kinds.iter().any(|(_, all)| !all.is_empty()) { (facts(&rows)) } }
}

fn attached(visit: &Visit, run: &Described, glimpse: &Glimpse) -> Markup {
    let attributes = run.info.search_attributes.clone().unwrap_or_default().indexed_fields;
    let memo = run.info.memo.clone().unwrap_or_default().fields;
    let metadata = run.found.execution_config.clone().and_then(|config| config.user_metadata).unwrap_or_default();
    let headers = glimpse.started.header.clone().unwrap_or_default().fields;
    html! {
        @if metadata.summary.is_some() || metadata.details.is_some() {
            h2 { "Summary and details" }
            (facts(&[
                ("Summary", metadata.summary.as_ref().map(payload)),
                ("Details", metadata.details.as_ref().map(payload)),
            ]))
        }
        h2 { "Search attributes" }
        @if attributes.is_empty() { (empty("There are none.")) } @else { (typed(&attributes)) }
        h2 { "Memo" }
        @if memo.is_empty() { (empty("There is none.")) } @else { (named(&memo)) }
        @if !headers.is_empty() { h2 { "Headers" } (named(&headers)) }
        @if !glimpse.links.is_empty() {
            h2 { "Links" }
            ul { @for one in &glimpse.links { li { (link(visit, one)) } } }
        }
        @if !run.found.callbacks.is_empty() {
            h2 { "Callbacks" }
            @for one in &run.found.callbacks { (callback(one)) }
        }
    }
}

/// Names, types and values.
fn typed(fields: &BTreeMap<String, Payload>) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Type" } th scope="col" { "Value" } } }
                tbody {
                    @for (name, value) in fields {
                        tr data-key=(name) {
                            th scope="row" { (name) }
                            td { (String::from_utf8_lossy(value.metadata.get("type").map_or(&[], |kind| kind))) }
                            td { (payload(value)) }
                        }
                    }
                }
            }
        }
    }
}

fn named(fields: &BTreeMap<String, Payload>) -> Markup {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), Some(payload(value)))).collect();
    facts(&fields)
}

fn link(visit: &Visit, link: &Link) -> Markup {
    let run = |namespace: &str, workflow_id: &str, run_id: &str| Run {
        namespace: namespace.to_owned(),
        workflow_id: workflow_id.to_owned(),
        run_id: run_id.to_owned(),
    };
    match &link.variant {
        Some(Variant::WorkflowEvent(it)) => {
            let to = run(&it.namespace, &it.workflow_id, &it.run_id).href(visit, &[]);
            html! { a href=(to) { "Workflow " (it.workflow_id) } }
        }
        Some(Variant::Workflow(it)) => {
            let to = run(&it.namespace, &it.workflow_id, &it.run_id).href(visit, &[]);
            html! { a href=(to) { "Workflow " (it.workflow_id) } " " (it.reason) }
        }
        Some(Variant::BatchJob(it)) => html! { "Batch operation " (it.job_id) },
        Some(Variant::Activity(it)) => html! { "Activity " (it.activity_id) },
        Some(Variant::NexusOperation(it)) => html! { "Nexus operation " (it.operation_id) },
        Some(Variant::Callback(it)) => html! { "Callback " (it.request_id) },
        None => html! { "A link of a kind that is not known here" },
    }
}

fn callback(it: &CallbackInfo) -> Markup {
    let to = match it.callback.as_ref().and_then(|callback| callback.variant.as_ref()) {
        Some(callback::Variant::Nexus(nexus)) => nexus.url.clone(),
        Some(callback::Variant::Internal(_)) => "within the server".into(),
        Some(_) | None => "of a kind that is not known here".into(),
    };
    let state = match it.state() {
        CallbackState::Unspecified => String::new(),
        known => spoken(known.as_str_name(), "CALLBACK_STATE_"),
    };
    html! {
        div.card {
            (facts(&[
                ("To", Some(html! { code { (to) } })),
                ("State", Some(html! { (state) })),
                ("Attempts", Some(html! { (it.attempt) })),
                ("Registered", it.registration_time.as_ref().map(|at| time(Some(at)))),
                ("Last attempt", it.last_attempt_complete_time.as_ref().map(|at| time(Some(at)))),
                ("Next attempt", it.next_attempt_schedule_time.as_ref().map(|at| time(Some(at)))),
                ("Blocked", (!it.blocked_reason.is_empty()).then(|| html! { (it.blocked_reason) })),
            ]))
            @if let Some(last) = &it.last_attempt_failure { (failure(last)) }
        }
    }
}
