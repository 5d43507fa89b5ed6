//! `nexus`: commands about Nexus operations that stand alone.

mod operation;

use clap::Subcommand;

use crate::command::{Run, Session};
use crate::error::Result;

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Start and operate on Nexus Operations.
    #[command(subcommand)]
    Operation(operation::Command),
}

impl Run for Command {
    async fn run(self, session: &mut Session) -> Result<()> {
        match self {
            Command::Operation(command) => operation::run(session, command).await,
        }
    }
}
