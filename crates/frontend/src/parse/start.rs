//! A start of a run: shared by the plain start and by signal with start.

use abide_api::temporal::api::{
    common::v1::WorkflowType,
    enums::v1::{TaskQueueKind, WorkflowIdConflictPolicy},
    history::v1::WorkflowExecutionStartedEventAttributes,
    taskqueue::v1::TaskQueue,
    workflow::v1::OnConflictOptions,
    workflowservice::v1::StartWorkflowExecutionRequest,
};
use abide_cluster::history::StartRequest;
use abide_engine::namespace::Namespace;
use abide_engine::run::{Attach, Requester, Start, callback_links};
use abide_model::settings::Limits;
use abide_model::{RunId, RunKey, Settings, WorkflowKey, fresh};
use prost::Message;

use super::{at_most, callback, link, payload, policy, queue, request_id, search_attributes, timeout};
use crate::status::Refusal;

/// Where the request comes from, which decides some defaults and texts.
#[derive(Clone, Copy)]
pub struct Flavor {
    /// What an open run means when the request does not say.
    pub conflict: WorkflowIdConflictPolicy,
    /// What is said of a start without a type.
    pub type_missing: &'static str,
}

/// The run that a request asks for, with `run_id` as its id if it comes to be.
pub fn parse(
    namespace: &Namespace,
    mut request: StartWorkflowExecutionRequest,
    run_id: RunId,
    flavor: Flavor,
    settings: &Settings,
) -> Result<StartRequest, Refusal> {
    let bounds = &settings.limits;
    check_names(&request, flavor, bounds)?;
    check_options(&request)?;
    let (reuse, conflict) =
        policy::workflow_id(request.workflow_id_reuse_policy, request.workflow_id_conflict_policy, flavor.conflict)?;
    let task_queue = queue::normal(request.task_queue.take(), bounds)?;
    policy::priority(request.priority.as_ref())?;
    request.completion_callbacks = callback::parse(std::mem::take(&mut request.completion_callbacks), settings)?;
    request.links = callback::without_callback_links(std::mem::take(&mut request.links), &request.completion_callbacks);
    link::check(request.links.iter().chain(callback_links(&request.completion_callbacks)))?;
    check_supported(&request)?;
    check_sizes(&request, bounds)?;
    request.memo = payload::memo(request.memo.take(), bounds)?;
    request.search_attributes =
        search_attributes::check(namespace, request.search_attributes.take(), bounds.search_attributes)?;
    if request.request_id.is_empty() {
        request.request_id = fresh::uuid().to_string();
    }
    let attach = attach(&request);
    let workflow = WorkflowKey { namespace: namespace.id(), workflow_id: request.workflow_id.clone() };
    let start = Start {
        key: RunKey { workflow, run_id },
        namespace_name: namespace.name.clone(),
        requester: Requester {
            identity: request.identity.clone(),
            request_id: std::mem::take(&mut request.request_id),
            links: std::mem::take(&mut request.links),
            sender: None,
        },
        user_metadata: request.user_metadata.take(),
        signal: None,
        eager: None,
        update: None,
        attributes: Box::new(attributes(request, task_queue, run_id)),
    };
    Ok(StartRequest { start: Box::new(start), reuse, conflict, attach, signal: None })
}

fn check_names(request: &StartWorkflowExecutionRequest, flavor: Flavor, bounds: &Limits) -> Result<(), Refusal> {
    let bytes = request.workflow_id.len();
    if bytes == 0 {
        return Err(Refusal::invalid("WorkflowId is not set on request."));
    }
    let limit = bounds.id_bytes_max;
    if bytes > limit {
        return Err(Refusal::Invalid(format!("WorkflowId exceeds maximum allowed length ({bytes}/{limit})").into()));
    }
    let name = request.workflow_type.as_ref().map_or("", |kind| kind.name.as_str());
    if name.is_empty() {
        return Err(Refusal::invalid(flavor.type_missing));
    }
    at_most(name, limit, "WorkflowType length exceeds limit.")?;
    request_id(&request.request_id, bounds)
}

fn check_options(request: &StartWorkflowExecutionRequest) -> Result<(), Refusal> {
    if let Some(retry) = &request.retry_policy {
        policy::retry(retry)?;
    }
    timeout::check("WorkflowExecutionTimeoutSeconds", request.workflow_execution_timeout.as_ref())?;
    timeout::check("WorkflowRunTimeoutSeconds", request.workflow_run_timeout.as_ref())?;
    timeout::check("WorkflowTaskTimeoutSeconds", request.workflow_task_timeout.as_ref())?;
    timeout::check("WorkflowStartDelaySeconds", request.workflow_start_delay.as_ref())?;
    if !request.cron_schedule.is_empty() && request.workflow_start_delay.is_some() {
        return Err(Refusal::invalid("CronSchedule and WorkflowStartDelay may not be used together."));
    }
    policy::cron(&request.cron_schedule)?;
    let attach = request.on_conflict_options.unwrap_or_default();
    if attach.attach_completion_callbacks && !attach.attach_request_id {
        return Err(Refusal::invalid("attaching request ID is required for attaching completion callbacks"));
    }
    Ok(())
}

// Refused rather than dropped: a user who asks for one of these counts on it.
fn check_supported(request: &StartWorkflowExecutionRequest) -> Result<(), Refusal> {
    let refuse = |text| Err(Refusal::NotSupported(text));
    if request.versioning_override.is_some() {
        return refuse("versioning overrides are not supported yet");
    }
    if request.time_skipping_config.is_some() {
        return refuse("time skipping is not supported yet");
    }
    Ok(())
}

/// What an open run that stands for the start keeps of it.
fn attach(request: &StartWorkflowExecutionRequest) -> Option<Box<Attach>> {
    let options = request.on_conflict_options?;
    let OnConflictOptions { attach_request_id, attach_completion_callbacks, attach_links } = options;
    (attach_request_id || attach_completion_callbacks || attach_links).then(|| {
        Box::new(Attach {
            request_id: if attach_request_id { request.request_id.clone() } else { String::new() },
            completion_callbacks: match attach_completion_callbacks {
                true => request.completion_callbacks.clone(),
                false => Vec::new(),
            },
            links: if attach_links { request.links.clone() } else { Vec::new() },
        })
    })
}

fn check_sizes(request: &StartWorkflowExecutionRequest, bounds: &Limits) -> Result<(), Refusal> {
    payload::check(request.input.as_ref(), bounds)?;
    payload::check(request.last_completion_result.as_ref(), bounds)?;
    let metadata = request.user_metadata.as_ref().map_or(0, Message::encoded_len);
    if metadata > bounds.blob_bytes_max {
        return Err(Refusal::invalid("Blob data size exceeds limit."));
    }
    Ok(())
}

fn attributes(
    request: StartWorkflowExecutionRequest,
    task_queue: String,
    run_id: RunId,
) -> WorkflowExecutionStartedEventAttributes {
    let name = request.workflow_type.unwrap_or_default().name;
    WorkflowExecutionStartedEventAttributes {
        workflow_type: Some(WorkflowType { name }),
        task_queue: Some(TaskQueue {
            name: task_queue,
            kind: TaskQueueKind::Normal as i32,
            normal_name: String::new(),
        }),
        input: request.input,
        workflow_execution_timeout: request.workflow_execution_timeout,
        workflow_run_timeout: request.workflow_run_timeout,
        workflow_task_timeout: request.workflow_task_timeout,
        continued_failure: request.continued_failure,
        last_completion_result: request.last_completion_result,
        original_execution_run_id: run_id.to_string(),
        first_execution_run_id: run_id.to_string(),
        identity: request.identity,
        retry_policy: request.retry_policy,
        attempt: 1,
        cron_schedule: request.cron_schedule,
        first_workflow_task_backoff: request
            .workflow_start_delay
            .filter(|delay| *delay != prost_types::Duration::default()),
        memo: request.memo,
        search_attributes: request.search_attributes,
        header: request.header,
        completion_callbacks: request.completion_callbacks,
        workflow_id: request.workflow_id,
        priority: request.priority,
        ..WorkflowExecutionStartedEventAttributes::default()
    }
}
