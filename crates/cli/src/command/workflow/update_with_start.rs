//! `workflow start-update-with-start` and `workflow execute-update-with-start`.

use abide_api::temporal::api::{
    enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage,
    update::v1::{Outcome, UpdateRef, WaitPolicy},
    workflowservice::v1::{
        ExecuteMultiOperationRequest, PollWorkflowExecutionUpdateRequest, UpdateWorkflowExecutionRequest,
        UpdateWorkflowExecutionResponse,
        execute_multi_operation_request::{Operation, operation::Operation as Kind},
        execute_multi_operation_response::response::Response as Answer,
    },
};
use clap::Args;
use serde_json::Value;

use super::start::Start;
use super::update::{self, FAILED, WaitFor};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::input::Input;

/// `workflow execute-update-with-start`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    start: Start,
    /// Update name.
    #[arg(long, alias = "update-type")]
    update_name: String,
    /// The first run of the chain of runs that the Update is meant for.
    #[arg(long, default_value = "")]
    update_first_execution_run_id: String,
    /// Update ID; made up when not given.
    #[arg(long, default_value = "")]
    update_id: String,
    /// Run ID.
    #[arg(long, short = 'r', default_value = "")]
    run_id: String,
    /// An argument of the Update, in JSON. May be repeated.
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    update_input: Vec<String>,
    /// A file with an argument of the Update. May be repeated.
    #[arg(long, value_name = "FILE")]
    update_input_file: Vec<String>,
    /// Metadata of the arguments of the Update, as KEY=VALUE.
    #[arg(long, value_name = "KEY=VALUE")]
    update_input_meta: Vec<String>,
    /// Arguments of the Update are base64.
    #[arg(long)]
    update_input_base64: bool,
}

/// `workflow start-update-with-start`.
#[derive(Args, Debug)]
pub struct StartArguments {
    #[command(flatten)]
    arguments: Arguments,
    /// How far the Update must be.
    #[arg(long, value_enum)]
    update_wait_for_stage: WaitFor,
}

/// Runs `workflow start-update-with-start`.
pub async fn start(session: &mut Session, arguments: StartArguments) -> Result<()> {
    let StartArguments { arguments, update_wait_for_stage: WaitFor::Accepted } = arguments;
    let (fields, answer) = ask(session, arguments, Stage::Accepted).await?;
    update::refuse_failure(answer.outcome.as_ref())?;
    session.output.heading("Running execution:");
    update::show(session.output, &fields);
    Ok(())
}

/// Runs `workflow execute-update-with-start`.
pub async fn execute(session: &mut Session, arguments: Arguments) -> Result<()> {
    let (mut fields, answer) = ask(session, arguments, Stage::Completed).await?;
    let outcome = completed(session, answer).await?;
    update::refuse_failure(Some(&outcome))?;
    fields.push(("updateResult", update::success(session.output, &outcome)));
    session.output.heading("Running execution:");
    update::show(session.output, &fields);
    Ok(())
}

impl Arguments {
    fn input(&self) -> Input {
        Input {
            input: self.update_input.clone(),
            input_file: self.update_input_file.clone(),
            input_meta: self.update_input_meta.clone(),
            input_base64: self.update_input_base64,
        }
    }
}

type Fields = Vec<(&'static str, Value)>;

/// Asks until the update is accepted or done, and says of what.
async fn ask(
    session: &mut Session,
    arguments: Arguments,
    stage: Stage,
) -> Result<(Fields, UpdateWorkflowExecutionResponse)> {
    let input = arguments.input();
    let Arguments { start, update_name, run_id, .. } = arguments;
    if start.shared.workflow_id.is_none() {
        return Err(Error::new("--workflow-id flag must be provided"));
    }
    if !start.policies.says_conflict() {
        return Err(Error::new("--id-conflict-policy flag must be provided"));
    }
    let start_request = start.request(session)?;
    let workflow_id = start_request.workflow_id.clone();
    let request = update::request(session, update_name.clone(), arguments.update_id, &input, None)?;
    let update_id = request.meta.as_ref().map(|meta| meta.update_id.clone()).unwrap_or_default();
    let update = UpdateWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_execution: Some(client::execution(&workflow_id, &run_id)),
        first_execution_run_id: arguments.update_first_execution_run_id,
        wait_policy: Some(WaitPolicy { lifecycle_stage: stage.into() }),
        request: Some(request),
    };
    let operations = [Kind::StartWorkflow(start_request), Kind::UpdateWorkflow(update)];
    let request = ExecuteMultiOperationRequest {
        namespace: session.client.namespace.clone(),
        operations: operations.into_iter().map(|operation| Operation { operation: Some(operation) }).collect(),
        resource_id: workflow_id.clone(),
    };
    loop {
        let answer = session.client.workflow.execute_multi_operation(client::wait(request.clone())).await;
        let responses = answer.map_err(|status| Error::rpc(FAILED, &status))?.into_inner().responses;
        let updated = responses.into_iter().find_map(|response| match response.response {
            Some(Answer::UpdateWorkflow(updated)) => Some(updated),
            Some(Answer::StartWorkflow(_)) | None => None,
        });
        let updated = updated.ok_or_else(|| Error::new(format!("{FAILED}: the server did not say how")))?;
        if updated.stage() as i32 >= Stage::Accepted as i32 {
            let fields = vec![
                ("workflowId", Value::from(workflow_id)),
                ("runId", run_of(&updated).into()),
                ("type", start.shared.workflow_type.as_str().into()),
                ("namespace", session.client.namespace.as_str().into()),
                ("updateName", update_name.as_str().into()),
                ("updateId", update_id.into()),
            ];
            return Ok((fields, updated));
        }
    }
}

async fn completed(session: &mut Session, answer: UpdateWorkflowExecutionResponse) -> Result<Outcome> {
    let reference: Option<UpdateRef> = answer.update_ref;
    let mut outcome = answer.outcome;
    loop {
        if let Some(outcome) = outcome {
            return Ok(outcome);
        }
        let request = PollWorkflowExecutionUpdateRequest {
            namespace: session.client.namespace.clone(),
            update_ref: reference.clone(),
            identity: session.client.identity.clone(),
            wait_policy: Some(WaitPolicy { lifecycle_stage: Stage::Completed.into() }),
        };
        let polled = session.client.workflow.poll_workflow_execution_update(client::wait(request)).await;
        outcome = polled.map_err(|status| Error::rpc(FAILED, &status))?.into_inner().outcome;
    }
}

fn run_of(answer: &UpdateWorkflowExecutionResponse) -> String {
    let execution = answer.update_ref.as_ref().and_then(|reference| reference.workflow_execution.as_ref());
    execution.map(|execution| execution.run_id.clone()).unwrap_or_default()
}
