//! QueryWorkflow.

use abide_api::temporal::api::{
    enums::v1::QueryRejectCondition,
    query::v1::QueryRejected,
    workflowservice::v1::{QueryWorkflowRequest, QueryWorkflowResponse},
};
use abide_cluster::history::{Query, QueryAnswer};
use abide_model::limits;

use crate::Frontend;
use crate::call::Call;
use crate::parse::{execution, payload};
use crate::status::Refusal;

/// Asks a workflow.
pub async fn query(
    frontend: &Frontend,
    call: &Call,
    request: QueryWorkflowRequest,
) -> Result<QueryWorkflowResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let reject = QueryRejectCondition::try_from(request.query_reject_condition).unwrap_or_default();
    let run = execution::run(&namespace, request.execution)?;
    let query = request.query.ok_or(Refusal::invalid("WorkflowQuery is not set on request."))?;
    if query.query_type.is_empty() {
        return Err(Refusal::invalid("QueryType is not set on request."));
    }
    payload::check(query.query_args.as_ref(), frontend.limits())?;
    let longest = if call.has_deadline() { limits::POLL_WAIT_MAX } else { limits::QUERY_WAIT_DEFAULT };
    let timeout = call.wait(longest, limits::QUERY_DEADLINE_MARGIN);
    match frontend.history.query(run, Query { query, reject, timeout }).await? {
        QueryAnswer::Result(query_result) => Ok(QueryWorkflowResponse { query_result, ..Default::default() }),
        QueryAnswer::Rejected(status) => {
            let query_rejected = Some(QueryRejected { status: status as i32 });
            Ok(QueryWorkflowResponse { query_rejected, ..Default::default() })
        }
    }
}
