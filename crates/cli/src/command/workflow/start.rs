//! `workflow start`, and what `execute` and `signal-with-start` share with it.

use std::time::Duration;

use abide_api::google::rpc::Status as DetailedStatus;
use abide_api::temporal::api::{
    common::v1::{Header, Memo, Priority, SearchAttributes, WorkflowType},
    enums::v1::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy},
    errordetails::v1::WorkflowExecutionAlreadyStartedFailure,
    sdk::v1::UserMetadata,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::StartWorkflowExecutionRequest,
};
use clap::{ArgAction, Args, ValueEnum};
use prost::Message;
use serde_json::json;

use crate::client;
use crate::command::Session;
use crate::duration;
use crate::error::{Error, Result};
use crate::input::{self, Input};
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
    /// Workflow ID; made up when not given.
    #[arg(long, short = 'w')]
    pub workflow_id: Option<String>,
    /// Workflow Type.
    #[arg(long = "type", alias = "name", value_name = "TYPE")]
    pub workflow_type: String,
    /// Task Queue.
    #[arg(long, short = 't')]
    pub task_queue: String,
    /// Its arguments.
    #[command(flatten)]
    pub input: Input,
    /// Its bounds in time.
    #[command(flatten)]
    pub timeouts: Timeouts,
    /// What is said about it.
    #[command(flatten)]
    pub annotations: Annotations,
    /// What other runs of the same id mean.
    #[command(flatten)]
    pub policies: Policies,
}

/// Bounds in time.
#[derive(Args, Debug, Clone)]
pub struct Timeouts {
    /// The longest that one run may take.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    run_timeout: Option<Duration>,
    /// The longest that all runs together may take, retries and continued ones included.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    execution_timeout: Option<Duration>,
    /// The longest that one Workflow Task may take.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "10s")]
    task_timeout: Duration,
    /// Wait before the first Workflow Task.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    start_delay: Option<Duration>,
    /// Cron schedule (deprecated).
    #[arg(long, hide = true, default_value = "")]
    cron: String,
}

/// What is said about a run.
#[derive(Args, Debug, Clone)]
pub struct Annotations {
    /// Search Attribute: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    search_attribute: Vec<String>,
    /// Workflow header: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    headers: Vec<String>,
    /// Memo: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    memo: Vec<String>,
    /// A line for people.
    #[arg(long)]
    static_summary: Option<String>,
    /// A text for people.
    #[arg(long)]
    static_details: Option<String>,
    /// Priority, 1 (first) to 5.
    #[arg(long, default_value = "0", hide_default_value = true)]
    priority_key: i32,
    /// Fairness key.
    #[arg(long, default_value = "", hide_default_value = true)]
    fairness_key: String,
    /// Weight of the fairness key.
    #[arg(long, default_value = "0", hide_default_value = true)]
    fairness_weight: f32,
}

/// What other runs of the same id mean.
#[derive(Args, Debug, Clone)]
pub struct Policies {
    /// Fail if the Workflow is running already.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false")]
    #[arg(hide_default_value = true, hide_possible_values = true, action = ArgAction::Set)]
    pub fail_existing: bool,
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
        "type": start.workflow_type,
        "namespace": session.client.namespace,
        "taskQueue": start.task_queue,
    }));
    output.heading("Running execution:");
    output.card(
        &Card::new()
            .field("WorkflowId", &started.workflow_id)
            .field("RunId", &started.run_id)
            .field("Type", &start.workflow_type)
            .field("Namespace", &session.client.namespace)
            .field("TaskQueue", &start.task_queue),
    );
}

impl Start {
    /// As the server wants it.
    pub fn request(&self, session: &Session) -> Result<StartWorkflowExecutionRequest> {
        let memo = input::json_pairs("memo", &self.annotations.memo)?;
        let attributes = input::json_pairs("search attribute", &self.annotations.search_attribute)?;
        let headers = input::json_pairs("header", &self.annotations.headers)?;
        Ok(StartWorkflowExecutionRequest {
            namespace: session.client.namespace.clone(),
            workflow_id: self.workflow_id.clone().unwrap_or_else(client::request_id),
            workflow_type: Some(WorkflowType { name: self.workflow_type.clone() }),
            task_queue: Some(TaskQueue { name: self.task_queue.clone(), ..TaskQueue::default() }),
            input: self.input.payloads()?,
            workflow_execution_timeout: self.timeouts.execution_timeout.map(proto),
            workflow_run_timeout: self.timeouts.run_timeout.map(proto),
            workflow_task_timeout: Some(proto(self.timeouts.task_timeout)),
            identity: session.client.identity.clone(),
            request_id: client::request_id(),
            workflow_id_reuse_policy: self.policies.reuse().into(),
            workflow_id_conflict_policy: self.policies.conflict().into(),
            cron_schedule: self.timeouts.cron.clone(),
            memo: (!memo.is_empty()).then_some(Memo { fields: memo }),
            search_attributes: (!attributes.is_empty()).then_some(SearchAttributes { indexed_fields: attributes }),
            header: (!headers.is_empty()).then_some(Header { fields: headers }),
            workflow_start_delay: self.timeouts.start_delay.map(proto),
            user_metadata: self.annotations.user_metadata(),
            priority: self.annotations.priority(),
            ..StartWorkflowExecutionRequest::default()
        })
    }
}

impl Annotations {
    fn user_metadata(&self) -> Option<UserMetadata> {
        let payload = |text: &String| input::json_payload(&serde_json::Value::from(text.as_str()).to_string());
        let summary = self.static_summary.as_ref().map(payload);
        let details = self.static_details.as_ref().map(payload);
        (summary.is_some() || details.is_some()).then_some(UserMetadata { summary, details })
    }

    fn priority(&self) -> Option<Priority> {
        let priority = Priority {
            priority_key: self.priority_key,
            fairness_key: self.fairness_key.clone(),
            fairness_weight: self.fairness_weight,
        };
        (priority != Priority::default()).then_some(priority)
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

/// A duration as requests carry it.
pub fn proto(duration: Duration) -> prost_types::Duration {
    prost_types::Duration { seconds: duration.as_secs() as i64, nanos: duration.subsec_nanos() as i32 }
}

// Starting what already runs is success, as long as the user did not say otherwise.
fn running_run(status: &tonic::Status) -> Option<String> {
    const NAME: &str = "temporal.api.errordetails.v1.WorkflowExecutionAlreadyStartedFailure";
    let details = DetailedStatus::decode(status.details()).ok()?.details;
    let detail = details.iter().find(|detail| detail.type_url.ends_with(NAME))?;
    let failure = WorkflowExecutionAlreadyStartedFailure::decode(detail.value.as_ref()).ok()?;
    Some(failure.run_id).filter(|run_id| !run_id.is_empty())
}
