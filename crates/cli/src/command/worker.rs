//! `worker`: commands about workers as they describe themselves, and about their deployments.

mod count;
mod deployment;
mod describe;
mod list;

use abide_api::temporal::api::{
    enums::v1::WorkerStatus,
    worker::v1::{WorkerHeartbeat, WorkerInfo},
};
use clap::{Args, Subcommand};

use crate::command::{Run, Session};
use crate::error::Result;
use crate::json;

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Manage versions of workers.
    #[command(subcommand)]
    Deployment(deployment::Command),
    /// List workers, and how they are.
    List(list::Arguments),
    /// Count workers.
    Count(Wanted),
    /// Show a worker.
    Describe(describe::Arguments),
}

/// Which workers.
#[derive(Args, Debug)]
pub struct Wanted {
    /// Only workers that this holds of.
    #[arg(long, short = 'q', default_value = "")]
    query: String,
    /// The server's own workers as well.
    #[arg(long)]
    include_system_workers: bool,
}

impl Run for Command {
    async fn run(self, session: &mut Session) -> Result<()> {
        match self {
            Command::Deployment(command) => deployment::run(session, command).await,
            Command::List(arguments) => list::run(session, arguments).await,
            Command::Count(arguments) => count::run(session, arguments).await,
            Command::Describe(arguments) => describe::run(session, arguments).await,
        }
    }
}

fn shown(session: &Session, info: &WorkerInfo) -> serde_json::Value {
    json::message("temporal.api.worker.v1.WorkerInfo", info, session.output.payloads())
}

fn deployment_name(worker: &WorkerHeartbeat) -> String {
    match &worker.deployment_version {
        Some(version) if !version.deployment_name.is_empty() => {
            format!("{}:{}", version.deployment_name, version.build_id)
        }
        Some(_) | None => String::new(),
    }
}

fn status(worker: &WorkerHeartbeat) -> &'static str {
    match worker.status() {
        WorkerStatus::Unspecified => "Unspecified",
        WorkerStatus::Running => "Running",
        WorkerStatus::ShuttingDown => "ShuttingDown",
        WorkerStatus::Shutdown => "Shutdown",
    }
}
