//! Ends a run at once.

use abide_api::temporal::api::workflowservice::v1::TerminateWorkflowExecutionRequest;
use maud::html;

use super::form::{Button, Form, command, only, reason};
use super::{IDENTITY, Run};
use crate::form::{Done, Fields};
use crate::input::{self, Typed};
use crate::problem::Problem;
use crate::visit::Visit;

pub(super) fn form(run: &Run) -> Form {
    Form {
        title: "Terminate this workflow",
        explained: html! {
            "The run ends at once; its code is not asked and cannot clean up. " strong { "This cannot be undone." }
            " The reason and the details are kept in the history; the command sends no details."
        },
        fields: html! {
            (reason())
            details { summary { "Details" } (input::fields(&input::nothing())) }
        },
        commands: only(command(run, "workflow terminate", " --reason {reason}")),
        button: Button::Danger("Terminate"),
        before: None,
    }
}

pub(super) async fn act(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let request = TerminateWorkflowExecutionRequest {
        namespace: run.namespace.clone(),
        workflow_execution: Some(run.execution()),
        reason: fields.text("reason").unwrap_or_default().to_owned(),
        details: Typed::of(fields).payloads()?,
        identity: IDENTITY.into(),
        ..Default::default()
    };
    visit.workflows().terminate_workflow_execution(visit.request(request)).await?;
    Ok(Done { to: run.href(visit, &[]), said: "The workflow was terminated.".into() })
}
