//! SignalWithStartWorkflowExecution.

use abide_api::temporal::api::{
    enums::v1::WorkflowIdConflictPolicy,
    workflowservice::v1::{
        SignalWithStartWorkflowExecutionRequest, SignalWithStartWorkflowExecutionResponse,
        StartWorkflowExecutionRequest,
    },
};
use abide_engine::run::Signal;
use abide_model::settings::Limits;

use crate::Frontend;
use crate::convert::link;
use crate::parse::payload;
use crate::parse::start::{Flavor, parse};
use crate::status::Refusal;

const FLAVOR: Flavor =
    Flavor { conflict: WorkflowIdConflictPolicy::UseExisting, type_missing: "workflow type not set" };

/// Signals the open run, or starts one with the signal.
pub async fn signal_with_start(
    frontend: &Frontend,
    request: SignalWithStartWorkflowExecutionRequest,
) -> Result<SignalWithStartWorkflowExecutionResponse, Refusal> {
    let namespace = frontend.open_namespace(&request.namespace)?;
    let workflow_id = request.workflow_id.clone();
    let (signal, request) = split(request, frontend.limits())?;
    let mut request = parse(&namespace, request, frontend.new_run_id(), FLAVOR, &frontend.settings)?;
    let requester = request.start.requester.clone();
    let request_id = requester.request_id.clone();
    request.signal = Some(Box::new(Signal { requester, ..signal }));
    let started = frontend.history.start(request).await?;
    let run_id = started.run_id.to_string();
    Ok(SignalWithStartWorkflowExecutionResponse {
        first_execution_run_id: started.first_run_id.to_string(),
        run_id,
        started: started.started,
        signal_link: Some(link::signaled(&namespace, workflow_id, started.run_id, request_id)),
    })
}

/// The signal, and the start as it would be asked for alone.
fn split(
    request: SignalWithStartWorkflowExecutionRequest,
    bounds: &Limits,
) -> Result<(Signal, StartWorkflowExecutionRequest), Refusal> {
    check(&request, bounds)?;
    let signal = Signal {
        name: request.signal_name,
        input: request.signal_input,
        header: request.header.clone(),
        requester: Default::default(),
        ends_start_delay: true,
    };
    let start = StartWorkflowExecutionRequest {
        namespace: request.namespace,
        workflow_id: request.workflow_id,
        workflow_type: request.workflow_type,
        task_queue: request.task_queue,
        input: request.input,
        workflow_execution_timeout: request.workflow_execution_timeout,
        workflow_run_timeout: request.workflow_run_timeout,
        workflow_task_timeout: request.workflow_task_timeout,
        identity: request.identity,
        request_id: request.request_id,
        workflow_id_reuse_policy: request.workflow_id_reuse_policy,
        workflow_id_conflict_policy: request.workflow_id_conflict_policy,
        retry_policy: request.retry_policy,
        cron_schedule: request.cron_schedule,
        memo: request.memo,
        search_attributes: request.search_attributes,
        header: request.header,
        workflow_start_delay: request.workflow_start_delay,
        user_metadata: request.user_metadata,
        links: request.links,
        versioning_override: request.versioning_override,
        priority: request.priority,
        time_skipping_config: request.time_skipping_config,
        ..StartWorkflowExecutionRequest::default()
    };
    Ok((signal, start))
}

fn check(request: &SignalWithStartWorkflowExecutionRequest, bounds: &Limits) -> Result<(), Refusal> {
    if request.workflow_id.is_empty() {
        return Err(Refusal::invalid("WorkflowId is not set on request."));
    }
    let bytes = request.signal_name.len();
    if bytes == 0 {
        return Err(Refusal::invalid("signal not set"));
    }
    let limit = bounds.id_bytes_max;
    if bytes > limit {
        return Err(Refusal::Invalid(format!("signal name exceeds maximum allowed length ({bytes}/{limit})").into()));
    }
    if request.workflow_id_conflict_policy() == WorkflowIdConflictPolicy::Fail {
        return Err(Refusal::invalid(
            "Invalid WorkflowIDConflictPolicy: WORKFLOW_ID_CONFLICT_POLICY_FAIL is not supported for this operation.",
        ));
    }
    payload::check(request.signal_input.as_ref(), bounds)
}
