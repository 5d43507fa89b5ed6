//! `worker deployment create-version`.

use abide_api::temporal::api::{compute::v1::ComputeConfig, workflowservice::v1::CreateWorkerDeploymentVersionRequest};
use clap::Args;

use super::Version;
use super::compute::{Compute, GROUP};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `worker deployment create-version`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    version: Version,
    #[command(flatten)]
    compute: Compute,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Some(group) = arguments.compute.group()? else {
        return Err(Error::new("missing configuration for compute provider"));
    };
    let config = ComputeConfig { scaling_groups: [(GROUP.to_owned(), group)].into() };
    let request = CreateWorkerDeploymentVersionRequest {
        namespace: session.client.namespace.clone(),
        deployment_version: Some(arguments.version.proto()),
        compute_config: Some(config),
        identity: session.client.identity.clone(),
        request_id: client::request_id(),
    };
    let answer = session.client.workflow.create_worker_deployment_version(client::call(request)).await;
    answer.map_err(|status| Error::rpc("error creating worker deployment version", &status))?;
    session.output.text("Successfully created worker deployment version");
    Ok(())
}
