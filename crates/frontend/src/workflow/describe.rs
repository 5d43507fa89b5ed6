//! DescribeWorkflowExecution.

use abide_api::temporal::api::workflowservice::v1::{
    DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse,
};

use crate::Frontend;
use crate::convert::search_attributes::name_types;
use crate::parse::execution;
use crate::status::Refusal;

/// Everything that is known about a run.
pub async fn describe(
    frontend: &Frontend,
    request: DescribeWorkflowExecutionRequest,
) -> Result<DescribeWorkflowExecutionResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let run = execution::run(&namespace, request.execution)?;
    let mut response = frontend.history.describe(run).await?;
    if let Some(info) = &mut response.workflow_execution_info {
        name_types(&namespace, info);
    }
    Ok(response)
}
