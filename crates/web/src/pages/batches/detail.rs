//! One batch operation: what it does to which runs, why, and how far it is.

use std::time::Duration;

use abide_api::temporal::api::enums::v1::BatchOperationState;
use abide_api::temporal::api::workflowservice::v1::DescribeBatchOperationResponse;
use abide_http::url::{path, query};
use axum::extract::Path;
use maud::{Markup, html};

use super::{describe, progress, state, words};
use crate::page::{Page, Place, Watch};
use crate::pages::run::Run;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::{copyable, facts, number, time};

const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How many of the runs that a batch names are shown.
const RUNS_SHOWN_MAX: usize = 200;

/// See the file's first lines.
pub(super) async fn detail(visit: Visit, Path((namespace, job_id)): Path<(String, String)>) -> Result<Page, Problem> {
    let found = describe(&visit, &namespace, &job_id).await?;
    let title = words(found.operation_type().as_str_name(), "BATCH_OPERATION_TYPE_");
    let body = html! {
        h1 { (title) ": a batch operation" }
        (visit.live("progress", how_far(&visit, &namespace, &found)))
        (what(&visit, &namespace, &found))
    };
    let watch = match found.state() {
        BatchOperationState::Running => Watch::Every(LOOK_AGAIN),
        BatchOperationState::Unspecified | BatchOperationState::Completed | BatchOperationState::Failed => {
            Watch::Nothing
        }
    };
    Ok(Page::new(Place::Batches, title, body).of(&namespace).watching(watch))
}

fn how_far(visit: &Visit, namespace: &str, found: &DescribeBatchOperationResponse) -> Markup {
    let is_running = found.state() == BatchOperationState::Running;
    let stop = path(&["namespaces", namespace, "batch-operations", &found.job_id, "actions", "stop"]);
    html! {
        p { (state(found.state())) " " (progress(found)) }
        @if is_running && visit.may(Action::Batch) {
            p.actions { a.button data-dialog="" href=(visit.href(&stop)) { "Stop" } }
        }
        (facts(&[
            ("Done", Some(html! { (number(found.complete_operation_count)) })),
            ("Failed", Some(html! { (number(found.failure_operation_count)) })),
            ("Meant", Some(html! { (number(found.total_operation_count)) })),
            ("Start", Some(time(found.start_time.as_ref()))),
            ("End", found.close_time.as_ref().map(|at| time(Some(at)))),
        ]))
    }
}

fn what(visit: &Visit, namespace: &str, found: &DescribeBatchOperationResponse) -> Markup {
    let list = visit.href(&path(&["namespaces", namespace, "workflows"]));
    let asked = (!found.query.is_empty()).then_some(found.query.as_str());
    let identity = (!found.identity.is_empty()).then(|| html! { (found.identity) });
    html! {
        (facts(&[
            ("Job id", Some(copyable(&found.job_id))),
            ("Reason", Some(html! { (found.reason) })),
            ("Started by", identity),
            ("Query", asked.map(|text| html! { a href={ (list) "?" (query([("query", text)])) } { code { (text) } } })),
        ]))
        @if !found.executions.is_empty() {
            h2 { (number(i64::try_from(found.executions.len()).unwrap_or(i64::MAX))) " chosen workflows" }
            ul {
                @for one in found.executions.iter().take(RUNS_SHOWN_MAX) {
                    @let run = Run { namespace: namespace.into(), workflow_id: one.business_id.clone(), run_id: one.run_id.clone() };
                    li { a href=(run.href(visit, &[])) { (one.business_id) } }
                }
                @if found.executions.len() > RUNS_SHOWN_MAX { li.quiet { "and others" } }
            }
        }
    }
}
