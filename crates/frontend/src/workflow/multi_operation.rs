//! ExecuteMultiOperation, which is update with start and nothing else. Each operation has a status of its own.

use abide_api::temporal::api::{
    enums::v1::WorkflowIdConflictPolicy,
    workflowservice::v1::{
        ExecuteMultiOperationRequest, ExecuteMultiOperationResponse, StartWorkflowExecutionRequest,
        StartWorkflowExecutionResponse, UpdateWorkflowExecutionRequest,
        execute_multi_operation_request::operation::Operation,
        execute_multi_operation_response::{Response, response::Response as Answer},
    },
};
use abide_cluster::history::{RunReference, StartRequest, Started, UpdateWorkflow, WithStartError};
use abide_engine::convert::from_proto_duration;
use abide_engine::namespace::Namespace;

use crate::Frontend;
use crate::convert::link;
use crate::convert::update::updated;
use crate::parse;
use crate::parse::start::Flavor;
use crate::status::{OperationStatus, Refusal};

const FLAVOR: Flavor =
    Flavor { conflict: WorkflowIdConflictPolicy::Fail, type_missing: "WorkflowType is not set on request." };

/// Starts a workflow unless it runs already, and updates it.
pub async fn execute(
    frontend: &Frontend,
    request: ExecuteMultiOperationRequest,
) -> Result<ExecuteMultiOperationResponse, Refusal> {
    let namespace = frontend.open_namespace(&request.namespace)?;
    if !frontend.settings.features.multi_operation {
        return Err(Refusal::NotAllowed("ExecuteMultiOperation API is disabled on this namespace."));
    }
    let mut operations = request.operations.into_iter().map(|operation| operation.operation);
    let (start, update) = match (operations.next(), operations.next(), operations.next()) {
        (Some(Some(Operation::StartWorkflow(start))), Some(Some(Operation::UpdateWorkflow(update))), None) => {
            (start, update)
        }
        _ => return Err(Refusal::invalid("Operations have to be exactly [Start, Update].")),
    };
    let (start, update) = operations_of(frontend, &namespace, start, update)?;
    let workflow_id = start.start.key.workflow.workflow_id.clone();
    let request = update.request.clone();
    let done = frontend.history.update_with_start(start, update).await.map_err(refused)?;
    let started = started(&namespace, workflow_id.clone(), done.started);
    let updated = updated(&namespace, workflow_id, &request, done.update);
    let responses = [Answer::StartWorkflow(started), Answer::UpdateWorkflow(updated)];
    let responses = responses.into_iter().map(|response| Response { response: Some(response) }).collect();
    Ok(ExecuteMultiOperationResponse { responses })
}

/// Both operations, or what is wrong with each.
fn operations_of(
    frontend: &Frontend,
    namespace: &Namespace,
    start: StartWorkflowExecutionRequest,
    update: UpdateWorkflowExecutionRequest,
) -> Result<(StartRequest, UpdateWorkflow), Refusal> {
    let start = parse_start(frontend, namespace, start);
    let update = parse_update(frontend, namespace, update).and_then(|(run, update)| match &start {
        Ok(start) if start.start.key.workflow != run.workflow => {
            Err(Refusal::invalid("WorkflowId is not consistent with previous operation(s)."))
        }
        Ok(_) | Err(_) => Ok(update),
    });
    match (start, update) {
        (Ok(start), Ok(update)) => Ok((start, update)),
        (start, update) => {
            let status = |refusal: Option<Refusal>| refusal.map_or(OperationStatus::Aborted, OperationStatus::Refused);
            Err(Refusal::MultiOperation(Box::new([status(start.err()), status(update.err())])))
        }
    }
}

fn parse_start(
    frontend: &Frontend,
    namespace: &Namespace,
    request: StartWorkflowExecutionRequest,
) -> Result<StartRequest, Refusal> {
    check_namespace(namespace, &request.namespace)?;
    let cron = !request.cron_schedule.is_empty();
    let eager = request.request_eager_execution;
    let delayed = !from_proto_duration(request.workflow_start_delay.as_ref()).is_zero();
    if cron {
        return Err(Refusal::invalid("CronSchedule is not allowed."));
    }
    let start = parse::start::parse(namespace, request, frontend.new_run_id(), FLAVOR, &frontend.settings)?;
    if eager {
        return Err(Refusal::invalid("RequestEagerExecution is not supported."));
    }
    if delayed {
        return Err(Refusal::invalid("WorkflowStartDelay is not supported."));
    }
    Ok(start)
}

fn parse_update(
    frontend: &Frontend,
    namespace: &Namespace,
    request: UpdateWorkflowExecutionRequest,
) -> Result<(RunReference, UpdateWorkflow), Refusal> {
    check_namespace(namespace, &request.namespace)?;
    let of_chain = !request.first_execution_run_id.is_empty();
    let of_run = request.workflow_execution.as_ref().is_some_and(|execution| !execution.run_id.is_empty());
    let parsed = parse::update::parse(namespace, &frontend.settings, request)?;
    if of_chain {
        return Err(Refusal::invalid("FirstExecutionRunId is not allowed."));
    }
    if of_run {
        return Err(Refusal::invalid("RunId is not allowed."));
    }
    Ok(parsed)
}

fn check_namespace(namespace: &Namespace, named: &str) -> Result<(), Refusal> {
    if named.is_empty() || named == namespace.name {
        return Ok(());
    }
    Err(Refusal::invalid("Operation namespace did not match request's namespace."))
}

fn started(namespace: &Namespace, workflow_id: String, started: Started) -> StartWorkflowExecutionResponse {
    let run_id = started.run_id.to_string();
    StartWorkflowExecutionResponse {
        first_execution_run_id: started.first_run_id.to_string(),
        run_id,
        started: started.started,
        status: started.status as i32,
        eager_workflow_task: None,
        link: Some(link::started(namespace, workflow_id, started.run_id)),
    }
}

fn refused(error: WithStartError) -> Refusal {
    Refusal::MultiOperation(Box::new(match error {
        WithStartError::Start(error) => [OperationStatus::Refused(error.into()), OperationStatus::Aborted],
        WithStartError::Update { error, started: true } => {
            [OperationStatus::Done, OperationStatus::Refused(error.into())]
        }
        WithStartError::Update { error, started: false } => {
            [OperationStatus::Aborted, OperationStatus::Refused(error.into())]
        }
    }))
}
