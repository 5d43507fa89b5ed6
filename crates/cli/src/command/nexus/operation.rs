//! `nexus operation`.

mod cancel;
mod count;
mod describe;
mod list;
mod result;
mod start;
mod terminate;

use clap::{Args, Subcommand};

use crate::command::Session;
use crate::error::Result;

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Ask an Operation to cancel.
    Cancel(Reasoned),
    /// Count Operations.
    Count(count::Arguments),
    /// Show an Operation.
    Describe(describe::Arguments),
    /// Start an Operation and wait for its result.
    Execute(Box<start::Arguments>),
    /// List Operations.
    List(list::Arguments),
    /// Wait for the result of an Operation.
    Result(Reference),
    /// Start an Operation.
    Start(Box<start::Arguments>),
    /// End an Operation at once.
    Terminate(Reasoned),
}

/// An Operation.
#[derive(Args, Debug, Clone)]
pub struct Reference {
    /// Operation ID.
    #[arg(long)]
    operation_id: String,
    /// Run ID; the newest run by default.
    #[arg(long, short = 'r', default_value = "")]
    run_id: String,
}

/// An Operation, and why something is done to it.
#[derive(Args, Debug)]
pub struct Reasoned {
    #[command(flatten)]
    which: Reference,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    match command {
        Command::Cancel(arguments) => cancel::run(session, arguments).await,
        Command::Count(arguments) => count::run(session, arguments).await,
        Command::Describe(arguments) => describe::run(session, arguments).await,
        Command::Execute(arguments) => start::execute(session, *arguments).await,
        Command::List(arguments) => list::run(session, arguments).await,
        Command::Result(reference) => result::run(session, &reference).await,
        Command::Start(arguments) => start::start(session, *arguments).await,
        Command::Terminate(arguments) => terminate::run(session, arguments).await,
    }
}
