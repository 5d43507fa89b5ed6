//! `worker deployment delete-version`.

use abide_api::temporal::api::workflowservice::v1::DeleteWorkerDeploymentVersionRequest;
use clap::Args;

use super::Version;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `worker deployment delete-version`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    version: Version,
    /// Even if executions may still need it.
    #[arg(long)]
    skip_drainage: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let request = DeleteWorkerDeploymentVersionRequest {
        namespace: session.client.namespace.clone(),
        deployment_version: Some(arguments.version.proto()),
        skip_drainage: arguments.skip_drainage,
        identity: session.client.identity.clone(),
        ..DeleteWorkerDeploymentVersionRequest::default()
    };
    let answer = session.client.workflow.delete_worker_deployment_version(client::call(request)).await;
    answer.map_err(|status| Error::rpc("error deleting worker deployment version", &status))?;
    session.output.text("Successfully deleted worker deployment version");
    Ok(())
}
