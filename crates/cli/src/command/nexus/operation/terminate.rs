//! `nexus operation terminate`.

use abide_api::temporal::api::workflowservice::v1::TerminateNexusOperationExecutionRequest;

use super::Reasoned;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Reasoned) -> Result<()> {
    let reason = if arguments.reason.is_empty() { client::default_reason() } else { arguments.reason };
    let request = TerminateNexusOperationExecutionRequest {
        namespace: session.client.namespace.clone(),
        operation_id: arguments.which.operation_id,
        run_id: arguments.which.run_id,
        identity: session.client.identity.clone(),
        request_id: client::request_id(),
        reason,
    };
    let answer = session.client.workflow.terminate_nexus_operation_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed to terminate nexus operation", &status))?;
    session.output.text("Nexus Operation terminated");
    Ok(())
}
