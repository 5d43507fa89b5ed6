//! `workflow update`: ask a workflow something that it may turn down, and what came of it.

use abide_api::temporal::api::{
    common::v1::Header,
    enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage,
    update::v1::{Input as UpdateInput, Meta, Outcome, Request, UpdateRef, WaitPolicy, outcome::Value as Came},
    workflowservice::v1::{
        PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse, UpdateWorkflowExecutionRequest,
    },
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value};

use super::close;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::input::{self, Input};
use crate::json;
use crate::output::{Card, Output, progress::Waiting};

/// What is said when an update came to nothing.
pub const FAILED: &str = "unable to update workflow";
const FAILURE: &str = "temporal.api.failure.v1.Failure";

/// `workflow update`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Show how far an Update is.
    Describe(Target),
    /// Send an Update and wait for its result.
    Execute(Send),
    /// Wait for the result of an Update.
    Result(Target),
    /// Send an Update and wait until it is accepted.
    Start(Start),
}

/// One Update.
#[derive(Args, Debug)]
struct Target {
    /// Workflow ID.
    #[arg(long, short = 'w')]
    workflow_id: String,
    /// Update ID.
    #[arg(long)]
    update_id: String,
    /// Run ID; the newest run by default.
    #[arg(long, short = 'r', default_value = "")]
    run_id: String,
}

#[derive(Args, Debug)]
struct Send {
    /// Update name.
    #[arg(long = "name", alias = "type", value_name = "NAME")]
    name: String,
    /// The first run of the chain of runs that the Update is meant for.
    #[arg(long, default_value = "")]
    first_execution_run_id: String,
    /// Workflow ID.
    #[arg(long, short = 'w')]
    workflow_id: String,
    /// Update ID; made up when not given.
    #[arg(long, default_value = "")]
    update_id: String,
    /// Run ID; the newest run by default.
    #[arg(long, short = 'r', default_value = "")]
    run_id: String,
    /// Workflow header: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    headers: Vec<String>,
    #[command(flatten)]
    input: Input,
}

#[derive(Args, Debug)]
struct Start {
    #[command(flatten)]
    send: Send,
    /// How far the Update must be.
    #[arg(long, value_enum)]
    wait_for_stage: WaitFor,
}

/// How far an update must be; there is one choice so far.
#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "snake_case")]
pub enum WaitFor {
    /// The workflow works on it.
    Accepted,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Start(Start { send, wait_for_stage: WaitFor::Accepted }) => start(session, send).await,
        Command::Execute(send) => execute(session, send).await,
        Command::Result(target) => result(session, target).await,
        Command::Describe(target) => describe(session, target).await,
    }
}

async fn start(session: &mut Session, send: Send) -> Result<()> {
    let name = send.name.clone();
    let (target, outcome) = ask(session, send, Stage::Accepted).await?;
    refuse_failure(outcome.as_ref())?;
    show(session.output, &[("name", name.into()), ("updateId", target.update_id.into())]);
    Ok(())
}

async fn execute(session: &mut Session, send: Send) -> Result<()> {
    let name = send.name.clone();
    let (target, outcome) = ask(session, send, Stage::Completed).await?;
    let outcome = match outcome {
        Some(outcome) => outcome,
        None => completed(session, &target, FAILED).await?,
    };
    refuse_failure(Some(&outcome))?;
    let result = success(session.output, &outcome);
    show(session.output, &[("name", name.into()), ("updateId", target.update_id.into()), ("result", result)]);
    Ok(())
}

async fn result(session: &mut Session, target: Target) -> Result<()> {
    let outcome = completed(session, &target, "unable to fetch update result").await?;
    let failed = matches!(outcome.value, Some(Came::Failure(_)));
    let what = if failed { "failure" } else { "result" };
    show(session.output, &[("updateId", target.update_id.into()), (what, shown(session.output, &outcome))]);
    if failed { Err(Error::new("update is failed")) } else { Ok(()) }
}

async fn describe(session: &mut Session, target: Target) -> Result<()> {
    let answer = poll(session, &target, None, "failed to describe update").await?;
    let mut fields = vec![("updateId", Value::from(target.update_id))];
    if let Some(outcome) = &answer.outcome {
        let failed = matches!(outcome.value, Some(Came::Failure(_)));
        fields.push((if failed { "failure" } else { "result" }, shown(session.output, outcome)));
    }
    let stage = answer.stage().as_str_name().trim_start_matches("UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_");
    let stage: String = stage.chars().take(1).chain(stage.to_lowercase().chars().skip(1)).collect();
    fields.push(("stage", stage.into()));
    show(session.output, &fields);
    Ok(())
}

/// Sends an update, again and again until it is as far as wanted.
async fn ask(session: &mut Session, send: Send, stage: Stage) -> Result<(Target, Option<Outcome>)> {
    let headers = input::json_pairs("header", &send.headers)?;
    let header = (!headers.is_empty()).then_some(Header { fields: headers });
    let request = request(session, send.name, send.update_id, &send.input, header)?;
    let update_id = request.meta.as_ref().map(|meta| meta.update_id.clone()).unwrap_or_default();
    let request = UpdateWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_execution: Some(client::execution(&send.workflow_id, &send.run_id)),
        first_execution_run_id: send.first_execution_run_id,
        wait_policy: Some(WaitPolicy { lifecycle_stage: stage.into() }),
        request: Some(request),
    };
    loop {
        let answer = session.client.workflow.update_workflow_execution(client::wait(request.clone())).await;
        let answer = answer.map_err(|status| Error::rpc(FAILED, &status))?.into_inner();
        if answer.stage() as i32 >= Stage::Accepted as i32 {
            let run_id = answer.update_ref.and_then(|reference| reference.workflow_execution);
            let run_id = run_id.map(|execution| execution.run_id).unwrap_or_default();
            return Ok((Target { workflow_id: send.workflow_id, update_id, run_id }, answer.outcome));
        }
    }
}

/// An update as the server wants it.
pub fn request(
    session: &Session,
    name: String,
    update_id: String,
    input: &Input,
    header: Option<Header>,
) -> Result<Request> {
    let update_id = if update_id.is_empty() { client::request_id() } else { update_id };
    Ok(Request {
        meta: Some(Meta { update_id, identity: session.client.identity.clone() }),
        input: Some(UpdateInput { header, name, args: input.payloads()? }),
        request_id: client::request_id(),
        ..Request::default()
    })
}

async fn completed(session: &mut Session, target: &Target, what: &str) -> Result<Outcome> {
    let _waiting = Waiting::begin(&format!("update {}", target.update_id));
    loop {
        if let Some(outcome) = poll(session, target, Some(Stage::Completed), what).await?.outcome {
            return Ok(outcome);
        }
    }
}

async fn poll(
    session: &mut Session,
    target: &Target,
    stage: Option<Stage>,
    what: &str,
) -> Result<PollWorkflowExecutionUpdateResponse> {
    let request = PollWorkflowExecutionUpdateRequest {
        namespace: session.client.namespace.clone(),
        update_ref: Some(UpdateRef {
            workflow_execution: Some(client::execution(&target.workflow_id, &target.run_id)),
            update_id: target.update_id.clone(),
        }),
        identity: session.client.identity.clone(),
        wait_policy: stage.map(|stage| WaitPolicy { lifecycle_stage: stage.into() }),
    };
    let answer = session.client.workflow.poll_workflow_execution_update(client::wait(request)).await;
    Ok(answer.map_err(|status| Error::rpc(what, &status))?.into_inner())
}

/// A failed update is a command that failed.
pub fn refuse_failure(outcome: Option<&Outcome>) -> Result<()> {
    match outcome.and_then(|outcome| outcome.value.as_ref()) {
        Some(Came::Failure(failure)) => Err(Error::new(format!("{FAILED}: {}", failure.message))),
        Some(Came::Success(_)) | None => Ok(()),
    }
}

/// The result of an update that came to one.
pub fn success(output: Output, outcome: &Outcome) -> Value {
    match &outcome.value {
        Some(Came::Success(result)) => close::friendly(result, output.payloads()),
        Some(Came::Failure(_)) | None => Value::Null,
    }
}

fn shown(output: Output, outcome: &Outcome) -> Value {
    match &outcome.value {
        Some(Came::Failure(failure)) if output.is_json() => json::message(FAILURE, failure, output.payloads()),
        Some(Came::Failure(failure)) => failure.message.as_str().into(),
        Some(Came::Success(_)) | None => success(output, outcome),
    }
}

/// The same fields as JSON and as a card, whose names begin with a capital letter.
pub fn show(output: Output, fields: &[(&str, Value)]) {
    let object: Map<String, Value> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    output.json(&Value::Object(object));
    let mut card = Card::new();
    for (name, value) in fields {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        card = card.field(&title(name), text);
    }
    output.card(&card);
}

fn title(name: &str) -> String {
    let name = match name.strip_suffix("updateId") {
        Some(before) => format!("{before}updateID"),
        None => name.to_owned(),
    };
    name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect()
}
