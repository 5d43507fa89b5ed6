//! `worker deployment describe`.

use abide_api::temporal::api::workflowservice::v1::{
    DescribeWorkerDeploymentRequest, DescribeWorkerDeploymentResponse,
};
use tonic::Status;

use super::{Name, shown};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, name: Name) -> Result<()> {
    let answer = ask(session, &name.name).await;
    let answer = answer.map_err(|status| Error::rpc("error describing worker deployment", &status))?;
    shown::print(session.output, &answer.worker_deployment_info.unwrap_or_default(), "Worker Deployment:");
    Ok(())
}

/// The deployment as the server knows it.
pub async fn ask(session: &mut Session, name: &str) -> Result<DescribeWorkerDeploymentResponse, Status> {
    let namespace = session.client.namespace.clone();
    let request = DescribeWorkerDeploymentRequest { namespace, deployment_name: name.to_owned() };
    Ok(session.client.workflow.describe_worker_deployment(client::call(request)).await?.into_inner())
}
