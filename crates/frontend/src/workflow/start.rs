//! StartWorkflowExecution.

use abide_api::temporal::api::{
    enums::v1::WorkflowIdConflictPolicy,
    workflowservice::v1::{StartWorkflowExecutionRequest, StartWorkflowExecutionResponse},
};
use abide_engine::run::Poller;

use crate::Frontend;
use crate::convert::link;
use crate::convert::workflow_task::workflow_task;
use crate::parse::start::{Flavor, parse};
use crate::status::Refusal;

const FLAVOR: Flavor =
    Flavor { conflict: WorkflowIdConflictPolicy::Fail, type_missing: "WorkflowType is not set on request." };

/// Starts a run, or finds the one that stands for it. A worker that wishes so gets the first task with the answer; when
/// that cannot be, it is not told why.
pub async fn start(
    frontend: &Frontend,
    request: StartWorkflowExecutionRequest,
) -> Result<StartWorkflowExecutionResponse, Refusal> {
    let namespace = frontend.open_namespace(&request.namespace)?;
    let workflow_id = request.workflow_id.clone();
    let wants_task = request.request_eager_execution && frontend.settings.features.eager_start;
    let build_id = request.eager_worker_deployment_options.as_ref().map(|options| options.build_id.clone());
    let mut request = parse(&namespace, request, frontend.new_run_id(), FLAVOR, &frontend.settings)?;
    let request_id = request.start.requester.request_id.clone();
    request.start.eager = wants_task.then(|| Poller {
        identity: request.start.requester.identity.clone(),
        request_id: request_id.clone(),
        build_id: build_id.unwrap_or_default(),
    });
    let started = frontend.history.start(request).await?;
    let run_id = started.run_id.to_string();
    Ok(StartWorkflowExecutionResponse {
        first_execution_run_id: started.first_run_id.to_string(),
        run_id,
        started: started.started,
        status: started.status as i32,
        eager_workflow_task: started.first_task.map(|task| workflow_task(*task, 0)),
        link: Some(match started.attached {
            true => link::attached(&namespace, workflow_id, started.run_id, request_id),
            false => link::started(&namespace, workflow_id, started.run_id),
        }),
    })
}
