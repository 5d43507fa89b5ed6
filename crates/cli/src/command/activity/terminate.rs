//! `activity terminate`.

use abide_api::temporal::api::{
    batch::v1::BatchOperationTerminateActivities,
    workflowservice::v1::{TerminateActivityExecutionRequest, start_batch_operation_request::Operation},
};

use super::alone::{Arguments, Yes};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let identity = session.client.identity.clone();
    let one = arguments.is_one(Yes::BatchOnly)?;
    let reason = if arguments.reason.is_empty() { client::default_reason() } else { arguments.reason.clone() };
    if !one {
        let operation = BatchOperationTerminateActivities { identity, reason };
        return arguments.batch(session, Operation::TerminateActivitiesOperation(operation)).await;
    }
    let request = TerminateActivityExecutionRequest {
        namespace: session.client.namespace.clone(),
        activity_id: arguments.activity_id,
        run_id: arguments.run_id,
        identity,
        request_id: client::request_id(),
        reason,
    };
    let answer = session.client.workflow.terminate_activity_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed to terminate activity", &status))?;
    session.output.text("Activity terminated");
    Ok(())
}
