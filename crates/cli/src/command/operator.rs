//! `operator`: commands about namespaces, search attributes and the cluster.

mod cluster;
mod namespace;
mod nexus;
mod search_attribute;

use clap::Subcommand;

use crate::command::{Run, Session};
use crate::error::Result;

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Look at the cluster.
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Manage namespaces.
    #[command(subcommand)]
    Namespace(namespace::Command),
    /// Manage Nexus endpoints.
    #[command(subcommand)]
    Nexus(nexus::Command),
    /// Manage search attributes.
    #[command(subcommand)]
    SearchAttribute(search_attribute::Command),
}

impl Run for Command {
    async fn run(self, session: &mut Session) -> Result<()> {
        match self {
            Command::Cluster(command) => cluster::run(session, command).await,
            Command::Namespace(command) => namespace::run(session, command).await,
            Command::Nexus(command) => nexus::run(session, command).await,
            Command::SearchAttribute(command) => search_attribute::run(session, command).await,
        }
    }
}
