//! A line that cannot be read, refused in the reference's words. Reads what clap says about it; prints nothing.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

/// One sentence about what is wrong. `tree` is the grammar that refused.
pub fn sentence(error: &clap::Error, tree: &Command) -> String {
    let context = |kind| error.get(kind).map(text).unwrap_or_default();
    let (arg, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    match error.kind() {
        ErrorKind::MissingRequiredArgument => missing(error),
        ErrorKind::UnknownArgument => unknown(&arg, &path(error, tree)),
        ErrorKind::InvalidSubcommand => {
            format!("unknown command {:?} for {:?}", context(ContextKind::InvalidSubcommand), path(error, tree))
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("flag needs an argument: {}", name(&arg)),
        ErrorKind::InvalidValue => {
            let flag = find(tree, name(&arg));
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
            format!("invalid argument {value:?} for {:?} flag: {why}", full(&arg, find(tree, name(&arg))))
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

// Flags of one name look the same wherever they stand, but for their letter, which only a few have.
fn find<'a>(tree: &'a Command, name: &str) -> Option<&'a Arg> {
    let long = name.trim_start_matches('-');
    let here = tree.get_arguments().find(|arg| arg.get_long() == Some(long));
    here.or_else(|| tree.get_subcommands().find_map(|command| find(command, name)))
}

/// `abide workflow list`, from the line that says how it is used.
fn path(error: &clap::Error, tree: &Command) -> String {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        _ => String::new(),
    };
    let words =
        usage.trim_start_matches("Usage:").split_whitespace().take_while(|word| !word.starts_with(['[', '<', '-']));
    let path = words.collect::<Vec<_>>().join(" ");
    if path.is_empty() { tree.get_name().to_owned() } else { path }
}
