//! A line that cannot be read, refused in the reference's words. Reads what clap says about it; prints nothing.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

/// One sentence about what is wrong with a line. `tree` is the grammar that refused it.
pub fn sentence(error: &clap::Error, line: &[OsString], tree: &Command) -> String {
    let path = commands(line, tree);
    let named = path.iter().map(|command| command.get_name()).collect::<Vec<_>>().join(" ");
    let context = |kind| error.get(kind).map(text).unwrap_or_default();
    let (arg, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    match error.kind() {
        ErrorKind::MissingRequiredArgument => missing(error),
        ErrorKind::UnknownArgument => unknown(&arg, &named),
        ErrorKind::InvalidSubcommand => {
            format!("unknown command {:?} for {:?}", context(ContextKind::InvalidSubcommand), named)
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("flag needs an argument: {}", name(&arg)),
        ErrorKind::InvalidValue => {
            let flag = find(&path, name(&arg));
            let choices = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(choices)) => visible(choices, flag).join(", "),
                _ => String::new(),
            };
            let why = if flag.is_some_and(|flag| flag.is_ignore_case_set()) {
                format!("invalid value: {value}, allowed values are: {choices}")
            } else {
                format!("{value} is not one of required values of {choices}")
            };
            format!("invalid argument {value:?} for {:?} flag: {why}", full(&arg, flag))
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            format!("invalid argument {value:?} for {:?} flag: {why}", full(&arg, find(&path, name(&arg))))
        }
        _ => {
            let text = error.render().to_string();
            text.strip_prefix("error: ").unwrap_or(&text).trim_end().to_owned()
        }
    }
}

fn text(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        _ => String::new(),
    }
}

fn missing(error: &clap::Error) -> String {
    let Some(ContextValue::Strings(names)) = error.get(ContextKind::InvalidArg) else {
        return error.render().to_string();
    };
    let mut names: Vec<String> =
        names.iter().map(|arg| format!("{:?}", name(arg).trim_start_matches('-').trim_matches(['<', '>']))).collect();
    names.sort();
    format!("required flag(s) {} not set", names.join(", "))
}

fn unknown(arg: &str, path: &str) -> String {
    let mut letters = arg.chars().skip(1);
    match (arg.starts_with("--"), arg.starts_with('-'), letters.next()) {
        (true, _, _) => format!("unknown flag: {}", name(arg)),
        (false, true, Some(letter)) => format!("unknown shorthand flag: '{letter}' in {arg}"),
        (_, _, _) => format!("unknown command {arg:?} for {path:?}"),
    }
}

/// `--output` of `--output <OUTPUT>`.
fn name(arg: &str) -> &str {
    arg.split([' ', '=', '[']).next().unwrap_or(arg)
}

/// `-o, --output`.
fn full(arg: &str, flag: Option<&Arg>) -> String {
    match flag.and_then(Arg::get_short) {
        Some(short) => format!("-{short}, {}", name(arg)),
        None => name(arg).to_owned(),
    }
}

fn visible(choices: &[String], flag: Option<&Arg>) -> Vec<String> {
    let hidden: Vec<String> = flag
        .map(|flag| flag.get_possible_values())
        .unwrap_or_default()
        .iter()
        .filter(|value| value.is_hide_set())
        .map(|value| value.get_name().to_owned())
        .collect();
    choices.iter().filter(|choice| !hidden.contains(choice)).cloned().collect()
}

/// The flag of the command that refused, or of one above it.
fn find<'a>(path: &[&'a Command], name: &str) -> Option<&'a Arg> {
    let long = name.trim_start_matches('-');
    path.iter().rev().find_map(|command| command.get_arguments().find(|arg| arg.get_long() == Some(long)))
}

/// The commands that a line begins with.
fn commands<'a>(line: &[OsString], tree: &'a Command) -> Vec<&'a Command> {
    let mut path = vec![tree];
    for word in line.iter().skip(1) {
        let Some(below) = word.to_str().and_then(|word| path[path.len() - 1].find_subcommand(word)) else { break };
        path.push(below);
    }
    path
}
