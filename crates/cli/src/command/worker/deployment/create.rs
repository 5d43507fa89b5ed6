//! `worker deployment create`.

use abide_api::temporal::api::workflowservice::v1::CreateWorkerDeploymentRequest;

use super::Name;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, name: Name) -> Result<()> {
    let request = CreateWorkerDeploymentRequest {
        namespace: session.client.namespace.clone(),
        deployment_name: name.name,
        identity: session.client.identity.clone(),
        request_id: client::request_id(),
    };
    let answer = session.client.workflow.create_worker_deployment(client::call(request)).await;
    answer.map_err(|status| Error::rpc("error creating worker deployment", &status))?;
    session.output.text("Successfully created worker deployment");
    Ok(())
}
