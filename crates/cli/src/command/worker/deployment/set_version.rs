//! `worker deployment set-current-version` and `worker deployment set-ramping-version`.

use abide_api::temporal::api::workflowservice::v1::{
    SetWorkerDeploymentCurrentVersionRequest, SetWorkerDeploymentRampingVersionRequest,
};
use bytes::Bytes;
use clap::Args;
use tonic::Code;

use super::{describe, shown};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `worker deployment set-current-version`.
#[derive(Args, Debug)]
pub struct Current {
    #[command(flatten)]
    version: Version,
    #[command(flatten)]
    safety: Safety,
}

/// `worker deployment set-ramping-version`.
#[derive(Args, Debug)]
pub struct Ramping {
    #[command(flatten)]
    version: Version,
    /// How many of a hundred new executions it gets.
    #[arg(long, default_value = "0")]
    percentage: f32,
    /// No version is ramped up any more.
    #[arg(long)]
    delete: bool,
    #[command(flatten)]
    safety: Safety,
}

/// A version, or workers without one.
#[derive(Args, Debug)]
struct Version {
    /// The Worker Deployment.
    #[arg(long)]
    deployment_name: String,
    /// The Build ID of the version.
    #[arg(long, default_value = "")]
    build_id: String,
    /// Workers without a version.
    #[arg(long)]
    unversioned: bool,
}

/// What is not minded.
#[derive(Args, Debug)]
struct Safety {
    /// Even if the version does not poll all Task Queues of the current one.
    #[arg(long)]
    ignore_missing_task_queues: bool,
    /// Even if no worker of the version polls.
    #[arg(long)]
    allow_no_pollers: bool,
    /// Do not ask.
    #[arg(long, short = 'y')]
    yes: bool,
}

/// Runs `worker deployment set-current-version`.
pub async fn current(session: &mut Session, arguments: Current) -> Result<()> {
    let Current { version, safety } = arguments;
    if !version.build_id.is_empty() && version.unversioned {
        return Err(Error::new("specify either --build-id or --unversioned, not both"));
    }
    let conflict_token = token(session, &version.deployment_name, "Current", &safety).await?;
    let request = SetWorkerDeploymentCurrentVersionRequest {
        namespace: session.client.namespace.clone(),
        deployment_name: version.deployment_name,
        build_id: version.build_id,
        conflict_token,
        identity: session.client.identity.clone(),
        ignore_missing_task_queues: safety.ignore_missing_task_queues,
        allow_no_pollers: safety.allow_no_pollers,
        ..SetWorkerDeploymentCurrentVersionRequest::default()
    };
    let answer = session.client.workflow.set_worker_deployment_current_version(client::call(request)).await;
    answer.map_err(|status| Error::rpc("error setting the current worker deployment version", &status))?;
    session.output.text("Successfully set the current worker deployment version");
    Ok(())
}

/// Runs `worker deployment set-ramping-version`.
pub async fn ramping(session: &mut Session, arguments: Ramping) -> Result<()> {
    let Ramping { version, percentage, delete, safety } = arguments;
    let conflict_token = token(session, &version.deployment_name, "Ramping", &safety).await?;
    let request = SetWorkerDeploymentRampingVersionRequest {
        namespace: session.client.namespace.clone(),
        deployment_name: version.deployment_name,
        build_id: version.build_id,
        percentage: if delete { 0.0 } else { percentage },
        conflict_token,
        identity: session.client.identity.clone(),
        ignore_missing_task_queues: safety.ignore_missing_task_queues,
        allow_no_pollers: safety.allow_no_pollers,
        ..SetWorkerDeploymentRampingVersionRequest::default()
    };
    let answer = session.client.workflow.set_worker_deployment_ramping_version(client::call(request)).await;
    answer.map_err(|status| Error::rpc("error setting the ramping worker deployment version", &status))?;
    session.output.text("Successfully set the ramping worker deployment version");
    Ok(())
}

// A deployment that nobody polls yet is made by the change itself.
async fn token(session: &mut Session, name: &str, what: &str, safety: &Safety) -> Result<Bytes> {
    match conflict_token(session, name, what, safety.yes).await {
        Err(Refused::NotFound(_)) if safety.allow_no_pollers => Ok(Bytes::new()),
        Err(Refused::NotFound(error) | Refused::Failed(error)) => Err(error),
        Ok(token) => Ok(token),
    }
}

/// Why there is no token.
pub enum Refused {
    /// There is no such deployment.
    NotFound(Error),
    /// Anything else.
    Failed(Error),
}

/// What makes sure that what is changed is what was shown; asks first, unless told not to.
pub async fn conflict_token(session: &mut Session, name: &str, what: &str, yes: bool) -> Result<Bytes, Refused> {
    let known = describe::ask(session, name).await.map_err(|status| {
        let error = Error::rpc("unable to get deployment conflict token", &status);
        if status.code() == Code::NotFound { Refused::NotFound(error) } else { Refused::Failed(error) }
    })?;
    if !yes {
        if !session.output.is_json() {
            let info = known.worker_deployment_info.unwrap_or_default();
            shown::print(session.output, &info, "Worker Deployment Before Update:");
        }
        let asked = session.output.confirm(&format!("Continue with set {what}? y/N"), false);
        asked.map_err(Refused::Failed)?;
    }
    Ok(known.conflict_token)
}
