//! `operator`: commands about namespaces, search attributes and the cluster.

mod cluster;
mod namespace;
mod search_attribute;

use clap::{Args, Subcommand};

use crate::arguments::{Common, Connection};
use crate::command::Session;
use crate::error::Result;

/// `operator`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Look at the cluster.
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Manage namespaces.
    #[command(subcommand)]
    Namespace(namespace::Command),
    /// Manage search attributes.
    #[command(subcommand)]
    SearchAttribute(search_attribute::Command),
}

/// Runs the command.
pub async fn run(arguments: Arguments, common: &Common) -> Result<()> {
    let mut session = Session::open(&arguments.connection, common).await?;
    match arguments.command {
        Command::Cluster(command) => cluster::run(&mut session, command).await,
        Command::Namespace(command) => namespace::run(&mut session, command).await,
        Command::SearchAttribute(command) => search_attribute::run(&mut session, command).await,
    }
}
