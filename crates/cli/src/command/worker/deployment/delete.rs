//! `worker deployment delete`.

use abide_api::temporal::api::workflowservice::v1::DeleteWorkerDeploymentRequest;

use super::Name;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, name: Name) -> Result<()> {
    let request = DeleteWorkerDeploymentRequest {
        namespace: session.client.namespace.clone(),
        deployment_name: name.name,
        identity: session.client.identity.clone(),
    };
    let answer = session.client.workflow.delete_worker_deployment(client::call(request)).await;
    answer.map_err(|status| Error::rpc("error deleting worker deployment", &status))?;
    session.output.text("Successfully deleted worker deployment");
    Ok(())
}
