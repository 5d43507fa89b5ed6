//! Sends an update, waits for it for a bounded time, and shows how far it is: the same page with the update's id in its address.

use std::time::Duration;

use abide_api::temporal::api::enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage;
use abide_api::temporal::api::update::v1::{Input, Meta, Outcome, Request, UpdateRef, WaitPolicy, outcome};
use abide_api::temporal::api::workflowservice::v1::{
    PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse, UpdateWorkflowExecutionRequest,
};
use abide_http::url::query;
use maud::{Markup, html};
use tonic::Code;

use super::form::{Button, Form, command, line};
use super::{IDENTITY, Run};
use crate::form::{Done, Fields};
use crate::input::{self, Typed};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{copyable, empty, failure, payloads};

/// A form that was sent waits no longer than this.
const WAIT: Duration = Duration::from_secs(10);
/// In the address of the page that shows what came of it.
const UPDATE_ID: &str = "update-id";

pub(super) async fn form(visit: &Visit, run: &Run) -> Result<Form, Problem> {
    let before = match visit.value(UPDATE_ID) {
        Some(update_id) => Some(match ask(visit, run, update_id).await {
            Ok(answer) => came(visit, update_id, &answer),
            Err(problem) => html! { p { "Update " (copyable(update_id)) } (problem.alert()) },
        }),
        None => None,
    };
    Ok(Form { before, ..form_of(run) })
}

fn form_of(run: &Run) -> Form {
    let fields = format!(" --name {{name}} --update-id {{new-update-id}}{}", input::FLAGS);
    Form {
        title: "Update this workflow",
        explained: html! {
            "The workflow's code accepts the update or turns it down, and may answer. A worker must be there; the page waits for up "
            "to 10 seconds, and shows later what came of it."
        },
        fields: html! {
            (line("Update name", "name", "", true))
            (input::fields(&input::nothing()))
            label { "Wait until it is"
                select name="wait" {
                    option value="completed" { "completed" }
                    option value="accepted" { "accepted" }
                }
            }
            (line("Update id, if it is to have one of yours", "new-update-id", "", false))
        },
        commands: vec![
            ("Until it is completed:", command(run, "workflow update execute", &fields)),
            ("Until it is accepted:", command(run, "workflow update start --wait-for-stage accepted", &fields)),
        ],
        button: Button::Plain("Send the update"),
        before: None,
    }
}

pub(super) async fn act(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let name = fields.required("name", "Update name")?;
    let update_id = fields.text("new-update-id").map_or_else(|| fields.request_id(), str::to_owned);
    let stage = if fields.text("wait") == Some("accepted") { Stage::Accepted } else { Stage::Completed };
    let request = UpdateWorkflowExecutionRequest {
        namespace: run.namespace.clone(),
        workflow_execution: Some(run.execution()),
        wait_policy: Some(WaitPolicy { lifecycle_stage: stage.into() }),
        request: Some(Request {
            meta: Some(Meta { update_id: update_id.clone(), identity: IDENTITY.into() }),
            input: Some(Input { name: name.to_owned(), args: Typed::of(fields).payloads()?, header: None }),
            request_id: fields.request_id(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut request = visit.request(request);
    request.set_timeout(WAIT);
    let mut service = visit.workflows();
    let answer = tokio::time::timeout(WAIT, service.update_workflow_execution(request)).await;
    let said = match answer {
        Ok(Ok(answer)) => {
            let answer = answer.into_inner();
            let refusal = answer.outcome.as_ref().and_then(refusal);
            // Of what a workflow turns down, nothing is kept: it is told now or never.
            if let Some(why) = refusal
                && ask(visit, run, &update_id).await.is_err()
            {
                return Err(Problem::invalid(format!("The update {name} was turned down: {why}")));
            }
            said(name, answer.stage())
        }
        // The service gave up first.
        Ok(Err(status)) if status.code() != Code::DeadlineExceeded => return Err(status.into()),
        Ok(Err(_)) | Err(_) => said(name, Stage::Unspecified),
    };
    let to = format!("{}?{}", run.href(visit, &["actions", "update"]), query([(UPDATE_ID, update_id.as_str())]));
    Ok(Done { to, said })
}

fn refusal(outcome: &Outcome) -> Option<&str> {
    match outcome.value.as_ref()? {
        outcome::Value::Failure(failure) => Some(&failure.message),
        outcome::Value::Success(_) => None,
    }
}

fn said(name: &str, stage: Stage) -> String {
    match stage {
        Stage::Completed => format!("The update {name} has ended."),
        Stage::Accepted => format!("The update {name} was accepted."),
        Stage::Admitted | Stage::Unspecified => {
            format!("The update {name} was sent. No worker has said yet whether it is accepted.")
        }
    }
}

async fn ask(visit: &Visit, run: &Run, update_id: &str) -> Result<PollWorkflowExecutionUpdateResponse, Problem> {
    let request = PollWorkflowExecutionUpdateRequest {
        namespace: run.namespace.clone(),
        update_ref: Some(UpdateRef { workflow_execution: Some(run.execution()), update_id: update_id.to_owned() }),
        identity: IDENTITY.into(),
        // It answers at once.
        wait_policy: None,
    };
    Ok(visit.workflows().poll_workflow_execution_update(visit.request(request)).await?.into_inner())
}

fn came(visit: &Visit, update_id: &str, answer: &PollWorkflowExecutionUpdateResponse) -> Markup {
    let content = html! {
        h2 { "What came of it" }
        p { "Update " (copyable(update_id)) }
        @match answer.outcome.as_ref().and_then(|Outcome { value, .. }| value.as_ref()) {
            Some(outcome::Value::Success(result)) if result.payloads.is_empty() => (empty("It has ended without a result.")),
            Some(outcome::Value::Success(result)) => { p { "Result" } (payloads(result)) }
            Some(outcome::Value::Failure(cause)) => { p { "It has failed, or was turned down." } (failure(cause)) }
            None => p.note { @match answer.stage() {
                Stage::Accepted => "It was accepted and has not ended yet.",
                Stage::Unspecified | Stage::Admitted | Stage::Completed => "No worker has said yet whether it is accepted.",
            } }
        }
    };
    visit.live("outcome", content)
}
