//! `workflow describe`: everything that is known about a run.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{Payload, Payloads as PayloadList},
    enums::v1::WorkflowExecutionStatus,
    history::v1::HistoryEvent,
    workflow::v1::{
        PendingActivityInfo, PendingChildExecutionInfo, WorkflowExecutionExtendedInfo, WorkflowExecutionInfo,
    },
    workflowservice::v1::{DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse},
};
use clap::Args;
use serde_json::{Value, json};

use super::{Reference, callbacks, close, events};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::history::{self, Follow};
use crate::json::Payloads;
use crate::output::{Card, Output};
use crate::{json, time, words};

/// `workflow describe`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    reference: Reference,
    /// Show only the points that the Workflow Execution can be reset to.
    #[arg(long)]
    reset_points: bool,
    /// Accepted; changes nothing.
    #[arg(long, hide = true)]
    raw: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Reference { workflow_id, run_id } = &arguments.reference;
    let request = DescribeWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        execution: Some(client::execution(workflow_id, run_id)),
    };
    let answer = session.client.workflow.describe_workflow_execution(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("failed describing workflow", &status))?.into_inner();
    let info = answer.workflow_execution_info.clone().unwrap_or_default();
    if arguments.reset_points {
        print_reset_points(session.output, &info);
        return Ok(());
    }
    // Only of a run that was closed when it was described: it may have closed since.
    let closed = match info.status() {
        WorkflowExecutionStatus::Running => None,
        _ => {
            let run_id = info.execution.as_ref().map(|execution| execution.run_id.clone()).unwrap_or_default();
            let event = history::close_event(&mut session.client, workflow_id, &run_id, Follow::Stored).await;
            event.map_err(|status| Error::rpc("failed getting close event", &status))?
        }
    };
    if session.output.is_json() {
        print_json(session.output, &answer, closed.as_ref());
    } else {
        print_text(session, &answer, &info, closed.as_ref());
    }
    Ok(())
}

fn print_json(output: Output, answer: &DescribeWorkflowExecutionResponse, closed: Option<&HistoryEvent>) {
    let name = "temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse";
    let mut value = json::message(name, answer, output.payloads());
    if let (Value::Object(object), Some(event)) = (&mut value, closed) {
        object.insert("closeEvent".into(), json::message(events::EVENT, event, output.payloads()));
        if let Some(result) = close::result(event) {
            object.insert("result".into(), close::friendly(result, output.payloads()));
        }
    }
    output.json(&value);
}

fn print_text(
    session: &Session,
    answer: &DescribeWorkflowExecutionResponse,
    info: &WorkflowExecutionInfo,
    closed: Option<&HistoryEvent>,
) {
    let output = session.output;
    output.heading("Execution Info:");
    output.card(&info_card(output, info, &session.client.namespace));
    if let Some(extended) = &answer.workflow_extended_info {
        output.heading("Extended Execution Info:");
        output.card(&extended_card(output, extended));
    }
    let metadata = answer.execution_config.as_ref().and_then(|config| config.user_metadata.as_ref());
    if let Some(metadata) = metadata.filter(|metadata| metadata.summary.is_some() || metadata.details.is_some()) {
        let shown =
            |payload: Option<&Payload>| payload.map(|payload| json::payload(payload, Payloads::Shorthand).to_string());
        output.text("");
        output.heading("Metadata:");
        let summary = shown(metadata.summary.as_ref()).unwrap_or_else(|| "<nil>".into());
        let details = shown(metadata.details.as_ref()).unwrap_or_else(|| "<nil>".into());
        output.card(&Card::new().field("StaticSummary", summary).field("StaticDetails", details));
    }
    callbacks::print(output, &answer.callbacks);
    output.text("");
    match closed {
        Some(event) => close::print(output, event, run_time(info)),
        None => print_pending(output, answer),
    }
}

fn info_card(output: Output, info: &WorkflowExecutionInfo, namespace: &str) -> Card {
    let execution = info.execution.clone().unwrap_or_default();
    let parent = info.parent_execution.clone().unwrap_or_default();
    let root = info.root_execution.clone().unwrap_or_default();
    #[allow(deprecated)]
    let assigned_build_id = &info.assigned_build_id;
    Card::new()
        .field("WorkflowId", &execution.workflow_id)
        .field("RunId", &execution.run_id)
        .field("Type", info.r#type.as_ref().map(|kind| kind.name.as_str()).unwrap_or_default())
        .field("Namespace", namespace)
        .field("TaskQueue", &info.task_queue)
        .field("AssignedBuildId", assigned_build_id)
        .field("StartTime", output.time(info.start_time.as_ref()))
        .filled("CloseTime", output.time(info.close_time.as_ref()))
        .filled("ExecutionTime", output.time(info.execution_time.as_ref()))
        .filled("Memo", payload_map(info.memo.as_ref().map(|memo| &memo.fields)))
        .filled("SearchAttributes", payload_map(info.search_attributes.as_ref().map(|all| &all.indexed_fields)))
        .field("StateTransitionCount", info.state_transition_count)
        .field("HistoryLength", info.history_length)
        .field("HistorySize", info.history_size_bytes)
        .filled("ParentWorkflowId", &parent.workflow_id)
        .filled("ParentRunId", &parent.run_id)
        .filled("RootWorkflowId", &root.workflow_id)
        .filled("RootRunId", &root.run_id)
}

fn extended_card(output: Output, extended: &WorkflowExecutionExtendedInfo) -> Card {
    Card::new()
        .field("CancelRequested", extended.cancel_requested)
        .filled("ExecutionExpirationTime", output.time(extended.execution_expiration_time.as_ref()))
        .filled("RunExpirationTime", output.time(extended.run_expiration_time.as_ref()))
        .filled("LastResetTime", output.time(extended.last_reset_time.as_ref()))
        .filled("OriginalStartTime", output.time(extended.original_start_time.as_ref()))
}

fn print_pending(output: Output, answer: &DescribeWorkflowExecutionResponse) {
    output.heading(&format!("Pending Activities: {}", answer.pending_activities.len()));
    if !answer.pending_activities.is_empty() {
        output.text("");
        for activity in &answer.pending_activities {
            output.card(&activity_card(output, activity));
            output.text("");
        }
    }
    output.heading(&format!("Pending Child Workflows: {}", answer.pending_children.len()));
    if !answer.pending_children.is_empty() {
        output.text("");
        for child in &answer.pending_children {
            output.card(&child_card(child));
            output.text("");
        }
    }
    output.heading(&format!("Pending Nexus Operations: {}", answer.pending_nexus_operations.len()));
}

fn activity_card(output: Output, activity: &PendingActivityInfo) -> Card {
    let failure = activity.last_failure.as_ref();
    let failure = failure.map(|failure| json::message("temporal.api.failure.v1.Failure", failure, output.payloads()));
    let heartbeat = activity.heartbeat_details.as_ref().filter(|details| !details.payloads.is_empty());
    Card::new()
        .field("ActivityId", &activity.activity_id)
        .field("Type", activity.activity_type.as_ref().map(|kind| kind.name.as_str()).unwrap_or_default())
        .field("State", words::activity_state(activity.state()))
        .field("Attempt", activity.attempt)
        .field("MaximumAttempts", activity.maximum_attempts)
        .field("ScheduledTime", output.time(activity.scheduled_time.as_ref()))
        .filled("LastStartedTime", output.time(activity.last_started_time.as_ref()))
        .filled("LastHeartbeatTime", output.time(activity.last_heartbeat_time.as_ref()))
        .filled("ExpirationTime", output.time(activity.expiration_time.as_ref()))
        .filled("LastFailure", failure.map(|failure| failure.to_string()).unwrap_or_default())
        .filled("LastWorkerIdentity", &activity.last_worker_identity)
        .filled("LastHeartbeatDetails", heartbeat.map(values).unwrap_or_default())
}

fn child_card(child: &PendingChildExecutionInfo) -> Card {
    Card::new()
        .field("WorkflowId", &child.workflow_id)
        .field("RunId", &child.run_id)
        .field("WorkflowTypeName", &child.workflow_type_name)
        .field("InitiatedId", child.initiated_id)
        .field("ParentClosePolicy", words::parent_close_policy(child.parent_close_policy()))
}

fn print_reset_points(output: Output, info: &WorkflowExecutionInfo) {
    let points = info.auto_reset_points.clone().unwrap_or_default().points;
    let shown = points.iter().map(|point| {
        #[allow(deprecated)]
        let checksum = point.binary_checksum.as_str();
        let created = time::go(point.create_time.as_ref());
        let event_id = point.first_workflow_task_completed_id;
        json!({ "BinaryChecksum": checksum, "CreateTime": created, "RunId": point.run_id, "EventId": event_id })
    });
    let shown: Vec<Value> = shown.collect();
    output.heading(&format!("Auto Reset Points: {}", points.len()));
    for (index, (point, shown)) in points.iter().zip(&shown).enumerate() {
        if index > 0 {
            output.text("");
        }
        let text = |name: &str| shown[name].as_str().unwrap_or_default().to_owned();
        let card = Card::new()
            .field("BinaryChecksum", text("BinaryChecksum"))
            .field("CreateTime", output.time(point.create_time.as_ref()))
            .field("RunId", text("RunId"));
        output.card(&card.field("EventId", point.first_workflow_task_completed_id));
    }
    output.json(&Value::Array(shown));
}

fn payload_map(fields: Option<&BTreeMap<String, Payload>>) -> String {
    let Some(fields) = fields.filter(|fields| !fields.is_empty()) else { return String::new() };
    let shown = |(name, payload): (&String, &Payload)| {
        // Its type is the server's note; people want the value.
        let mut payload = payload.clone();
        payload.metadata.remove("type");
        format!("{name}:{}", json::payload(&payload, Payloads::Shorthand))
    };
    let entries: Vec<String> = fields.iter().map(shown).collect();
    format!("map[{}]", entries.join(" "))
}

fn values(payloads: &PayloadList) -> String {
    Value::Array(payloads.payloads.iter().map(|payload| json::payload(payload, Payloads::Shorthand)).collect())
        .to_string()
}

fn run_time(info: &WorkflowExecutionInfo) -> Option<Duration> {
    let (start, close) = (info.start_time.as_ref()?, info.close_time.as_ref()?);
    let nanos = i128::from(close.seconds - start.seconds) * 1_000_000_000 + i128::from(close.nanos - start.nanos);
    u64::try_from(nanos).ok().filter(|nanos| *nanos > 0).map(Duration::from_nanos)
}
