//! One run.

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_api::temporal::api::workflowservice::v1::{
    DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse,
};
use abide_http::url::path;
use axum::extract::Path;
use axum::response::Redirect;
use maud::{Markup, html};

use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{copyable, facts, run_status, time};

/// The run that an address names.
pub(crate) struct Run {
    pub(crate) namespace: String,
    pub(crate) workflow_id: String,
    pub(crate) run_id: String,
}

impl Run {
    /// The address of one of its pages.
    pub(crate) fn href(&self, visit: &Visit, rest: &[&str]) -> String {
        let segments = ["namespaces", &self.namespace, "workflows", &self.workflow_id, &self.run_id];
        visit.href(&path(&[&segments[..], rest].concat()))
    }

    /// As the protocol names it.
    pub(crate) fn execution(&self) -> WorkflowExecution {
        WorkflowExecution { workflow_id: self.workflow_id.clone(), run_id: self.run_id.clone() }
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
pub(crate) async fn newest(
    visit: Visit,
    Path((namespace, workflow_id)): Path<(String, String)>,
) -> Result<Redirect, Problem> {
    let found = describe(&visit, &namespace, WorkflowExecution { workflow_id, ..Default::default() }).await?;
    let execution = found.workflow_execution_info.and_then(|info| info.execution).unwrap_or_default();
    let run = Run { namespace, workflow_id: execution.workflow_id, run_id: execution.run_id };
    Ok(Redirect::temporary(&run.href(&visit, &[])))
}

/// See the file's first lines.
pub(crate) async fn summary(
    visit: Visit,
    Path((namespace, workflow_id, run_id)): Path<(String, String, String)>,
) -> Result<Page, Problem> {
    let run = Run { namespace, workflow_id, run_id };
    let found = describe(&visit, &run.namespace, run.execution()).await?;
    let watch = Watch::Workflow(run.namespace.clone(), run.workflow_id.clone());
    let body = html! {
        h1 { (run.workflow_id) }
        (visit.live("head", head(&run, &found)))
    };
    Ok(Page::new(Place::Workflows, &run.workflow_id, body).of(&run.namespace).watching(watch))
}

fn head(run: &Run, found: &DescribeWorkflowExecutionResponse) -> Markup {
    let info = found.workflow_execution_info.clone().unwrap_or_default();
    html! {
        p { (run_status(info.status())) }
        (facts(&[
            ("Run id", Some(copyable(&run.run_id))),
            ("Start", Some(time(info.start_time.as_ref()))),
            ("End", info.close_time.as_ref().map(|at| time(Some(at)))),
            ("Events", Some(html! { (info.history_length) })),
        ]))
    }
}
