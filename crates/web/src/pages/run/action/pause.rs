//! Holds a run back, and lets it go again.

use abide_api::temporal::api::workflowservice::v1::{PauseWorkflowExecutionRequest, UnpauseWorkflowExecutionRequest};
use maud::html;

use super::form::{Button, Form, command, only, reason};
use super::{IDENTITY, Run};
use crate::form::{Done, Fields};
use crate::problem::Problem;
use crate::visit::Visit;

pub(super) fn form(run: &Run) -> Form {
    Form {
        title: "Pause this workflow",
        explained: html! { "No worker gets its workflow tasks and activities until it is unpaused. Timers and timeouts go on." },
        fields: reason(),
        commands: only(command(run, "workflow pause", " --reason {reason}")),
        button: Button::Plain("Pause"),
        before: None,
    }
}

pub(super) fn form_unpause(run: &Run) -> Form {
    Form {
        title: "Unpause this workflow",
        explained: html! { "Workers get its tasks again." },
        fields: reason(),
        commands: only(command(run, "workflow unpause", " --reason {reason}")),
        button: Button::Plain("Unpause"),
        before: None,
    }
}

pub(super) async fn act(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let request = PauseWorkflowExecutionRequest {
        namespace: run.namespace.clone(),
        workflow_id: run.workflow_id.clone(),
        run_id: run.run_id.clone(),
        identity: IDENTITY.into(),
        reason: fields.text("reason").unwrap_or_default().to_owned(),
        request_id: fields.request_id(),
    };
    visit.workflows().pause_workflow_execution(visit.request(request)).await?;
    Ok(Done { to: run.href(visit, &[]), said: "The workflow was paused.".into() })
}

pub(super) async fn act_unpause(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let request = UnpauseWorkflowExecutionRequest {
        namespace: run.namespace.clone(),
        workflow_id: run.workflow_id.clone(),
        run_id: run.run_id.clone(),
        identity: IDENTITY.into(),
        reason: fields.text("reason").unwrap_or_default().to_owned(),
        request_id: fields.request_id(),
    };
    visit.workflows().unpause_workflow_execution(visit.request(request)).await?;
    Ok(Done { to: run.href(visit, &[]), said: "The workflow goes on.".into() })
}
