//! The pages of one run: the run that an address names, what Describe says of it, and which address is which page.

pub(crate) mod action;
mod call_stack;
mod event;
pub(crate) mod frame;
mod glimpse;
mod header;
mod histories;
mod history;
mod metadata;
mod pending;
mod queries;
pub(crate) mod question;
mod relationships;
mod stuck;
mod summary;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod timeline;
mod workers;

use std::sync::Arc;

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus as Status;
use abide_api::temporal::api::workflow::v1::{WorkflowExecutionExtendedInfo, WorkflowExecutionInfo};
use abide_api::temporal::api::workflowservice::v1::{
    DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse,
};
use abide_http::url::path;
use axum::Router;
use axum::extract::Path;
use axum::response::Redirect;
use axum::routing::get;

use crate::problem::Problem;
use crate::visit::Visit;
use frame::Tab;
pub(crate) use glimpse::Glimpse;
pub(crate) use histories::Histories;
pub(crate) use history::{View as FileView, file_window};

/// What the addresses of a run's pages begin with.
pub(crate) const PREFIX: &str = "/namespaces/{namespace}/workflows/{workflow}/{run}";

/// What an address says of a run: namespace, workflow id, run id.
pub(crate) type Names = Path<(String, String, String)>;

/// Which address is which page.
pub(crate) fn router() -> Router {
    let histories = Arc::new(Histories::default());
    Router::new()
        .route("/namespaces/{namespace}/workflows/{workflow}", get(newest))
        .route(PREFIX, get(open))
        .route(&format!("{PREFIX}/history"), get(history::history).with_state(histories.clone()))
        .route(&format!("{PREFIX}/history/events/{{event}}"), get(history::event))
        .route(&format!("{PREFIX}/pending-activities"), get(pending::page))
        .route(&format!("{PREFIX}/metadata"), get(metadata::page))
        .route(&format!("{PREFIX}/user-metadata"), get(metadata::elsewhere))
        .route(&format!("{PREFIX}/search-attributes"), get(metadata::elsewhere))
        .route(&format!("{PREFIX}/memo"), get(metadata::elsewhere))
        .route(&format!("{PREFIX}/timeline"), get(timeline::page).with_state(histories.clone()))
        .route(&format!("{PREFIX}/timeline.json"), get(timeline::json).with_state(histories))
        .route(&format!("{PREFIX}/relationships"), get(relationships::page))
        .route(&format!("{PREFIX}/workers"), get(workers::page))
        .route(&format!("{PREFIX}/call-stack"), get(call_stack::page))
        .route(&format!("{PREFIX}/query"), get(queries::page))
        .merge(action::router())
}

/// The run that an address names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Run {
    pub(crate) namespace: String,
    pub(crate) workflow_id: String,
    pub(crate) run_id: String,
}

impl Run {
    /// The run at an address.
    pub(crate) fn at(Path((namespace, workflow_id, run_id)): Names) -> Self {
        Self { namespace, workflow_id, run_id }
    }

    /// The address of one of its pages. Without a run id, events are those of a file: they are on the page that shows it.
    pub(crate) fn href(&self, visit: &Visit, rest: &[&str]) -> String {
        if let (true, ["history", "events", id]) = (self.run_id.is_empty(), rest) {
            return format!("#event-{id}");
        }
        let segments = ["namespaces", &self.namespace, "workflows", &self.workflow_id, &self.run_id];
        visit.href(&path(&[&segments[..], rest].concat()))
    }

    /// As the protocol names it.
    pub(crate) fn execution(&self) -> WorkflowExecution {
        WorkflowExecution { workflow_id: self.workflow_id.clone(), run_id: self.run_id.clone() }
    }
}

/// A run, and what the service says of it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) run: Run,
    pub(crate) found: DescribeWorkflowExecutionResponse,
    /// What lists show of it.
    pub(crate) info: WorkflowExecutionInfo,
    /// What only Describe shows of it.
    pub(crate) more: WorkflowExecutionExtendedInfo,
}

impl Described {
    /// Asks the service.
    pub(crate) async fn ask(visit: &Visit, run: Run) -> Result<Self, Problem> {
        let found = describe(visit, &run.namespace, run.execution()).await?;
        Ok(Self::of(run, found))
    }

    /// A run with what was found.
    pub(crate) fn of(run: Run, mut found: DescribeWorkflowExecutionResponse) -> Self {
        let info = found.workflow_execution_info.take().unwrap_or_default();
        let more = found.workflow_extended_info.take().unwrap_or_default();
        Self { run, found, info, more }
    }

    /// Whether the run goes on.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.info.status(), Status::Running | Status::Paused)
    }

    /// The name of the workflow's type.
    pub(crate) fn workflow_type(&self) -> &str {
        self.info.r#type.as_ref().map(|kind| kind.name.as_str()).unwrap_or_default()
    }
}

async fn describe(
    visit: &Visit,
    namespace: &str,
    execution: WorkflowExecution,
) -> Result<DescribeWorkflowExecutionResponse, Problem> {
    let request = DescribeWorkflowExecutionRequest { namespace: namespace.to_owned(), execution: Some(execution) };
    Ok(visit.workflows().describe_workflow_execution(visit.request(request)).await?.into_inner())
}

/// The newest run of a workflow id.
async fn newest(visit: Visit, Path((namespace, workflow_id)): Path<(String, String)>) -> Result<Redirect, Problem> {
    let found = describe(&visit, &namespace, WorkflowExecution { workflow_id, ..Default::default() }).await?;
    let execution = found.workflow_execution_info.and_then(|info| info.execution).unwrap_or_default();
    let run = Run { namespace, workflow_id: execution.workflow_id, run_id: execution.run_id };
    Ok(Redirect::temporary(&run.href(&visit, Tab::DEFAULT.segments())))
}

/// The page of a run that is looked at first.
async fn open(visit: Visit, names: Names) -> Redirect {
    Redirect::temporary(&Run::at(names).href(&visit, Tab::DEFAULT.segments()))
}
