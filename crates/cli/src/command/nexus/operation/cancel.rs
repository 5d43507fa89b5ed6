//! `nexus operation cancel`.

use abide_api::temporal::api::workflowservice::v1::RequestCancelNexusOperationExecutionRequest;

use super::Reasoned;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Reasoned) -> Result<()> {
    let request = RequestCancelNexusOperationExecutionRequest {
        namespace: session.client.namespace.clone(),
        operation_id: arguments.which.operation_id,
        run_id: arguments.which.run_id,
        identity: session.client.identity.clone(),
        request_id: client::request_id(),
        reason: arguments.reason,
    };
    let answer = session.client.workflow.request_cancel_nexus_operation_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed to request nexus operation cancellation", &status))?;
    session.output.text("Cancellation requested");
    Ok(())
}
