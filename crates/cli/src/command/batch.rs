//! `batch`: commands about batches of operations, which other commands start with `--query`.

mod describe;
mod list;
mod terminate;

use clap::{Args, Subcommand};

use crate::arguments::{Common, Connection};
use crate::command::Session;
use crate::error::Result;

/// `batch`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Show how a batch is, and how far.
    Describe(describe::Arguments),
    /// List batches.
    List(list::Arguments),
    /// End a batch before everything had its turn.
    Terminate(terminate::Arguments),
}

/// Runs the command.
pub async fn run(arguments: Arguments, common: &Common) -> Result<()> {
    let mut session = Session::open(&arguments.connection, common).await?;
    match arguments.command {
        Command::Describe(arguments) => describe::run(&mut session, arguments).await,
        Command::List(arguments) => list::run(&mut session, arguments).await,
        Command::Terminate(arguments) => terminate::run(&mut session, arguments).await,
    }
}
