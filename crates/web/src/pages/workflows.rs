//! The runs of a namespace that a query finds.

use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_api::temporal::api::workflowservice::v1::ListWorkflowExecutionsRequest;
use abide_http::url::path;
use axum::extract::Path;
use maud::{Markup, html};

use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{Column, empty, run_status, time};

/// How many runs a page shows.
const PAGE_SIZE: i32 = 100;

/// See the file's first lines.
pub(crate) async fn list(visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    let request = ListWorkflowExecutionsRequest {
        namespace: namespace.clone(),
        page_size: PAGE_SIZE,
        query: visit.value("query").unwrap_or_default().to_owned(),
        ..Default::default()
    };
    let found = visit.workflows().list_workflow_executions(visit.request(request)).await?.into_inner();
    let body = html! {
        h1 { "Workflows" }
        (visit.live("rows", rows(&visit, &namespace, &found.executions)))
    };
    Ok(Page::new(Place::Workflows, "Workflows", body).of(&namespace).watching(Watch::Namespace(namespace)))
}

fn rows(visit: &Visit, namespace: &str, runs: &[WorkflowExecutionInfo]) -> Markup {
    if runs.is_empty() {
        return empty("No workflow matches.");
    }
    let columns = ["Status", "Workflow id", "Run id", "Type", "Start", "End"];
    html! {
        div.scroll {
            table {
                thead { tr { @for name in columns { (Column { name, sort: None, order: None }.head()) } } }
                tbody { @for run in runs { (row(visit, namespace, run)) } }
            }
        }
    }
}

fn row(visit: &Visit, namespace: &str, run: &WorkflowExecutionInfo) -> Markup {
    let execution = run.execution.clone().unwrap_or_default();
    let to = visit.href(&path(&["namespaces", namespace, "workflows", &execution.workflow_id, &execution.run_id]));
    html! {
        tr data-row="" data-key=(execution.run_id) {
            td { (run_status(run.status())) }
            td { a href=(to) data-row-link="" { (execution.workflow_id) } }
            td.mono { (execution.run_id) }
            td { (run.r#type.as_ref().map(|kind| kind.name.as_str()).unwrap_or_default()) }
            td { (time(run.start_time.as_ref())) }
            td { (time(run.close_time.as_ref())) }
        }
    }
}
