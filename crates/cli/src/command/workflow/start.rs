//! `workflow start`, and what `execute` and `signal-with-start` share with it.

use std::time::Duration;

use abide_api::google::rpc::Status as DetailedStatus;
use abide_api::temporal::api::{
    enums::v1::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy},
    errordetails::v1::WorkflowExecutionAlreadyStartedFailure,
    workflowservice::v1::StartWorkflowExecutionRequest,
};
use clap::{Args, ValueEnum};
use prost::Message;
use serde_json::json;

use super::shared::Shared;
use crate::client;
use crate::command::Session;
use crate::duration;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::output::Card;

/// `workflow start`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// What is started.
    #[command(flatten)]
    pub start: Start,
}

/// What is started, and how.
#[derive(Args, Debug, Clone)]
pub struct Start {
    #[command(flatten)]
    pub shared: Shared,
    /// Its arguments.
    #[command(flatten)]
    pub input: Input,
    /// What other runs of the same id mean.
    #[command(flatten)]
    pub policies: Policies,
}

/// When it starts, and what other runs of the same id mean.
#[derive(Args, Debug, Clone)]
pub struct Policies {
    /// Cron schedule (deprecated: use Schedules).
    #[arg(long, default_value = "")]
    cron: String,
    /// Fail if the Workflow is running already.
    #[arg(long)]
    pub fail_existing: bool,
    /// Wait before the first Workflow Task.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    start_delay: Option<Duration>,
    /// What a closed run of the same Workflow ID means.
    #[arg(long, value_enum)]
    id_reuse_policy: Option<Reuse>,
    /// What an open run of the same Workflow ID means.
    #[arg(long, value_enum)]
    id_conflict_policy: Option<Conflict>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "PascalCase")]
enum Reuse {
    AllowDuplicate,
    AllowDuplicateFailedOnly,
    RejectDuplicate,
    TerminateIfRunning,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "PascalCase")]
enum Conflict {
    Fail,
    UseExisting,
    TerminateExisting,
}

/// A started run, as it is shown.
pub struct Started {
    /// Workflow ID.
    pub workflow_id: String,
    /// Run ID.
    pub run_id: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let started = start(session, &arguments.start).await?;
    announce(session, &started, &arguments.start);
    Ok(())
}

/// Starts the run, or finds the one that is running already.
pub async fn start(session: &mut Session, start: &Start) -> Result<Started> {
    let request = start.request(session)?;
    let workflow_id = request.workflow_id.clone();
    match session.client.workflow.start_workflow_execution(client::call(request)).await {
        Ok(answer) => Ok(Started { workflow_id, run_id: answer.into_inner().run_id }),
        Err(status) => match running_run(&status) {
            Some(run_id) if !start.policies.fail_existing => Ok(Started { workflow_id, run_id }),
            _ => Err(Error::rpc("failed starting workflow", &status)),
        },
    }
}

/// Says which run was started.
pub fn announce(session: &Session, started: &Started, start: &Start) {
    let output = session.output;
    output.json(&json!({
        "workflowId": started.workflow_id,
        "runId": started.run_id,
        "type": start.shared.workflow_type,
        "namespace": session.client.namespace,
        "taskQueue": start.shared.task_queue,
    }));
    output.heading("Running execution:");
    output.card(
        &Card::new()
            .field("WorkflowId", &started.workflow_id)
            .field("RunId", &started.run_id)
            .field("Type", &start.shared.workflow_type)
            .field("Namespace", &session.client.namespace)
            .field("TaskQueue", &start.shared.task_queue),
    );
}

impl Start {
    /// As the server wants it.
    pub fn request(&self, session: &Session) -> Result<StartWorkflowExecutionRequest> {
        let Policies { cron, start_delay, .. } = &self.policies;
        if start_delay.is_some() && !cron.is_empty() {
            return Err(Error::new("cannot set start delay and cron schedule"));
        }
        Ok(StartWorkflowExecutionRequest {
            namespace: session.client.namespace.clone(),
            workflow_id: self.shared.workflow_id.clone().unwrap_or_else(client::request_id),
            input: self.input.payloads()?,
            identity: session.client.identity.clone(),
            request_id: client::request_id(),
            workflow_id_reuse_policy: self.policies.reuse().into(),
            workflow_id_conflict_policy: self.policies.conflict().into(),
            cron_schedule: cron.clone(),
            workflow_start_delay: start_delay.map(duration::proto),
            ..self.shared.request()?
        })
    }
}

impl Policies {
    /// Whether the user said what an open run means.
    pub fn says_conflict(&self) -> bool {
        self.id_conflict_policy.is_some()
    }

    fn reuse(&self) -> WorkflowIdReusePolicy {
        match self.id_reuse_policy {
            None => WorkflowIdReusePolicy::Unspecified,
            Some(Reuse::AllowDuplicate) => WorkflowIdReusePolicy::AllowDuplicate,
            Some(Reuse::AllowDuplicateFailedOnly) => WorkflowIdReusePolicy::AllowDuplicateFailedOnly,
            Some(Reuse::RejectDuplicate) => WorkflowIdReusePolicy::RejectDuplicate,
            #[allow(deprecated)]
            Some(Reuse::TerminateIfRunning) => WorkflowIdReusePolicy::TerminateIfRunning,
        }
    }

    fn conflict(&self) -> WorkflowIdConflictPolicy {
        match self.id_conflict_policy {
            None => WorkflowIdConflictPolicy::Unspecified,
            Some(Conflict::Fail) => WorkflowIdConflictPolicy::Fail,
            Some(Conflict::UseExisting) => WorkflowIdConflictPolicy::UseExisting,
            Some(Conflict::TerminateExisting) => WorkflowIdConflictPolicy::TerminateExisting,
        }
    }
}

// Starting what already runs is success, as long as the user did not say otherwise.
fn running_run(status: &tonic::Status) -> Option<String> {
    const NAME: &str = "temporal.api.errordetails.v1.WorkflowExecutionAlreadyStartedFailure";
    let details = DetailedStatus::decode(status.details()).ok()?.details;
    let detail = details.iter().find(|detail| detail.type_url.ends_with(NAME))?;
    let failure = WorkflowExecutionAlreadyStartedFailure::decode(detail.value.as_ref()).ok()?;
    Some(failure.run_id).filter(|run_id| !run_id.is_empty())
}
