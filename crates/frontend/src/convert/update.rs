//! How far an update has come, as its callers get it.

use abide_api::temporal::api::{
    common::v1::{Link, WorkflowExecution},
    enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage,
    update::v1::{Request, UpdateRef, outcome::Value},
    workflowservice::v1::{PollWorkflowExecutionUpdateResponse, UpdateWorkflowExecutionResponse},
};
use abide_cluster::history::{UpdateAnswer, UpdateStage};
use abide_engine::namespace::Namespace;
use abide_engine::run::update_id;

use super::link;

/// To the caller of the update.
pub fn updated(
    namespace: &Namespace,
    workflow_id: String,
    request: &Request,
    answer: UpdateAnswer,
) -> UpdateWorkflowExecutionResponse {
    UpdateWorkflowExecutionResponse {
        link: link_to(namespace, &workflow_id, request, &answer),
        update_ref: Some(reference(workflow_id, update_id(request), &answer)),
        stage: stage(answer.stage) as i32,
        outcome: answer.outcome.map(|outcome| *outcome),
    }
}

/// To who asks later.
pub fn polled(workflow_id: String, update_id: &str, answer: UpdateAnswer) -> PollWorkflowExecutionUpdateResponse {
    PollWorkflowExecutionUpdateResponse {
        update_ref: Some(reference(workflow_id, update_id, &answer)),
        stage: stage(answer.stage) as i32,
        outcome: answer.outcome.map(|outcome| *outcome),
    }
}

/// What was turned down has no event; whether a failure is that, the caller is not told, so no failure has one.
fn link_to(namespace: &Namespace, workflow_id: &str, request: &Request, answer: &UpdateAnswer) -> Option<Link> {
    let failed = matches!(answer.outcome.as_ref().and_then(|outcome| outcome.value.as_ref()), Some(Value::Failure(_)));
    match answer.stage {
        UpdateStage::Completed if failed => Some(link::rejected(namespace, workflow_id.to_owned(), answer.run_id)),
        UpdateStage::Accepted | UpdateStage::Completed => {
            Some(link::updated(namespace, workflow_id.to_owned(), answer.run_id, request.request_id.clone()))
        }
        UpdateStage::Admitted => None,
    }
}

fn reference(workflow_id: String, update_id: &str, answer: &UpdateAnswer) -> UpdateRef {
    let execution = WorkflowExecution { workflow_id, run_id: answer.run_id.to_string() };
    UpdateRef { workflow_execution: Some(execution), update_id: update_id.to_owned() }
}

fn stage(stage: UpdateStage) -> Stage {
    match stage {
        UpdateStage::Admitted => Stage::Admitted,
        UpdateStage::Accepted => Stage::Accepted,
        UpdateStage::Completed => Stage::Completed,
    }
}
