//! Starts a workflow: everything that a client can say of a run, or what was said of another one. What is refused stays in the
//! form, beside the reason.

mod filled;
mod form;
mod like;
mod request;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use abide_api::temporal::api::enums::v1::{TaskQueueType, WorkflowIdConflictPolicy};
use abide_api::temporal::api::taskqueue::v1::TaskQueue;
use abide_api::temporal::api::workflowservice::v1::{DescribeTaskQueueRequest, ListWorkflowExecutionsRequest};
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::form::{Done, Fields};
use crate::page::{Page, Place};
use crate::pages::run::Run;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use filled::Filled;

/// Among how many of the newest runs types and task queues are looked for that one may want again.
const RUNS_READ: i32 = 100;

/// Which address is which page.
pub(crate) fn router() -> Router {
    Router::new().route("/namespaces/{namespace}/workflows/start-workflow", get(ask).post(act))
}

/// What is known around the form.
#[derive(Default)]
struct Around {
    types: BTreeSet<String>,
    queues: BTreeSet<String>,
    /// How many pollers the chosen task queue has, if one is chosen.
    pollers: Option<usize>,
}

/// Asks for everything; what the address says, or the run that it names, stands in the form already.
async fn ask(visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    visit.allow(Action::Start)?;
    let filled = match visit.value("workflowId") {
        Some(workflow_id) => {
            let run_id = visit.value("runId").unwrap_or_default().to_owned();
            like::filled(&visit, &Run { namespace: namespace.clone(), workflow_id: workflow_id.to_owned(), run_id })
                .await?
        }
        None => Filled::of_address(&visit),
    };
    Ok(page(&visit, &namespace, &filled, None).await)
}

/// Starts it.
async fn act(visit: Visit, Path(namespace): Path<String>, fields: Fields) -> Result<Response, Problem> {
    visit.allow(Action::Start)?;
    let filled = Filled::of_form(&fields);
    if fields.is_set("check") {
        return Ok(page(&visit, &namespace, &filled, None).await.into_response());
    }
    match started(&visit, &namespace, &fields).await {
        Ok(done) => Ok(done.into_response()),
        Err(problem) => Ok(page(&visit, &namespace, &filled, Some(&problem)).await.into_response()),
    }
}

async fn started(visit: &Visit, namespace: &str, fields: &Fields) -> Result<Done, Problem> {
    let mut request = request::request(namespace, fields)?;
    if request.workflow_id_conflict_policy() == WorkflowIdConflictPolicy::TerminateExisting {
        visit.allow(Action::Terminate)?;
    }
    if fields.is_set("same-input") {
        request.input = like::input(visit, namespace, fields).await?;
    }
    let workflow_id = request.workflow_id.clone();
    let answer = visit.workflows().start_workflow_execution(visit.request(request)).await?.into_inner();
    let said = match answer.started {
        true => format!("The workflow {workflow_id} was started."),
        false => format!("The workflow {workflow_id} was running already: this is its run."),
    };
    let run = Run { namespace: namespace.to_owned(), workflow_id, run_id: answer.run_id };
    Ok(Done { to: run.href(visit, &[]), said })
}

async fn page(visit: &Visit, namespace: &str, filled: &Filled, problem: Option<&Problem>) -> Page {
    let around = around(visit, namespace, filled.text("task-queue")).await;
    let body = form::form(visit, namespace, filled, &around, problem);
    let page = Page::new(Place::Workflows, "Start a workflow", body).of(namespace);
    match problem {
        Some(problem) => Page { status: problem.status, ..page },
        None => page,
    }
}

// A form without suggestions is as good a form: what cannot be asked is left out.
async fn around(visit: &Visit, namespace: &str, queue: &str) -> Around {
    let request =
        ListWorkflowExecutionsRequest { namespace: namespace.to_owned(), page_size: RUNS_READ, ..Default::default() };
    let runs = visit.workflows().list_workflow_executions(visit.request(request)).await;
    let runs = runs.map(|runs| runs.into_inner().executions).unwrap_or_default();
    let mut around = Around::default();
    for run in runs {
        around.types.extend(run.r#type.map(|kind| kind.name));
        around.queues.insert(run.task_queue);
    }
    if !queue.is_empty() {
        let request = DescribeTaskQueueRequest {
            namespace: namespace.to_owned(),
            task_queue: Some(TaskQueue { name: queue.to_owned(), ..Default::default() }),
            task_queue_type: TaskQueueType::Workflow.into(),
            ..Default::default()
        };
        let answer = visit.workflows().describe_task_queue(visit.request(request)).await;
        around.pollers = answer.ok().map(|answer| answer.into_inner().pollers.len());
    }
    around
}
