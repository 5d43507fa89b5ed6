//! `workflow`: commands about workflow executions.

mod callbacks;
mod cancel;
mod close;
mod count;
mod delete;
mod describe;
mod events;
mod execute;
mod list;
pub mod many;
mod pause;
mod query;
mod reset;
mod result;
mod show;
mod signal;
mod signal_with_start;
mod start;
mod terminate;
mod update;
mod update_options;
mod update_with_start;

use clap::{Args, Subcommand};

use crate::arguments::{Common, Connection};
use crate::command::Session;
use crate::error::Result;

pub use start::proto as proto_duration;

/// `workflow`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Ask a Workflow Execution to cancel.
    Cancel(many::Target),
    /// Count Workflow Executions.
    Count(count::Arguments),
    /// Delete a Workflow Execution, after ending it if it runs.
    Delete(many::Target),
    /// Show what is known about a Workflow Execution.
    Describe(describe::Arguments),
    /// Start a Workflow Execution and wait for its result.
    Execute(execute::Arguments),
    /// Send an Update to a Workflow Execution, start it if it is not running, and wait for the result of the Update.
    ExecuteUpdateWithStart(Box<update_with_start::Arguments>),
    /// List Workflow Executions.
    List(list::Arguments),
    /// Hold a Workflow Execution back.
    Pause(pause::Arguments),
    /// Ask a Workflow Execution for its state.
    Query(query::Arguments),
    /// Make a new run of a Workflow Execution's history, up to a Workflow Task.
    Reset(reset::Arguments),
    /// Wait for the result of a Workflow Execution.
    Result(result::Arguments),
    /// Show the events of a Workflow Execution.
    Show(show::Arguments),
    /// Send a Signal to a Workflow Execution.
    Signal(signal::Arguments),
    /// Send a Signal to a Workflow Execution, and start it if it is not running.
    SignalWithStart(Box<signal_with_start::Arguments>),
    /// Start a Workflow Execution.
    Start(Box<start::Arguments>),
    /// Send an Update to a Workflow Execution, start it if it is not running, and wait until the Update is accepted.
    StartUpdateWithStart(Box<update_with_start::StartArguments>),
    /// End a Workflow Execution at once.
    Terminate(many::Target),
    /// Let a paused Workflow Execution go again.
    Unpause(pause::Arguments),
    /// Ask a Workflow Execution something that it may turn down.
    Update(update::Arguments),
    /// Change the options of a Workflow Execution.
    UpdateOptions(Box<update_options::Arguments>),
}

/// One Workflow Execution.
#[derive(Args, Debug, Clone)]
pub struct Reference {
    /// Workflow ID.
    #[arg(long, short = 'w')]
    pub workflow_id: String,
    /// Run ID; the newest run by default.
    #[arg(long, short = 'r', default_value = "", hide_default_value = true)]
    pub run_id: String,
}

/// Runs the command.
pub async fn run(arguments: Arguments, common: &Common) -> Result<()> {
    let mut session = Session::open(&arguments.connection, common).await?;
    match arguments.command {
        Command::Cancel(target) => cancel::run(&mut session, target).await,
        Command::Count(arguments) => count::run(&mut session, arguments).await,
        Command::Delete(target) => delete::run(&mut session, target).await,
        Command::Describe(arguments) => describe::run(&mut session, arguments).await,
        Command::Execute(arguments) => execute::run(&mut session, arguments).await,
        Command::List(arguments) => list::run(&mut session, arguments).await,
        Command::Pause(arguments) => pause::pause(&mut session, arguments).await,
        Command::Query(arguments) => query::run(&mut session, arguments).await,
        Command::Reset(arguments) => reset::run(&mut session, arguments).await,
        Command::Result(arguments) => result::run(&mut session, arguments).await,
        Command::Show(arguments) => show::run(&mut session, arguments).await,
        Command::Signal(arguments) => signal::run(&mut session, arguments).await,
        Command::SignalWithStart(arguments) => signal_with_start::run(&mut session, *arguments).await,
        Command::Start(arguments) => start::run(&mut session, *arguments).await,
        Command::Terminate(target) => terminate::run(&mut session, target).await,
        Command::Unpause(arguments) => pause::unpause(&mut session, arguments).await,
        Command::Update(arguments) => update::run(&mut session, arguments).await,
        Command::UpdateOptions(arguments) => update_options::run(&mut session, *arguments).await,
        Command::StartUpdateWithStart(arguments) => update_with_start::start(&mut session, *arguments).await,
        Command::ExecuteUpdateWithStart(arguments) => update_with_start::execute(&mut session, *arguments).await,
    }
}
