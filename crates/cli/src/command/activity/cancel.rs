//! `activity cancel`.

use abide_api::temporal::api::{
    batch::v1::BatchOperationCancelActivities,
    workflowservice::v1::{RequestCancelActivityExecutionRequest, start_batch_operation_request::Operation},
};

use super::alone::{Arguments, Yes};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let identity = session.client.identity.clone();
    if !arguments.is_one(Yes::BatchOnly)? {
        let operation = BatchOperationCancelActivities { identity, reason: arguments.reason.clone() };
        return arguments.batch(session, Operation::CancelActivitiesOperation(operation)).await;
    }
    let request = RequestCancelActivityExecutionRequest {
        namespace: session.client.namespace.clone(),
        activity_id: arguments.activity_id,
        run_id: arguments.run_id,
        identity,
        request_id: client::request_id(),
        reason: arguments.reason,
    };
    let answer = session.client.workflow.request_cancel_activity_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed to request activity cancellation", &status))?;
    session.output.text("Cancellation requested");
    Ok(())
}
