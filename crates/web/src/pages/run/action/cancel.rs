//! Asks a run to end.

use abide_api::temporal::api::workflowservice::v1::RequestCancelWorkflowExecutionRequest;
use maud::html;

use super::form::{Button, Form, command, only, reason};
use super::{IDENTITY, Run};
use crate::form::{Done, Fields};
use crate::problem::Problem;
use crate::visit::Visit;

pub(super) fn form(run: &Run) -> Form {
    Form {
        title: "Cancel this workflow",
        explained: html! {
            "The workflow's code is asked to end, and may clean up before it does, or go on. Only the page can say a reason; the "
            "command has none."
        },
        fields: reason(),
        commands: only(command(run, "workflow cancel", "")),
        button: Button::Danger("Request cancellation"),
        before: None,
    }
}

pub(super) async fn act(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let request = RequestCancelWorkflowExecutionRequest {
        namespace: run.namespace.clone(),
        workflow_execution: Some(run.execution()),
        identity: IDENTITY.into(),
        request_id: fields.request_id(),
        reason: fields.text("reason").unwrap_or_default().to_owned(),
        ..Default::default()
    };
    visit.workflows().request_cancel_workflow_execution(visit.request(request)).await?;
    Ok(Done { to: run.href(visit, &[]), said: "Cancellation was requested.".into() })
}
