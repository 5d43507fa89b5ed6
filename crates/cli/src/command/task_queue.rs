//! `task-queue`: commands about task queues.

mod build_ids;
mod config;
mod describe;
mod legacy;
mod partition;
mod update_build_ids;
mod versioning;

use clap::{Subcommand, ValueEnum};

use abide_api::temporal::api::enums::v1::TaskQueueType;

use crate::command::{Run, Session};
use crate::error::Result;

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show who polls a Task Queue, and what waits there.
    Describe(describe::Arguments),
    /// Show which Build IDs may still get tasks (deprecated).
    GetBuildIdReachability(build_ids::Reachability),
    /// Show the sets of Build IDs (deprecated).
    GetBuildIds(build_ids::Sets),
    /// Look at what was decided about a Task Queue, or decide.
    #[command(subcommand)]
    Config(config::Command),
    /// List the partitions of a Task Queue.
    ListPartition(partition::List),
    /// Manage sets of Build IDs (deprecated).
    #[command(subcommand)]
    UpdateBuildIds(update_build_ids::Command),
    /// Manage rules about Build IDs (deprecated).
    #[command(subcommand)]
    Versioning(versioning::Command),
}

/// A kind of tasks.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Workflow,
    Activity,
    Nexus,
}

impl Kind {
    fn proto(self) -> TaskQueueType {
        match self {
            Kind::Workflow => TaskQueueType::Workflow,
            Kind::Activity => TaskQueueType::Activity,
            Kind::Nexus => TaskQueueType::Nexus,
        }
    }
}

impl Run for Command {
    async fn run(self, session: &mut Session) -> Result<()> {
        match self {
            Command::Describe(arguments) => describe::run(session, arguments).await,
            Command::GetBuildIdReachability(arguments) => build_ids::reachability(session, arguments).await,
            Command::GetBuildIds(arguments) => build_ids::sets(session, arguments).await,
            Command::Config(command) => config::run(session, command).await,
            Command::ListPartition(arguments) => partition::list(session, arguments).await,
            Command::UpdateBuildIds(command) => update_build_ids::run(session, command).await,
            Command::Versioning(command) => versioning::run(session, command).await,
        }
    }
}
