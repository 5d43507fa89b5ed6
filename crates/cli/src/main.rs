//! The binary `abide`: reads the command line, runs one command, and turns its outcome into an exit code.

mod arguments;
mod client;
mod command;
mod duration;
mod error;
#[cfg(test)]
mod fuzz;
mod history;
mod input;
mod json;
mod output;
mod time;
mod words;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches};

use crate::arguments::{Arguments, Command};
use crate::error::{Error, Result};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let given: Vec<OsString> = std::env::args_os().collect();
    let name = called(&given);
    match parse(&given, name) {
        Ok(arguments) => finish(run(arguments)),
        Err(error) => refuse(&error, name),
    }
}

// The same binary answers to any name; usage and version say the one it was called by.
fn called(given: &[OsString]) -> &'static str {
    let name = given.first().and_then(|path| Path::new(path).file_stem()).and_then(|stem| stem.to_str());
    if name == Some("temporal") { "temporal" } else { "abide" }
}

fn parse(given: &[OsString], name: &'static str) -> std::result::Result<Arguments, clap::Error> {
    let grammar = Arguments::command().name(name).bin_name(name);
    Arguments::from_arg_matches(&grammar.try_get_matches_from(given)?)
}

fn run(arguments: Arguments) -> Result<()> {
    for flag in arguments.common.profiles.ignored() {
        output::warn(&format!("{flag} is accepted but not read by this version"));
    }
    let common = arguments.common;
    match arguments.command {
        Command::Server(server) => command::server::run(server, &common),
        Command::Workflow(workflow) => bounded(&common, command::workflow::run(*workflow, &common)),
        Command::Activity(activity) => bounded(&common, command::activity::run(*activity, &common)),
        Command::Batch(batch) => bounded(&common, command::batch::run(batch, &common)),
        Command::Operator(operator) => bounded(&common, command::operator::run(operator, &common)),
        Command::TaskQueue(task_queue) => bounded(&common, command::task_queue::run(task_queue, &common)),
        Command::Worker(worker) => bounded(&common, command::worker::run(worker, &common)),
    }
}

// One thread is enough to wait for answers, and starts faster than several.
fn bounded(common: &arguments::Common, command: impl Future<Output = Result<()>>) -> Result<()> {
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
fn refuse(error: &clap::Error, name: &str) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp => {
            output::plain(&error.render().to_string());
            return ExitCode::SUCCESS;
        }
        ErrorKind::DisplayVersion => {
            let (version, server) = (env!("CARGO_PKG_VERSION"), abide_server::SERVER_VERSION);
            output::plain(&format!("{name} version {version} (Server {server})\n"));
            return ExitCode::SUCCESS;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            output::plain(&error.render().to_string());
            output::fail("unknown command");
        }
        ErrorKind::MissingRequiredArgument => output::fail(&missing(error)),
        _ => {
            let text = error.render().to_string();
            output::fail(text.strip_prefix("error: ").unwrap_or(&text).trim_end());
        }
    }
    ExitCode::FAILURE
}

fn missing(error: &clap::Error) -> String {
    let Some(ContextValue::Strings(names)) = error.get(ContextKind::InvalidArg) else {
        return error.render().to_string();
    };
    let flag = |name: &String| {
        let name = name.trim_start_matches('-').split([' ', '=']).next().unwrap_or(name);
        format!("{:?}", name.trim_matches(['<', '>']))
    };
    format!("required flag(s) {} not set", names.iter().map(flag).collect::<Vec<_>>().join(", "))
}
