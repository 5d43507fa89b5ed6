//! DescribeBatchOperation and ListBatchOperations.

use abide_api::temporal::api::{
    batch::v1::BatchOperationInfo,
    common::v1::Execution,
    enums::v1::{BatchOperationType, ExecutionType},
    workflowservice::v1::{
        DescribeBatchOperationRequest, DescribeBatchOperationResponse, ListBatchOperationsRequest,
        ListBatchOperationsResponse, start_batch_operation_request::Operation,
    },
};
use abide_engine::batch::Batch;
use abide_engine::convert::to_proto_time;
use abide_model::limits;

use crate::Frontend;
use crate::status::Refusal;

/// How a batch is, and how far.
#[expect(deprecated, reason = "clients still send lists of executions in the old field")]
pub fn describe(
    frontend: &Frontend,
    request: DescribeBatchOperationRequest,
) -> Result<DescribeBatchOperationResponse, Refusal> {
    super::job_id(&request.job_id)?;
    let namespace = frontend.batch_namespace(&request.namespace)?;
    let batch = frontend.batches.get(namespace.id(), &request.job_id)?;
    let asked = batch.request.clone().unwrap_or_default();
    let listed = asked.executions.into_iter().map(|execution| Execution {
        r#type: ExecutionType::Workflow as i32,
        business_id: execution.workflow_id,
        run_id: execution.run_id,
    });
    Ok(DescribeBatchOperationResponse {
        operation_type: kind(asked.operation.as_ref()) as i32,
        job_id: request.job_id,
        state: batch.state,
        start_time: Some(to_proto_time(batch.started_at)),
        close_time: batch.closed_at.map(to_proto_time),
        total_operation_count: batch.total.unwrap_or(0),
        complete_operation_count: batch.done,
        failure_operation_count: batch.failed,
        identity: batch.identity.clone(),
        reason: asked.reason,
        query: asked.visibility_query,
        executions: listed.chain(asked.target_executions).collect(),
    })
}

/// A page of batches: running ones first, then those that ended last.
pub fn list(frontend: &Frontend, request: ListBatchOperationsRequest) -> Result<ListBatchOperationsResponse, Refusal> {
    let namespace = frontend.batch_namespace(&request.namespace)?;
    let all = frontend.batches.list(namespace.id());
    let after =
        std::str::from_utf8(&request.next_page_token).map_err(|_| Refusal::invalid("Invalid NextPageToken."))?;
    let begin = match after {
        "" => 0,
        after => match all.iter().position(|batch| batch.job_id() == after) {
            Some(at) => at + 1,
            // It is forgotten, and so are those behind it.
            None => all.len(),
        },
    };
    let size = usize::try_from(request.page_size).ok().filter(|size| *size > 0);
    let size = size.unwrap_or(limits::LIST_PAGE_MAX).min(limits::LIST_PAGE_MAX);
    let page = &all[begin..(begin + size).min(all.len())];
    let next_page_token = match page.last() {
        Some(last) if begin + page.len() < all.len() => last.job_id().to_owned().into(),
        _ => bytes::Bytes::new(),
    };
    Ok(ListBatchOperationsResponse { operation_info: page.iter().map(|batch| info(batch)).collect(), next_page_token })
}

fn info(batch: &Batch) -> BatchOperationInfo {
    BatchOperationInfo {
        job_id: batch.job_id().to_owned(),
        state: batch.state,
        start_time: Some(to_proto_time(batch.started_at)),
        close_time: batch.closed_at.map(to_proto_time),
        operation_type: kind(batch.request.as_ref().and_then(|request| request.operation.as_ref())) as i32,
    }
}

fn kind(operation: Option<&Operation>) -> BatchOperationType {
    match operation {
        None => BatchOperationType::Unspecified,
        Some(Operation::TerminationOperation(_)) => BatchOperationType::TerminateWorkflow,
        Some(Operation::SignalOperation(_)) => BatchOperationType::SignalWorkflow,
        Some(Operation::CancellationOperation(_)) => BatchOperationType::CancelWorkflow,
        Some(Operation::DeletionOperation(_)) => BatchOperationType::DeleteWorkflow,
        Some(Operation::ResetOperation(_)) => BatchOperationType::ResetWorkflow,
        Some(Operation::UpdateWorkflowOptionsOperation(_)) => BatchOperationType::UpdateWorkflowExecutionOptions,
        Some(Operation::UnpauseActivitiesOperation(_)) => BatchOperationType::UnpauseActivity,
        Some(Operation::ResetActivitiesOperation(_)) => BatchOperationType::ResetActivity,
        Some(Operation::UpdateActivityOptionsOperation(_)) => BatchOperationType::UpdateActivityOptions,
        Some(Operation::CancelActivitiesOperation(_)) => BatchOperationType::CancelActivity,
        Some(Operation::TerminateActivitiesOperation(_)) => BatchOperationType::TerminateActivity,
        Some(Operation::DeleteActivitiesOperation(_)) => BatchOperationType::DeleteActivity,
    }
}
