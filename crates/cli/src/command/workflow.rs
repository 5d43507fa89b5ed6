//! `workflow`: commands about workflow executions.

mod callbacks;
mod cancel;
pub mod close;
mod count;
mod delete;
mod describe;
mod diff;
mod events;
mod execute;
mod fix_history_json;
mod list;
mod log;
pub mod many;
mod pause;
mod query;
mod reset;
mod result;
pub mod shared;
mod show;
mod signal;
mod signal_with_start;
mod start;
mod terminate;
mod trace;
mod update;
mod update_options;
mod update_with_start;

use clap::{Args, Subcommand};

use crate::command::{Run, Session};
use crate::error::Result;

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Ask a Workflow Execution to cancel.
    Cancel(many::Target),
    /// Count Workflow Executions.
    Count(count::Arguments),
    /// Delete a Workflow Execution, after ending it if it runs.
    Delete(many::Target),
    /// Show what is known about a Workflow Execution.
    Describe(describe::Arguments),
    /// Show the first event in which two runs differ.
    Diff(diff::Arguments),
    /// Start a Workflow Execution and wait for its result.
    Execute(execute::Arguments),
    /// Send an Update to a Workflow Execution, start it if it is not running, and wait for the result of the Update.
    ExecuteUpdateWithStart(Box<update_with_start::Arguments>),
    /// Write a history that an older tool saved as today's replayers read it.
    FixHistoryJson(fix_history_json::Arguments),
    /// List Workflow Executions.
    List(list::Arguments),
    /// Show what a worker knows of a Workflow Execution: its queries, signals and updates.
    Metadata(query::Metadata),
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
    /// Show where the threads of a Workflow Execution stand.
    Stack(query::Stack),
    /// Start a Workflow Execution.
    Start(Box<start::Arguments>),
    /// Send an Update to a Workflow Execution, start it if it is not running, and wait until the Update is accepted.
    StartUpdateWithStart(Box<update_with_start::StartArguments>),
    /// End a Workflow Execution at once.
    Terminate(many::Target),
    /// Show a Workflow Execution, its Activities and its children as a tree, until it has ended.
    Trace(trace::Arguments),
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
    #[arg(long, short = 'r', default_value = "")]
    pub run_id: String,
}

impl Run for Command {
    async fn run(self, session: &mut Session) -> Result<()> {
        match self {
            Command::Cancel(target) => cancel::run(session, target).await,
            Command::Count(arguments) => count::run(session, arguments).await,
            Command::Delete(target) => delete::run(session, target).await,
            Command::Describe(arguments) => describe::run(session, arguments).await,
            Command::Diff(arguments) => diff::run(session, arguments).await,
            Command::FixHistoryJson(arguments) => fix_history_json::run(&arguments),
            Command::Metadata(arguments) => query::metadata(session, arguments).await,
            Command::Stack(arguments) => query::stack(session, arguments).await,
            Command::Trace(arguments) => trace::run(session, arguments).await,
            Command::Execute(arguments) => execute::run(session, arguments).await,
            Command::List(arguments) => list::run(session, arguments).await,
            Command::Pause(arguments) => pause::pause(session, arguments).await,
            Command::Query(arguments) => query::query(session, arguments).await,
            Command::Reset(arguments) => reset::run(session, arguments).await,
            Command::Result(arguments) => result::run(session, arguments).await,
            Command::Show(arguments) => show::run(session, arguments).await,
            Command::Signal(arguments) => signal::run(session, arguments).await,
            Command::SignalWithStart(arguments) => signal_with_start::run(session, *arguments).await,
            Command::Start(arguments) => start::run(session, *arguments).await,
            Command::Terminate(target) => terminate::run(session, target).await,
            Command::Unpause(arguments) => pause::unpause(session, arguments).await,
            Command::Update(arguments) => update::run(session, arguments).await,
            Command::UpdateOptions(arguments) => update_options::run(session, *arguments).await,
            Command::StartUpdateWithStart(arguments) => update_with_start::start(session, *arguments).await,
            Command::ExecuteUpdateWithStart(arguments) => update_with_start::execute(session, *arguments).await,
        }
    }
}
