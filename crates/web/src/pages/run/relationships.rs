//! What a run belongs to: the tree of parents and children, and the chain of runs of the same workflow id. A family that is too
//! large for a page is shown as what stands around this run.

mod chain;
#[cfg(test)]
mod tests;
mod tree;

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_api::temporal::api::workflowservice::v1::ListWorkflowExecutionsRequest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{Markup, html};

use super::frame::{Tab, frame};
use super::{Described, Names, Run};
use crate::page::{Page, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{run_status, time};

/// How many members of a family are a tree; more are lists.
const FAMILY_SHOWN_MAX: i32 = 200;
/// Rows of a list at a time.
const ROWS: i32 = 50;

/// Some runs, and where the next ones are.
#[derive(Default)]
struct Found {
    runs: Vec<WorkflowExecutionInfo>,
    /// To be given as the token of the next page; empty if there is none.
    next: String,
}

/// See the file's first lines.
pub(super) async fn page(visit: Visit, names: Names) -> Result<Page, Problem> {
    let run = Described::ask(&visit, Run::at(names)).await?;
    let content = html! {
        h2 { "Parents and children" }
        (tree::family(&visit, &run).await?)
        h2 { "Runs of this workflow id" }
        (visit.live("chain", chain::neighbours(&visit, &run).await?))
        (chain::all(&visit, &run).await?)
    };
    // What happens to a child is no change of this run.
    let watch = Watch::Namespace(run.run.namespace.clone());
    Ok(frame(&visit, &run, Tab::Relationships, content).await?.watching(watch))
}

async fn list(visit: &Visit, namespace: &str, query: String, page_size: i32, token: &str) -> Result<Found, Problem> {
    let token = URL_SAFE_NO_PAD.decode(token).map_err(|_| Problem::invalid("there is no such part of the list"))?;
    let request = ListWorkflowExecutionsRequest {
        namespace: namespace.to_owned(),
        page_size,
        next_page_token: token.into(),
        query,
    };
    let answer = visit.workflows().list_workflow_executions(visit.request(request)).await?.into_inner();
    Ok(Found { runs: answer.executions, next: URL_SAFE_NO_PAD.encode(&answer.next_page_token) })
}

/// A text in a query.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// What runs of a list are known by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KnownBy {
    WorkflowId,
    /// They have the workflow id in common.
    RunId,
}

impl KnownBy {
    fn column(self) -> &'static str {
        match self {
            Self::WorkflowId => "Workflow id",
            Self::RunId => "Run id",
        }
    }
}

/// A list of runs with a link to the next ones: `name` is that of the list, and of the value in the address.
fn table(visit: &Visit, of: &Run, (name, caption): (&str, &str), by: KnownBy, found: &Found) -> Markup {
    let next = (!found.next.is_empty()).then(|| visit.here_with(&[(name, Some(&found.next))]));
    html! {
        div.scroll { table {
            caption { (caption) }
            thead { tr { @for column in ["Status", by.column(), "Type", "Start", "End"] { th scope="col" { (column) } } } }
            tbody id=(name) { @for one in &found.runs { (row(visit, of, by, one)) } }
        } }
        @if let Some(next) = next { p { a href=(next) data-more=(name) { "Show more" } } }
    }
}

fn row(visit: &Visit, of: &Run, by: KnownBy, one: &WorkflowExecutionInfo) -> Markup {
    let execution = one.execution.clone().unwrap_or_default();
    let is_this = execution.run_id == of.run_id;
    let name = match by {
        KnownBy::WorkflowId => html! { (execution.workflow_id) },
        KnownBy::RunId => html! { code { (execution.run_id) } },
    };
    html! {
        tr data-row="" data-key=(execution.run_id) {
            td { (run_status(one.status())) }
            td { a href=(href(visit, of, &execution)) data-row-link="" { (name) } @if is_this { " (this run)" } }
            td { (type_name(one)) }
            td { (time(one.start_time.as_ref())) }
            td { (time(one.close_time.as_ref())) }
        }
    }
}

/// The same page of another run of the namespace.
fn href(visit: &Visit, of: &Run, execution: &WorkflowExecution) -> String {
    let (workflow_id, run_id) = (execution.workflow_id.clone(), execution.run_id.clone());
    Run { namespace: of.namespace.clone(), workflow_id, run_id }.href(visit, Tab::Relationships.segments())
}

fn type_name(one: &WorkflowExecutionInfo) -> &str {
    one.r#type.as_ref().map(|kind| kind.name.as_str()).unwrap_or_default()
}
