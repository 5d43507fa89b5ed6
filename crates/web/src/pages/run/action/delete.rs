//! Takes a run away.

use abide_api::temporal::api::workflowservice::v1::DeleteWorkflowExecutionRequest;
use abide_http::url::path;
use maud::html;

use super::Run;
use super::form::{Button, Form, command, only};
use crate::form::Done;
use crate::problem::Problem;
use crate::visit::Visit;

pub(super) fn form(run: &Run) -> Form {
    Form {
        title: "Delete this run",
        explained: html! {
            "Its history and everything else that is known of it are taken away. If it is open, it is terminated before. The command "
            "asks once more. "
            strong { "This cannot be undone." }
        },
        fields: html! {},
        commands: only(command(run, "workflow delete", "")),
        button: Button::Danger("Delete"),
        before: None,
    }
}

pub(super) async fn act(visit: &Visit, run: &Run) -> Result<Done, Problem> {
    let request =
        DeleteWorkflowExecutionRequest { namespace: run.namespace.clone(), workflow_execution: Some(run.execution()) };
    visit.workflows().delete_workflow_execution(visit.request(request)).await?;
    let to = visit.href(&path(&["namespaces", &run.namespace, "workflows"]));
    Ok(Done { to, said: format!("The run of {} is being deleted.", run.workflow_id) })
}
