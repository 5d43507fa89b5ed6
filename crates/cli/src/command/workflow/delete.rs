//! `workflow delete`.

use abide_api::temporal::api::{
    batch::v1::BatchOperationDeletion,
    workflowservice::v1::{DeleteWorkflowExecutionRequest, start_batch_operation_request::Operation},
};

use super::many::{Reason, Target};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, target: Target) -> Result<()> {
    // Unlike others, this command asks before it touches a single one as well.
    let unasked = Target { yes: false, ..target.clone() };
    if !unasked.is_one(Reason::BatchOnly)? {
        let operation = BatchOperationDeletion { identity: session.client.identity.clone() };
        return target.batch(session, Operation::DeletionOperation(operation)).await;
    }
    session.output.confirm(&question(&target), target.yes)?;
    let request = DeleteWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_execution: Some(client::execution(&target.workflow_id, &target.run_id)),
    };
    let answer = session.client.workflow.delete_workflow_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed to delete workflow", &status))?;
    session.output.text("Delete workflow succeeded");
    Ok(())
}

fn question(target: &Target) -> String {
    let run = if target.run_id.is_empty() { String::new() } else { format!(" with Run ID {:?}", target.run_id) };
    format!("Delete Workflow {:?}{run}? y/N", target.workflow_id)
}
