//! `activity start` and `activity execute`: activities that stand alone.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{ActivityType, Header, RetryPolicy, SearchAttributes},
    enums::v1::{ActivityIdConflictPolicy, ActivityIdReusePolicy},
    taskqueue::v1::TaskQueue,
    workflowservice::v1::StartActivityExecutionRequest,
};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::timeouts::Timeouts;
use super::{Alone, result};
use crate::client;
use crate::command::Session;
use crate::command::workflow::shared::{Rank, Texts};
use crate::duration;
use crate::error::{Error, Result};
use crate::input::{self, Input};
use crate::output::Card;

/// What is started, and how.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Activity ID.
    #[arg(long, short = 'a')]
    activity_id: String,
    /// Activity Type.
    #[arg(long = "type", value_name = "TYPE")]
    activity_type: String,
    /// Task Queue.
    #[arg(long, short = 't')]
    task_queue: String,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    timeouts: Timeouts,
    #[command(flatten)]
    retry: Retry,
    /// What a closed run of the same Activity ID means.
    #[arg(long, value_enum)]
    id_reuse_policy: Option<Reuse>,
    /// What an open run of the same Activity ID means.
    #[arg(long, value_enum)]
    id_conflict_policy: Option<Conflict>,
    /// Search Attribute: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    search_attribute: Vec<String>,
    /// Header: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    headers: Vec<String>,
    #[command(flatten)]
    texts: Texts,
    #[command(flatten)]
    rank: Rank,
}

/// How attempts follow each other.
#[derive(Args, Debug)]
struct Retry {
    /// The wait before the second attempt.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    retry_initial_interval: Option<Duration>,
    /// The longest wait.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    retry_maximum_interval: Option<Duration>,
    /// By how much each wait is longer than the one before.
    #[arg(long, default_value = "0")]
    retry_backoff_coefficient: f32,
    /// The most attempts; 0 is no bound.
    #[arg(long, default_value = "0")]
    retry_maximum_attempts: i32,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "PascalCase")]
enum Reuse {
    AllowDuplicate,
    AllowDuplicateFailedOnly,
    RejectDuplicate,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "PascalCase")]
enum Conflict {
    Fail,
    UseExisting,
}

/// Runs `activity start`.
pub async fn start(session: &mut Session, arguments: Arguments) -> Result<()> {
    let run_id = begin(session, &arguments).await?;
    let (activity_id, namespace) = (&arguments.activity_id, &session.client.namespace);
    session.output.json(&json!({ "activityId": activity_id, "runId": run_id, "namespace": namespace }));
    announce(session, activity_id, &run_id);
    Ok(())
}

/// Runs `activity execute`.
pub async fn execute(session: &mut Session, arguments: Arguments) -> Result<()> {
    let run_id = begin(session, &arguments).await?;
    announce(session, &arguments.activity_id, &run_id);
    result::run(session, &Alone { activity_id: arguments.activity_id, run_id }).await
}

async fn begin(session: &mut Session, arguments: &Arguments) -> Result<String> {
    let request = arguments.request(session)?;
    let answer = session.client.workflow.start_activity_execution(client::call(request)).await;
    Ok(answer.map_err(|status| Error::rpc("failed starting activity", &status))?.into_inner().run_id)
}

fn announce(session: &Session, activity_id: &str, run_id: &str) {
    session.output.heading("Running execution:");
    let card = Card::new().field("ActivityId", activity_id).field("RunId", run_id);
    session.output.card(&card.field("Namespace", &session.client.namespace));
}

impl Arguments {
    fn request(&self, session: &Session) -> Result<StartActivityExecutionRequest> {
        let attributes = input::json_pairs("search attribute", &self.search_attribute)?;
        let headers = input::json_pairs("header", &self.headers)?;
        let timeouts = &self.timeouts;
        if timeouts.schedule_to_close_timeout.is_none() && timeouts.start_to_close_timeout.is_none() {
            return Err(Error::new(
                "failed starting activity: at least one of ScheduleToCloseTimeout and StartToCloseTimeout is required",
            ));
        }
        Ok(StartActivityExecutionRequest {
            namespace: session.client.namespace.clone(),
            identity: session.client.identity.clone(),
            request_id: client::request_id(),
            activity_id: self.activity_id.clone(),
            activity_type: Some(ActivityType { name: self.activity_type.clone() }),
            task_queue: Some(TaskQueue { name: self.task_queue.clone(), ..TaskQueue::default() }),
            schedule_to_close_timeout: timeouts.schedule_to_close_timeout.map(duration::proto),
            schedule_to_start_timeout: timeouts.schedule_to_start_timeout.map(duration::proto),
            start_to_close_timeout: timeouts.start_to_close_timeout.map(duration::proto),
            heartbeat_timeout: timeouts.heartbeat_timeout.map(duration::proto),
            start_delay: Some(duration::proto(timeouts.start_delay.unwrap_or_default())),
            retry_policy: self.retry.policy(),
            input: self.input.payloads()?,
            id_reuse_policy: self.reuse().into(),
            id_conflict_policy: self.conflict().into(),
            search_attributes: (!attributes.is_empty()).then_some(SearchAttributes { indexed_fields: attributes }),
            header: Some(Header { fields: headers }),
            user_metadata: self.texts.user_metadata(),
            priority: self.rank.priority(),
            ..StartActivityExecutionRequest::default()
        })
    }

    fn reuse(&self) -> ActivityIdReusePolicy {
        match self.id_reuse_policy {
            None => ActivityIdReusePolicy::Unspecified,
            Some(Reuse::AllowDuplicate) => ActivityIdReusePolicy::AllowDuplicate,
            Some(Reuse::AllowDuplicateFailedOnly) => ActivityIdReusePolicy::AllowDuplicateFailedOnly,
            Some(Reuse::RejectDuplicate) => ActivityIdReusePolicy::RejectDuplicate,
        }
    }

    fn conflict(&self) -> ActivityIdConflictPolicy {
        match self.id_conflict_policy {
            None => ActivityIdConflictPolicy::Unspecified,
            Some(Conflict::Fail) => ActivityIdConflictPolicy::Fail,
            Some(Conflict::UseExisting) => ActivityIdConflictPolicy::UseExisting,
        }
    }
}

impl Retry {
    fn policy(&self) -> Option<RetryPolicy> {
        let policy = RetryPolicy {
            initial_interval: self.retry_initial_interval.map(duration::proto),
            maximum_interval: self.retry_maximum_interval.map(duration::proto),
            backoff_coefficient: f64::from(self.retry_backoff_coefficient),
            maximum_attempts: self.retry_maximum_attempts,
            ..RetryPolicy::default()
        };
        (policy != RetryPolicy::default()).then_some(policy)
    }
}
