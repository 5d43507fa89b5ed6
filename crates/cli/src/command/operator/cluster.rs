//! `operator cluster`: commands about this cluster and others.

mod describe;
mod health;
mod list;
mod remove;
mod system;
mod upsert;

use clap::Subcommand;

use crate::command::Session;
use crate::error::Result;

/// `operator cluster`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show what the cluster is made of.
    Describe(describe::Arguments),
    /// Ask whether the server serves.
    Health,
    /// List the clusters that this one knows.
    List(list::Arguments),
    /// Forget another cluster.
    Remove(remove::Arguments),
    /// Show what the server can do.
    System,
    /// Make another cluster known, or change what is known of it.
    Upsert(upsert::Arguments),
}

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    match command {
        Command::Describe(arguments) => describe::run(session, arguments).await,
        Command::Health => health::run(session).await,
        Command::List(arguments) => list::run(session, arguments).await,
        Command::Remove(arguments) => remove::run(session, arguments).await,
        Command::System => system::run(session).await,
        Command::Upsert(arguments) => upsert::run(session, arguments).await,
    }
}
