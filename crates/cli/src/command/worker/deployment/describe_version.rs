//! `worker deployment describe-version`.

use abide_api::temporal::api::workflowservice::v1::DescribeWorkerDeploymentVersionRequest;
use clap::Args;

use super::{Version, version_shown};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `worker deployment describe-version`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    version: Version,
    /// Show what waits in its Task Queues.
    #[arg(long)]
    report_task_queue_stats: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let request = DescribeWorkerDeploymentVersionRequest {
        namespace: session.client.namespace.clone(),
        deployment_version: Some(arguments.version.proto()),
        report_task_queue_stats: arguments.report_task_queue_stats,
        ..DescribeWorkerDeploymentVersionRequest::default()
    };
    let answer = session.client.workflow.describe_worker_deployment_version(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("error describing worker deployment version", &status))?;
    version_shown::print(session.output, &answer.into_inner(), arguments.report_task_queue_stats);
    Ok(())
}
