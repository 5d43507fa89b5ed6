//! What was said of a run when it was started, for another one that is like it. Inputs that are not plain JSON cannot be shown in
//! fields: they are taken from that run as they are.

use abide_api::temporal::api::common::v1::{Payload, Payloads, WorkflowExecution};
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::history::v1::{HistoryEvent, WorkflowExecutionStartedEventAttributes as Started};
use abide_api::temporal::api::workflowservice::v1::GetWorkflowExecutionHistoryRequest;
use uuid::Uuid;

use super::filled::Filled;
use crate::form::Fields;
use crate::input::typed;
use crate::pages::run::Run;
use crate::problem::Problem;
use crate::span;
use crate::visit::Visit;

/// What stands in the form for a run that is like this one.
pub(super) async fn filled(visit: &Visit, run: &Run) -> Result<Filled, Problem> {
    let event = first_event(visit, &run.namespace, run.execution()).await?;
    let mut filled = Filled::default();
    filled.set("workflow-id", Uuid::new_v4().to_string());
    filled.set("like-workflow-id", run.workflow_id.clone());
    filled.set("like-run-id", run.run_id.clone());
    fill_metadata(&mut filled, &event);
    let started = started(event)?;
    fill_input(&mut filled, &started);
    fill_more(&mut filled, &started);
    Ok(filled)
}

/// The inputs of the run that the form names.
pub(super) async fn input(visit: &Visit, namespace: &str, fields: &Fields) -> Result<Option<Payloads>, Problem> {
    let workflow_id = fields.required("like-workflow-id", "The workflow that this one is like")?.to_owned();
    let run_id = fields.text("like-run-id").unwrap_or_default().to_owned();
    let event = first_event(visit, namespace, WorkflowExecution { workflow_id, run_id }).await?;
    Ok(started(event)?.input)
}

async fn first_event(visit: &Visit, namespace: &str, execution: WorkflowExecution) -> Result<HistoryEvent, Problem> {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: namespace.to_owned(),
        execution: Some(execution),
        maximum_page_size: 1,
        ..Default::default()
    };
    let answer = visit.workflows().get_workflow_execution_history(visit.request(request)).await?.into_inner();
    let events = answer.history.unwrap_or_default().into_events();
    let events = events.map_err(|error| Problem::invalid(format!("the history cannot be read: {error}")))?;
    events.into_iter().next().ok_or_else(|| Problem::invalid("the history of that run is empty"))
}

fn started(event: HistoryEvent) -> Result<Started, Problem> {
    match event.attributes {
        Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) => Ok(*started),
        _ => Err(Problem::invalid("the history of that run does not begin with its start")),
    }
}

fn fill_input(filled: &mut Filled, started: &Started) {
    let payloads = started.input.as_ref().map_or(&[][..], |input| &input.payloads);
    let values: Option<Vec<String>> = payloads.iter().map(typed).collect();
    match values {
        Some(values) => values.into_iter().for_each(|value| filled.add("input", value)),
        None => filled.set("same-input", "yes".to_owned()),
    }
}

fn fill_metadata(filled: &mut Filled, event: &HistoryEvent) {
    let text = |payload: &Option<Payload>| {
        payload.as_ref().and_then(|payload| serde_json::from_slice::<String>(&payload.data).ok())
    };
    let metadata = event.user_metadata.as_ref();
    for (name, value) in [
        ("static-summary", metadata.and_then(|metadata| text(&metadata.summary))),
        ("static-details", metadata.and_then(|metadata| text(&metadata.details))),
    ] {
        value.into_iter().for_each(|value| filled.set(name, value));
    }
}

fn fill_more(filled: &mut Filled, started: &Started) {
    let texts = [
        ("type", started.workflow_type.as_ref().map(|kind| kind.name.clone())),
        ("task-queue", started.task_queue.as_ref().map(|queue| queue.name.clone())),
        ("cron", Some(started.cron_schedule.clone())),
        ("fairness-key", started.priority.as_ref().map(|priority| priority.fairness_key.clone())),
        (
            "priority-key",
            started.priority.as_ref().map(|it| it.priority_key).filter(|key| *key != 0).map(|key| key.to_string()),
        ),
    ];
    let retry = started.retry_policy.clone().unwrap_or_default();
    let durations = [
        ("execution-timeout", started.workflow_execution_timeout),
        ("run-timeout", started.workflow_run_timeout),
        ("task-timeout", started.workflow_task_timeout),
        ("retry-initial-interval", retry.initial_interval),
        ("retry-maximum-interval", retry.maximum_interval),
    ];
    let set = |duration: &prost_types::Duration| duration.seconds != 0 || duration.nanos != 0;
    let durations = durations.map(|(name, value)| (name, value.filter(set).map(|value| span::written(&value))));
    let numbers = [
        (
            "retry-backoff-coefficient",
            (retry.backoff_coefficient != 0.0).then(|| retry.backoff_coefficient.to_string()),
        ),
        ("retry-maximum-attempts", (retry.maximum_attempts != 0).then(|| retry.maximum_attempts.to_string())),
        ("retry-non-retryable", Some(retry.non_retryable_error_types.join(", "))),
    ];
    for (name, value) in texts.into_iter().chain(durations).chain(numbers) {
        value.into_iter().for_each(|value| filled.set(name, value));
    }
    let memo = started.memo.iter().flat_map(|memo| &memo.fields);
    let attributes = started.search_attributes.iter().flat_map(|attributes| &attributes.indexed_fields);
    // What SDKs and the server set themselves is not for people to repeat.
    let attributes = attributes.filter(|(name, _)| !name.starts_with("Temporal") && *name != "BuildIds");
    for (field, pairs) in [("memo", memo.collect::<Vec<_>>()), ("search-attribute", attributes.collect())] {
        for (name, payload) in pairs {
            typed(payload).into_iter().for_each(|value| filled.add(field, format!("{name}={value}")));
        }
    }
}
