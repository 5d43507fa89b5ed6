//! `worker deployment update-version-compute-config`.

use abide_api::temporal::api::{
    compute::v1::{ComputeConfigScalingGroup, ComputeConfigScalingGroupUpdate, ComputeScaler},
    workflowservice::v1::UpdateWorkerDeploymentVersionComputeConfigRequest,
};
use clap::Args;
use prost_types::FieldMask;

use super::Version;
use super::compute::{Compute, GROUP};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `worker deployment update-version-compute-config`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    version: Version,
    #[command(flatten)]
    compute: Compute,
    /// The server starts no workers any more.
    #[arg(long)]
    remove: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { version, compute, remove } = arguments;
    if remove && compute.is_given() {
        return Err(Error::new("--remove cannot be combined with --aws-lambda-* or --gcp-cloud-run-* flags"));
    }
    let mut request = UpdateWorkerDeploymentVersionComputeConfigRequest {
        namespace: session.client.namespace.clone(),
        deployment_version: Some(version.proto()),
        identity: session.client.identity.clone(),
        request_id: client::request_id(),
        ..UpdateWorkerDeploymentVersionComputeConfigRequest::default()
    };
    let done = if remove {
        request.remove_compute_config_scaling_groups = vec![GROUP.into()];
        "removed"
    } else {
        request.compute_config_scaling_groups = [(GROUP.to_owned(), change(&compute)?)].into();
        "updated"
    };
    let answer = session.client.workflow.update_worker_deployment_version_compute_config(client::call(request)).await;
    answer.map_err(|status| Error::rpc("error updating worker deployment version compute config", &status))?;
    session.output.text(format!("Successfully {done} worker deployment version compute config"));
    Ok(())
}

fn change(compute: &Compute) -> Result<ComputeConfigScalingGroupUpdate> {
    let (group, paths) = if compute.is_scaling_only() {
        let scaler = ComputeScaler { details: compute.scaling()?, ..ComputeScaler::default() };
        let group = ComputeConfigScalingGroup { scaler: Some(scaler), ..ComputeConfigScalingGroup::default() };
        (group, vec!["scaler.details"])
    } else {
        let group = compute.group()?.ok_or_else(|| Error::new("no compute configuration provided to update"))?;
        let mut paths = vec!["provider.type", "provider.details", "scaler.type"];
        let scaler = group.scaler.clone().unwrap_or_default();
        // Details of one kind of scaler are nothing to another; those of the same kind stay unless they are given.
        if scaler.r#type != "rate-based" || scaler.details.is_some() {
            paths.push("scaler.details");
        }
        (group, paths)
    };
    let paths = paths.into_iter().map(str::to_owned).collect();
    Ok(ComputeConfigScalingGroupUpdate { scaling_group: Some(group), update_mask: Some(FieldMask { paths }) })
}
