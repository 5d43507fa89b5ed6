//! Our own types into responses. Nothing is decided here.

pub mod activity_task;
pub mod link;
pub mod namespace;
pub mod search_attributes;
pub mod update;
pub mod workflow_task;

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_model::RunKey;

/// A run as the protocol names it.
pub fn execution(run: &RunKey) -> WorkflowExecution {
    WorkflowExecution { workflow_id: run.workflow.workflow_id.clone(), run_id: run.run_id.to_string() }
}
