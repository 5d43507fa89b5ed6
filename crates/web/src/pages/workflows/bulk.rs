//! What is done to many runs at once: to those that are chosen, or to all that a query finds. A page says how many are meant and
//! asks why; then it is a batch operation of the service, which has a page of its own.

use abide_api::temporal::api::common::v1::Execution;
use abide_api::temporal::api::enums::v1::ExecutionType;
use abide_api::temporal::api::workflowservice::v1::{CountWorkflowExecutionsRequest, StartBatchOperationRequest};
use abide_http::url::path;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use tonic::Code;

use super::deed::Deed;
use super::query::quoted;
use crate::command_line;
use crate::form::{self, Done, Fields};
use crate::page::{Page, Place};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{command, number};

/// The query that finds every run: a batch must have one.
const EVERYTHING: &str = "StartTime IS NOT NULL";
const OPEN: &str = "(ExecutionStatus = 'Running' OR ExecutionStatus = 'Paused')";

/// Which runs are meant.
enum Meant {
    /// These: run id and workflow id.
    Runs(Vec<(String, String)>),
    /// All that this query finds.
    Query(String),
}

impl Meant {
    /// As the list's form and the page's own form say it.
    fn of<'a>(is_all: bool, query: Option<&str>, runs: impl Iterator<Item = &'a str>) -> Result<Self, Problem> {
        if is_all {
            return Ok(Self::Query(query.unwrap_or(EVERYTHING).to_owned()));
        }
        let runs: Vec<_> = runs.filter_map(|run| run.split_once('/')).collect();
        match runs.is_empty() {
            true => Err(Problem::invalid("no workflow is chosen: tick some of them, or all that match")),
            false => Ok(Self::Runs(runs.into_iter().map(|(run, workflow)| (run.into(), workflow.into())).collect())),
        }
    }

    /// The query that finds them.
    fn query(&self) -> String {
        match self {
            Self::Query(query) => query.clone(),
            Self::Runs(runs) => {
                let ids: Vec<_> = runs.iter().map(|(run_id, _)| quoted(run_id)).collect();
                format!("RunId IN ({})", ids.join(", "))
            }
        }
    }

    async fn count(&self, visit: &Visit, namespace: &str, deed: Deed) -> Result<i64, Problem> {
        let query = self.query();
        let query = if deed.is_for_open() { format!("({query}) AND {OPEN}") } else { query };
        let request = CountWorkflowExecutionsRequest { namespace: namespace.to_owned(), query };
        Ok(visit.workflows().count_workflow_executions(visit.request(request)).await?.into_inner().count)
    }

    fn hidden(&self) -> Markup {
        match self {
            Self::Query(query) => html! {
                input type="hidden" name="all" value="yes";
                input type="hidden" name="query" value=(query);
            },
            Self::Runs(runs) => html! {
                @for (run_id, workflow_id) in runs { input type="hidden" name="run" value={ (run_id) "/" (workflow_id) }; }
            },
        }
    }

    fn listed(&self) -> Markup {
        match self {
            Self::Query(query) => html! { p { "All that match: " code { (query) } } },
            Self::Runs(runs) => html! {
                details { summary { "Which these are" } ul { @for (_, workflow_id) in runs { li { (workflow_id) } } } }
            },
        }
    }
}

/// The value of a row's box.
pub(super) fn choice(run_id: &str, workflow_id: &str) -> String {
    format!("{run_id}/{workflow_id}")
}

/// Which address is which page.
pub(super) fn router(list: &str) -> Router {
    Deed::ALL.into_iter().fold(Router::new(), |router, deed| {
        let ask = move |visit, namespace| ask(deed, visit, namespace);
        let act = move |visit, namespace, fields| act(deed, visit, namespace, fields);
        router.route(&format!("{list}/actions/{}", deed.name()), get(ask).post(act))
    })
}

/// By a link: all that match its query, or the runs that it names.
async fn ask(deed: Deed, visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    deed.allow(&visit)?;
    let query = visit.value("query");
    let meant = Meant::of(query.is_some(), query, visit.values("run"))?;
    asked(deed, &visit, &namespace, &meant).await
}

/// The list's form leads to the page that asks; that page's own form does it.
async fn act(deed: Deed, visit: Visit, Path(namespace): Path<String>, fields: Fields) -> Result<Response, Problem> {
    deed.allow(&visit)?;
    let meant = Meant::of(fields.is_set("all"), fields.text("query"), fields.all("run"))?;
    if !fields.is_set("confirmed") {
        return Ok(asked(deed, &visit, &namespace, &meant).await?.into_response());
    }
    let job_id = fields.request_id();
    let rps = fields.text("rps").map(str::parse).transpose();
    let mut request = StartBatchOperationRequest {
        namespace: namespace.clone(),
        job_id: job_id.clone(),
        reason: fields.required("reason", "Reason")?.to_owned(),
        max_operations_per_second: rps.map_err(|_| Problem::invalid("how many a second is no number"))?.unwrap_or(0.0),
        operation: Some(deed.operation(&fields)?),
        ..Default::default()
    };
    match meant {
        Meant::Query(query) => request.visibility_query = query,
        Meant::Runs(runs) => {
            request.target_executions.extend(runs.into_iter().map(|(run_id, business_id)| Execution {
                r#type: ExecutionType::Workflow.into(),
                business_id,
                run_id,
            }))
        }
    }
    match visit.workflows().start_batch_operation(visit.request(request)).await {
        // The form was sent twice.
        Err(status) if status.code() == Code::AlreadyExists => {}
        outcome => drop(outcome?),
    }
    let to = visit.href(&path(&["namespaces", &namespace, "batch-operations", &job_id]));
    Ok(Done { to, said: "The batch operation was started.".into() }.into_response())
}

async fn asked(deed: Deed, visit: &Visit, namespace: &str, meant: &Meant) -> Result<Page, Problem> {
    let count = meant.count(visit, namespace, deed).await?;
    let title = format!("{} workflows", deed.label());
    let body = shown(deed, visit, namespace, meant, count);
    Ok(Page::new(Place::Workflows, title, body).of(namespace))
}

fn shown(deed: Deed, visit: &Visit, namespace: &str, meant: &Meant, count: i64) -> Markup {
    let here = ["namespaces", namespace, "workflows"];
    let flags = [("namespace", Some(namespace)), ("query", Some(&*meant.query()))];
    let template = command_line::command(&format!("workflow {}", deed.name()), &flags) + &deed.flags() + " --yes";
    let which = match (deed.is_for_open(), count) {
        (true, 1) => "open workflow",
        (true, _) => "open workflows",
        (false, 1) => "workflow",
        (false, _) => "workflows",
    };
    html! {
        h1 { (deed.label()) " workflows" }
        p { strong { (number(count)) " " (which) } @if count == 1 { " is" } @else { " are" } " meant. " (deed.explained()) }
        (meant.listed())
        form.fields method="post" action=(visit.href(&path(&[&here[..], &["actions", deed.name()]].concat()))) {
            (form::token(visit))
            (form::once())
            (meant.hidden())
            (deed.fields())
            label { "Reason" input name="reason" required autocomplete="off"; }
            @if deed != Deed::Reset {
                details {
                    summary { "Pace" }
                    label { "At most so many a second" input type="number" name="rps" min="0.1" step="any"; }
                }
            }
            (command(&template))
            p.actions { (deed.button()) a.button href=(visit.href(&path(&here))) data-close="" { "Do nothing" } }
        }
    }
}
