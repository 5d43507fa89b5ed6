//! `activity delete`.

use abide_api::temporal::api::{
    batch::v1::BatchOperationDeleteActivities,
    workflowservice::v1::{
        DeleteActivityExecutionRequest, DescribeNamespaceRequest, start_batch_operation_request::Operation,
    },
};

use super::alone::{Arguments, Yes};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output;

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    warn_of_replicas(session).await;
    if !arguments.is_one(Yes::Allowed)? {
        let operation = BatchOperationDeleteActivities {};
        return arguments.batch(session, Operation::DeleteActivitiesOperation(operation)).await;
    }
    session.output.confirm(&question(&arguments), arguments.yes)?;
    let request = DeleteActivityExecutionRequest {
        namespace: session.client.namespace.clone(),
        activity_id: arguments.activity_id,
        run_id: arguments.run_id,
    };
    let answer = session.client.workflow.delete_activity_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed to delete standalone activity", &status))?;
    session.output.text("Delete activity succeeded");
    Ok(())
}

async fn warn_of_replicas(session: &mut Session) {
    let request =
        DescribeNamespaceRequest { namespace: session.client.namespace.clone(), ..DescribeNamespaceRequest::default() };
    let answer = session.client.workflow.describe_namespace(client::call(request)).await;
    if answer.is_ok_and(|answer| !answer.into_inner().is_global_namespace) {
        return;
    }
    output::warn(
        "in a namespace of several clusters this removes standalone Activities from all of them; --grpc-meta \
         xdc-redirection=false asks this cluster alone",
    );
}

fn question(arguments: &Arguments) -> String {
    let Arguments { activity_id, run_id, .. } = arguments;
    let run = if run_id.is_empty() { String::new() } else { format!(" with Run ID {run_id:?}") };
    format!("Delete Standalone Activity {activity_id:?}{run}? y/N")
}
