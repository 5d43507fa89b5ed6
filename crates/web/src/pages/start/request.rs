//! The form as the service's request.

use std::collections::BTreeMap;

use abide_api::temporal::api::common::v1::{Memo, Payload, Priority, RetryPolicy, SearchAttributes, WorkflowType};
use abide_api::temporal::api::enums::v1::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use abide_api::temporal::api::sdk::v1::UserMetadata;
use abide_api::temporal::api::taskqueue::v1::TaskQueue;
use abide_api::temporal::api::workflowservice::v1::StartWorkflowExecutionRequest;
use serde_json::Value;

use crate::form::{Fields, duration, number};
use crate::input::Typed;
use crate::pages::IDENTITY;
use crate::problem::Problem;

/// What a closed run of the same workflow id means: as the command line names it, and as people read it.
pub(super) const REUSE: [(&str, &str, WorkflowIdReusePolicy); 3] = [
    ("AllowDuplicate", "Start", WorkflowIdReusePolicy::AllowDuplicate),
    ("AllowDuplicateFailedOnly", "Start if it did not complete", WorkflowIdReusePolicy::AllowDuplicateFailedOnly),
    ("RejectDuplicate", "Do not start", WorkflowIdReusePolicy::RejectDuplicate),
];
/// What an open run of the same workflow id means.
pub(super) const CONFLICT: [(&str, &str, WorkflowIdConflictPolicy); 3] = [
    ("Fail", "Do not start", WorkflowIdConflictPolicy::Fail),
    ("UseExisting", "Take the open one", WorkflowIdConflictPolicy::UseExisting),
    ("TerminateExisting", "Terminate it and start", WorkflowIdConflictPolicy::TerminateExisting),
];

/// See the file's first lines.
pub(super) fn request(namespace: &str, fields: &Fields) -> Result<StartWorkflowExecutionRequest, Problem> {
    let text = |name| fields.text(name).unwrap_or_default().to_owned();
    let reuse = REUSE.iter().find(|(name, ..)| *name == text("id-reuse-policy"));
    let conflict = CONFLICT.iter().find(|(name, ..)| *name == text("id-conflict-policy"));
    let memo = pairs(fields, "memo", "Memo")?;
    let attributes = pairs(fields, "search-attribute", "Search attribute")?;
    Ok(StartWorkflowExecutionRequest {
        namespace: namespace.to_owned(),
        workflow_id: fields.required("workflow-id", "Workflow id")?.to_owned(),
        workflow_type: Some(WorkflowType { name: fields.required("type", "Type")?.to_owned() }),
        task_queue: Some(TaskQueue {
            name: fields.required("task-queue", "Task queue")?.to_owned(),
            ..Default::default()
        }),
        input: if fields.is_set("same-input") { None } else { Typed::of(fields).payloads()? },
        workflow_execution_timeout: duration(fields, "execution-timeout", "Execution timeout")?,
        workflow_run_timeout: duration(fields, "run-timeout", "Run timeout")?,
        workflow_task_timeout: duration(fields, "task-timeout", "Task timeout")?,
        identity: IDENTITY.to_owned(),
        request_id: fields.request_id(),
        workflow_id_reuse_policy: reuse.map_or(0, |(.., policy)| i32::from(*policy)),
        workflow_id_conflict_policy: conflict.map_or(0, |(.., policy)| i32::from(*policy)),
        retry_policy: retry(fields)?,
        cron_schedule: text("cron"),
        memo: (!memo.is_empty()).then_some(Memo { fields: memo }),
        search_attributes: (!attributes.is_empty()).then_some(SearchAttributes { indexed_fields: attributes }),
        workflow_start_delay: duration(fields, "start-delay", "Start delay")?,
        user_metadata: metadata(fields),
        priority: priority(fields)?,
        ..Default::default()
    })
}

fn retry(fields: &Fields) -> Result<Option<RetryPolicy>, Problem> {
    let types = fields.text("retry-non-retryable").unwrap_or_default().split(',').map(str::trim);
    let policy = RetryPolicy {
        initial_interval: duration(fields, "retry-initial-interval", "Initial interval")?,
        backoff_coefficient: number(fields, "retry-backoff-coefficient", "Backoff coefficient")?.unwrap_or_default(),
        maximum_interval: duration(fields, "retry-maximum-interval", "Maximum interval")?,
        maximum_attempts: number(fields, "retry-maximum-attempts", "Maximum attempts")?.unwrap_or_default(),
        non_retryable_error_types: types.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
    };
    Ok((policy != RetryPolicy::default()).then_some(policy))
}

fn priority(fields: &Fields) -> Result<Option<Priority>, Problem> {
    let priority = Priority {
        priority_key: number(fields, "priority-key", "Priority")?.unwrap_or_default(),
        fairness_key: fields.text("fairness-key").unwrap_or_default().to_owned(),
        ..Default::default()
    };
    Ok((priority != Priority::default()).then_some(priority))
}

fn metadata(fields: &Fields) -> Option<UserMetadata> {
    let text = |name| fields.text(name).map(|text| json(Value::from(text).to_string()));
    let (summary, details) = (text("static-summary"), text("static-details"));
    (summary.is_some() || details.is_some()).then_some(UserMetadata { summary, details })
}

/// `NAME=JSON`, one in each field.
fn pairs(fields: &Fields, name: &str, label: &str) -> Result<BTreeMap<String, Payload>, Problem> {
    let mut pairs = BTreeMap::new();
    for pair in fields.all(name).map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| Problem::invalid(format!("{label} {pair:?} is not NAME=JSON")))?;
        serde_json::from_str::<Value>(value)
            .map_err(|error| Problem::invalid(format!("{label} {name:?} is not JSON: {error}")))?;
        pairs.insert(name.trim().to_owned(), json(value.trim().to_owned()));
    }
    Ok(pairs)
}

fn json(text: String) -> Payload {
    Payload { metadata: [("encoding".into(), "json/plain".into())].into(), data: text.into(), ..Default::default() }
}
