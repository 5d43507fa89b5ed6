//! Sends a signal.

use abide_api::temporal::api::workflowservice::v1::SignalWorkflowExecutionRequest;
use maud::html;

use super::form::{Button, Form, command, line, only};
use super::{IDENTITY, Run};
use crate::form::{Done, Fields};
use crate::input::{self, Typed};
use crate::problem::Problem;
use crate::visit::Visit;

pub(super) fn form(run: &Run) -> Form {
    Form {
        title: "Signal this workflow",
        explained: html! { "The signal is written into the history, and the workflow's code hears of it." },
        fields: html! { (line("Signal name", "name", "", true)) (input::fields(&input::nothing())) },
        commands: only(command(run, "workflow signal", " --name {name}") + input::FLAGS),
        button: Button::Plain("Send the signal"),
        before: None,
    }
}

pub(super) async fn act(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let name = fields.required("name", "Signal name")?;
    let request = SignalWorkflowExecutionRequest {
        namespace: run.namespace.clone(),
        workflow_execution: Some(run.execution()),
        signal_name: name.to_owned(),
        input: Typed::of(fields).payloads()?,
        identity: IDENTITY.into(),
        request_id: fields.request_id(),
        ..Default::default()
    };
    visit.workflows().signal_workflow_execution(visit.request(request)).await?;
    Ok(Done { to: run.href(visit, &[]), said: format!("The signal {name} was sent.") })
}
