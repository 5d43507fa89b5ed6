//! What workflows are started with, whoever starts them: a command, or a schedule.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{Header, Memo, Priority, SearchAttributes, WorkflowType},
    sdk::v1::UserMetadata,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::StartWorkflowExecutionRequest,
};
use clap::Args;

use crate::duration;
use crate::error::Result;
use crate::input;

/// Which workflow, where it runs, and its bounds in time.
#[derive(Args, Debug, Clone)]
pub struct Shared {
    /// Workflow ID; made up when not given.
    #[arg(long, short = 'w')]
    pub workflow_id: Option<String>,
    /// Workflow Type.
    #[arg(long = "type", alias = "name", value_name = "TYPE")]
    pub workflow_type: String,
    /// Task Queue.
    #[arg(long, short = 't')]
    pub task_queue: String,
    /// The longest that one run may take.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    run_timeout: Option<Duration>,
    /// The longest that all runs together may take, retries and continued ones included.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    execution_timeout: Option<Duration>,
    /// The longest that one Workflow Task may take.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "10s")]
    task_timeout: Duration,
    #[command(flatten)]
    notes: Notes,
    #[command(flatten)]
    priority: Rank,
}

/// What is said about a run.
#[derive(Args, Debug, Clone)]
struct Notes {
    /// Search Attribute: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    search_attribute: Vec<String>,
    /// Workflow header: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    headers: Vec<String>,
    /// Memo: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    memo: Vec<String>,
    #[command(flatten)]
    texts: Texts,
}

/// What people read about an execution.
#[derive(Args, Debug, Clone)]
pub struct Texts {
    /// A line for people.
    #[arg(long)]
    static_summary: Option<String>,
    /// A text for people.
    #[arg(long)]
    static_details: Option<String>,
}

/// Who goes first.
#[derive(Args, Debug, Clone)]
pub struct Rank {
    /// Priority, 1 (first) to 5.
    #[arg(long, default_value = "0")]
    priority_key: i32,
    /// Fairness key.
    #[arg(long, default_value = "")]
    fairness_key: String,
    /// Weight of the fairness key.
    #[arg(long, default_value = "0")]
    fairness_weight: f32,
}

impl Shared {
    /// The part of a request that it says.
    pub fn request(&self) -> Result<StartWorkflowExecutionRequest> {
        let memo = input::json_pairs("memo", &self.notes.memo)?;
        let attributes = input::json_pairs("search attribute", &self.notes.search_attribute)?;
        let headers = input::json_pairs("header", &self.notes.headers)?;
        Ok(StartWorkflowExecutionRequest {
            workflow_type: Some(WorkflowType { name: self.workflow_type.clone() }),
            task_queue: Some(TaskQueue { name: self.task_queue.clone(), ..TaskQueue::default() }),
            workflow_execution_timeout: self.execution_timeout.map(duration::proto),
            workflow_run_timeout: self.run_timeout.map(duration::proto),
            workflow_task_timeout: Some(duration::proto(self.task_timeout)),
            memo: (!memo.is_empty()).then_some(Memo { fields: memo }),
            search_attributes: (!attributes.is_empty()).then_some(SearchAttributes { indexed_fields: attributes }),
            // As SDKs start workflows, with a header even if there is nothing in it.
            header: Some(Header { fields: headers }),
            user_metadata: self.notes.texts.user_metadata(),
            priority: self.priority.priority(),
            ..StartWorkflowExecutionRequest::default()
        })
    }
}

impl Texts {
    /// As requests carry it.
    pub fn user_metadata(&self) -> Option<UserMetadata> {
        let payload = |text: &String| input::json_payload(&serde_json::Value::from(text.as_str()).to_string());
        let summary = self.static_summary.as_ref().map(payload);
        let details = self.static_details.as_ref().map(payload);
        (summary.is_some() || details.is_some()).then_some(UserMetadata { summary, details })
    }
}

impl Rank {
    /// As requests carry it.
    pub fn priority(&self) -> Option<Priority> {
        let priority = Priority {
            priority_key: self.priority_key,
            fairness_key: self.fairness_key.clone(),
            fairness_weight: self.fairness_weight,
        };
        (priority != Priority::default()).then_some(priority)
    }
}
