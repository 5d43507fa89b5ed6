//! `help`: how a command is used.

use clap::Args;

use crate::error::Result;
use crate::{extension, output};

/// `help`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The command.
    command: Vec<String>,
    /// Show the commands that are programs of their own as well.
    #[arg(long, short = 'a')]
    all: bool,
}

/// Runs the command. Of words that name no command, those count that do.
pub fn run(arguments: &Arguments, tree: &clap::Command) -> Result<()> {
    let (mut command, mut path) = (tree, Vec::new());
    for word in &arguments.command {
        let Some(below) = command.find_subcommand(word) else { break };
        command = below;
        path.push(word.clone());
    }
    output::plain(&command.clone().render_long_help().to_string());
    if arguments.all {
        let below =
            extension::all().into_iter().filter(|(words, _)| words.len() > path.len() && words.starts_with(&path));
        let lines: Vec<String> = below
            .map(|(words, program)| format!("  {}  {}\n", words[path.len()..].join(" "), program.display()))
            .collect();
        if !lines.is_empty() {
            output::plain(&format!("\nExtensions:\n{}", lines.concat()));
        }
    }
    Ok(())
}
