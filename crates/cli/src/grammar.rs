//! How flags are read, for the whole tree at once: as the reference reads them, so that scripts need no change. Flags stand
//! anywhere; the last of several counts; switches may say `=true` or `=false`; any word may be a flag's value; the choices
//! of a list are read in any case, all others as they are written.

#[cfg(test)]
mod table;

use std::any::TypeId;
use std::ffi::OsString;
use std::time::Duration;

use clap::{Arg, ArgAction, Command};
use prost_types::Timestamp;

use crate::number;
use crate::time;

/// The tree with the rules above.
pub fn finished(command: Command) -> Command {
    command.args_override_self(true).mut_args(flag).mut_subcommands(finished)
}

fn flag(arg: Arg) -> Arg {
    if arg.get_long().is_none() {
        return arg;
    }
    let quiet = arg.get_default_values().iter().all(|value| value.is_empty() || value == "0" || value == "0s");
    match arg.get_action() {
        ArgAction::SetTrue => switch(arg).action(ArgAction::Set).default_value("false").hide_default_value(true),
        ArgAction::Set | ArgAction::Append => valued(arg.hide_default_value(quiet)),
        _ => arg,
    }
}

fn switch(arg: Arg) -> Arg {
    arg.num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .value_parser(number::switch)
        .hide_possible_values(true)
}

fn valued(arg: Arg) -> Arg {
    let kind = arg.get_value_parser().type_id();
    let is = |id: TypeId| kind == id;
    if is(TypeId::of::<bool>()) {
        return switch(arg);
    }
    let repeated = matches!(arg.get_action(), ArgAction::Append);
    let arg = arg.allow_hyphen_values(true).ignore_case(repeated);
    if is(TypeId::of::<i32>()) {
        arg.value_parser(number::integer::<i32>)
    } else if is(TypeId::of::<i64>()) {
        arg.value_parser(number::integer::<i64>)
    } else if is(TypeId::of::<usize>()) {
        arg.value_parser(number::integer::<usize>)
    } else if is(TypeId::of::<u16>()) {
        arg.value_parser(number::integer::<u16>)
    } else if is(TypeId::of::<f32>()) {
        arg.value_parser(number::float)
    } else if is(TypeId::of::<Timestamp>()) {
        arg.value_parser(time::parse)
    } else {
        arg
    }
}

/// The line with its commands first and its flags behind them: flags may stand before the command that they belong to.
pub fn ordered(given: &[OsString], tree: &Command) -> Vec<OsString> {
    let (mut command, mut path, mut rest) = (tree, Vec::new(), Vec::new());
    let (mut words, mut argument) = (given.iter(), false);
    path.extend(words.next().cloned());
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--" {
            rest.push(word.clone());
            break;
        }
        match command.find_subcommand(text.as_ref()).filter(|_| !argument) {
            Some(below) => {
                command = below;
                path.push(word.clone());
            }
            None => {
                rest.push(word.clone());
                // Behind the first argument no word is a command.
                argument |= !text.starts_with('-');
                if text.starts_with('-') && !text.contains('=') && takes_value(command, &text) {
                    rest.extend(words.next().cloned());
                }
            }
        }
    }
    path.into_iter().chain(rest).chain(words.cloned()).collect()
}

// A flag that no command knows takes a value: so it is with a misspelt one, most of the time.
fn takes_value(command: &Command, flag: &str) -> bool {
    let named = |arg: &&Arg| {
        let long = arg.get_long().is_some_and(|long| flag.strip_prefix("--") == Some(long));
        long || arg.get_short().is_some_and(|short| flag.strip_prefix('-').is_some_and(|name| name.starts_with(short)))
    };
    fn below<'a>(command: &'a Command, named: &dyn Fn(&&Arg) -> bool) -> Option<&'a Arg> {
        let here = command.get_arguments().find(named);
        here.or_else(|| command.get_subcommands().find_map(|command| below(command, named)))
    }
    // `-w=x` and `-wx` bring their value along.
    let alone = flag.starts_with("--") || flag.len() == 2;
    alone && below(command, &named).is_none_or(|arg| arg.get_num_args().is_some_and(|count| count.min_values() > 0))
}

/// What a flag takes, in one word; the table of commands and `options` say it.
pub fn kind(arg: &Arg) -> &'static str {
    let kind = arg.get_value_parser().type_id();
    let kinds = [
        (TypeId::of::<bool>(), "bool"),
        (TypeId::of::<i32>(), "int"),
        (TypeId::of::<i64>(), "int"),
        (TypeId::of::<usize>(), "int"),
        (TypeId::of::<u16>(), "int"),
        (TypeId::of::<f32>(), "float"),
        (TypeId::of::<Duration>(), "duration"),
        (TypeId::of::<Timestamp>(), "timestamp"),
    ];
    match kinds.iter().find(|(id, _)| kind == *id) {
        Some((_, word)) => word,
        None if arg.get_possible_values().is_empty() => "string",
        None => "enum",
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use crate::arguments::Arguments;

    #[test]
    fn flags_may_stand_before_their_command() {
        let tree = crate::tree("abide");
        let lines = [
            ("abide -o json workflow -w id show --follow", "abide workflow show -o json -w id --follow"),
            ("abide env --env prod set -k k -v v", "abide env set --env prod -k k -v v"),
            ("abide help workflow list", "abide help workflow list"),
            ("abide workflow show -- list", "abide workflow show -- list"),
        ];
        for (given, expected) in lines {
            let given: Vec<_> = given.split(' ').map(Into::into).collect();
            let ordered = super::ordered(&given, &tree);
            assert_eq!(ordered.join(std::ffi::OsStr::new(" ")).to_string_lossy(), expected);
        }
    }

    #[test]
    fn the_grammar_is_sound() {
        super::finished(Arguments::command()).debug_assert();
    }
}
