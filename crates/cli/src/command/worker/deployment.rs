//! `worker deployment`: versions of workers, and which of them gets what.

mod compute;
mod create;
mod create_version;
mod delete;
mod delete_version;
mod describe;
mod describe_version;
mod list;
mod manager_identity;
mod set_version;
mod shown;
mod update_compute_config;
mod update_metadata;
mod version_shown;

use abide_api::temporal::api::deployment::v1::WorkerDeploymentVersion;
use clap::{Args, Subcommand};

use crate::command::Session;
use crate::error::Result;

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make a Worker Deployment.
    Create(Name),
    /// Make a version of a Worker Deployment.
    CreateVersion(Box<create_version::Arguments>),
    /// Remove a Worker Deployment.
    Delete(Name),
    /// Remove a version of a Worker Deployment.
    DeleteVersion(delete_version::Arguments),
    /// Show a Worker Deployment.
    Describe(Name),
    /// Show a version of a Worker Deployment.
    DescribeVersion(describe_version::Arguments),
    /// List Worker Deployments.
    List,
    /// Say who manages a Worker Deployment.
    #[command(subcommand)]
    ManagerIdentity(manager_identity::Command),
    /// Let a version have all new executions.
    SetCurrentVersion(set_version::Current),
    /// Let a version have some of the new executions.
    SetRampingVersion(set_version::Ramping),
    /// Change where the workers of a version run.
    UpdateVersionComputeConfig(Box<update_compute_config::Arguments>),
    /// Change what is noted of a version.
    UpdateVersionMetadata(update_metadata::Arguments),
}

/// A Worker Deployment.
#[derive(Args, Debug)]
pub struct Name {
    /// Its name.
    #[arg(long, short = 'd')]
    name: String,
}

/// A version of a Worker Deployment.
#[derive(Args, Debug, Clone)]
pub struct Version {
    /// The Worker Deployment.
    #[arg(long)]
    deployment_name: String,
    /// The Build ID of the version.
    #[arg(long)]
    build_id: String,
}

impl Version {
    fn proto(&self) -> WorkerDeploymentVersion {
        let (build_id, deployment_name) = (self.build_id.clone(), self.deployment_name.clone());
        WorkerDeploymentVersion { build_id, deployment_name }
    }
}

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    match command {
        Command::Create(name) => create::run(session, name).await,
        Command::CreateVersion(arguments) => create_version::run(session, *arguments).await,
        Command::Delete(name) => delete::run(session, name).await,
        Command::DeleteVersion(arguments) => delete_version::run(session, arguments).await,
        Command::Describe(name) => describe::run(session, name).await,
        Command::DescribeVersion(arguments) => describe_version::run(session, arguments).await,
        Command::List => list::run(session).await,
        Command::ManagerIdentity(command) => manager_identity::run(session, command).await,
        Command::SetCurrentVersion(arguments) => set_version::current(session, arguments).await,
        Command::SetRampingVersion(arguments) => set_version::ramping(session, arguments).await,
        Command::UpdateVersionComputeConfig(arguments) => update_compute_config::run(session, *arguments).await,
        Command::UpdateVersionMetadata(arguments) => update_metadata::run(session, arguments).await,
    }
}
