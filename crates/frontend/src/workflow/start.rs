//! StartWorkflowExecution.

use abide_api::temporal::api::{
    enums::v1::WorkflowIdConflictPolicy,
    workflowservice::v1::{StartWorkflowExecutionRequest, StartWorkflowExecutionResponse},
};

use crate::Frontend;
use crate::convert::link;
use crate::parse::start::{Flavor, parse};
use crate::status::Refusal;

const FLAVOR: Flavor =
    Flavor { conflict: WorkflowIdConflictPolicy::Fail, type_missing: "WorkflowType is not set on request." };

/// Starts a run, or finds the one that stands for it. A wish for an eager first task is not granted.
pub async fn start(
    frontend: &Frontend,
    request: StartWorkflowExecutionRequest,
) -> Result<StartWorkflowExecutionResponse, Refusal> {
    let namespace = frontend.open_namespace(&request.namespace)?;
    let workflow_id = request.workflow_id.clone();
    let request = parse(&namespace, request, frontend.new_run_id(), FLAVOR, frontend.limits())?;
    let request_id = request.start.requester.request_id.clone();
    let started = frontend.history.start(request).await?;
    let run_id = started.run_id.to_string();
    Ok(StartWorkflowExecutionResponse {
        first_execution_run_id: started.first_run_id.to_string(),
        run_id,
        started: started.started,
        status: started.status as i32,
        eager_workflow_task: None,
        link: Some(match started.attached {
            true => link::attached(&namespace, workflow_id, started.run_id, request_id),
            false => link::started(&namespace, workflow_id, started.run_id),
        }),
    })
}
