//! The binary `abide`: reads the command line, runs one command, and turns its outcome into an exit code.

mod arguments;
mod client;
mod command;
mod config;
mod duration;
mod error;
mod extension;
#[cfg(test)]
mod fuzz;
mod grammar;
mod history;
mod input;
mod json;
mod number;
mod output;
mod refusal;
mod time;
mod words;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use crate::arguments::{Arguments, Command, Common, OfServer};
use crate::error::{Error, Result};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let given: Vec<OsString> = std::env::args_os().collect();
    let is_server = given.get(1).is_some_and(|word| word == "server");
    let tree = if is_server { built(OfServer::command(), called(&given)) } else { tree(called(&given)) };
    if let Some(extension) = extension::find(&given, &tree) {
        return extension.run();
    }
    match config::settled(&grammar::ordered(&given, &tree), &tree) {
        Ok(line) => match parse(&line, &tree) {
            Ok(arguments) => finish(run(arguments, tree)),
            Err(error) => refuse(&error, &line, &tree),
        },
        Err(error) => finish(Err(error)),
    }
}

// The same binary answers to any name; usage and version say the one it was called by.
fn called(given: &[OsString]) -> &'static str {
    let name = given.first().and_then(|path| Path::new(path).file_stem()).and_then(|stem| stem.to_str());
    if name == Some("temporal") { "temporal" } else { "abide" }
}

fn tree(name: &'static str) -> clap::Command {
    built(Arguments::command(), name)
}

fn built(commands: clap::Command, name: &'static str) -> clap::Command {
    let mut tree = grammar::finished(commands.name(name).bin_name(name));
    tree.build();
    tree
}

// What stands in the environment is in the line already, see `config`.
fn parse(line: &[OsString], tree: &clap::Command) -> std::result::Result<Arguments, clap::Error> {
    let matches = without_environment(tree.clone()).try_get_matches_from(line)?;
    Arguments::from_arg_matches(&matches)
}

fn without_environment(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| arg.env(Resettable::Reset)).mut_subcommands(without_environment)
}

fn run(arguments: Arguments, tree: clap::Command) -> Result<()> {
    let common = arguments.common;
    match arguments.command {
        Command::Server(server) => {
            // Some megabytes, for which a server has better uses as long as it runs.
            drop(tree);
            command::server::run(server, &common)
        }
        Command::Workflow(group) => bounded(&common, group.run(&common)),
        Command::Activity(group) => bounded(&common, group.run(&common)),
        Command::Schedule(group) => bounded(&common, group.run(&common)),
        Command::Batch(group) => bounded(&common, group.run(&common)),
        Command::Nexus(group) => bounded(&common, group.run(&common)),
        Command::TaskQueue(group) => bounded(&common, group.run(&common)),
        Command::Worker(group) => bounded(&common, group.run(&common)),
        Command::Operator(group) => bounded(&common, group.run(&common)),
        Command::Config(command) => command::config::run(command, &common),
        Command::Env(command) => command::env::run(command, &common),
        Command::Options => command::options::run(&tree, &common),
        Command::Help(arguments) => command::help::run(&arguments, &tree),
        Command::Completion(arguments) => command::completion::script(&arguments, tree.get_name()),
        Command::Complete(line) => command::completion::complete(&line, &tree),
    }
}

// One thread is enough to wait for answers, and starts faster than several.
fn bounded(common: &Common, command: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::new(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let bound = common.command_timeout;
        let timeout =
            async { if bound.is_zero() { std::future::pending().await } else { tokio::time::sleep(bound).await } };
        tokio::select! {
            outcome = command => outcome,
            () = timeout => Err(Error::new(format!("command timed out after {}", duration::format(bound)))),
            () = command::server::interrupted() => Err(Error::new("program interrupted")),
        }
    })
}

fn finish(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::fail(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

// Every refusal is one line on stderr and exit code 1, whatever clap would have made of it.
fn refuse(error: &clap::Error, line: &[OsString], tree: &clap::Command) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp => {
            // Asked of the tree that knows the environment, so that help names its variables.
            let shown = tree.clone().try_get_matches_from(line).err();
            output::plain(&shown.as_ref().unwrap_or(error).render().to_string());
            return ExitCode::SUCCESS;
        }
        ErrorKind::DisplayVersion => {
            let (version, server) = (env!("CARGO_PKG_VERSION"), abide_server::SERVER_VERSION);
            output::plain(&format!("{} version {version} (Server {server})\n", tree.get_name()));
            return ExitCode::SUCCESS;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            output::plain(&error.render().to_string());
            output::fail("unknown command");
        }
        _ => output::fail(&refusal::sentence(error, line, tree)),
    }
    ExitCode::FAILURE
}
