//! Compares every flag of the table of the reference's commands (`commands.md`) with our grammar.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, ArgAction, Command};

const TABLE: &str = include_str!("../../commands.md");
/// Groups whose commands call a server.
const CALLING: [&str; 8] = ["activity", "batch", "nexus", "operator", "schedule", "task-queue", "worker", "workflow"];
/// Flags that are ours alone, with the reason.
const OURS: [(&str, &str, &str); 11] = [
    ("batch describe", "follow", "a batch can be waited for"),
    ("workflow list", "order-by", "lists are sorted by any column"),
    ("workflow metadata", "headers", "headers go with every query"),
    ("server start-dev", "http-cors-origin", "browsers ask servers whether pages may call them"),
    ("server start-dev", "ui-disable", "the official web UI is told in its own configuration"),
    ("server start-dev", "ui-hide-query-errors", "the official web UI is told in its own configuration"),
    ("server start-dev", "ui-read-only", "the official web UI is told in its own configuration"),
    ("server start-dev", "dynamic-config-file", "a file of settings, read again when it changes"),
    ("workflow query", "headers", "of the set query-modifiers, which metadata shares"),
    ("activity pause", "identity", "the same flag as that of the connection"),
    ("workflow terminate", "headers", "terminate shares its flags with the other commands about one or many"),
];
/// Commands that are ours alone.
const OUR_COMMANDS: [&str; 9] = [
    "server start",
    "server backup",
    "server restore",
    "server check",
    "workflow diff",
    "options",
    "help",
    "completion",
    "__complete",
];
/// Flags that have more choices than those of the reference, with the reason.
const WIDER: [(&str, &str, &str); 1] = [(
    "workflow reset with-workflow-update-options",
    "versioning-override-behavior",
    "as `workflow update-options`: an override can be taken away",
)];

/// A flag, as far as it can be compared.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Flag {
    name: String,
    short: Option<char>,
    kind: String,
    choices: Vec<String>,
    repeated: bool,
    default: String,
    required: bool,
    alias: Option<String>,
    env: Option<String>,
}

struct Row {
    name: String,
    arguments: usize,
    about: String,
    flags: BTreeMap<String, Flag>,
}

#[test]
fn every_flag_of_the_table_is_a_flag_of_ours() {
    let tree = crate::tree("abide");
    let mut wrong = Vec::new();
    for row in rows() {
        let Some(command) = row.name.split(' ').try_fold(&tree, |command, word| command.find_subcommand(word)) else {
            wrong.push(format!("{}: no such command", row.name));
            continue;
        };
        let arguments = command.get_positionals().count();
        if arguments != row.arguments {
            wrong.push(format!("{}: {arguments} arguments instead of {}", row.name, row.arguments));
        }
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        if about != row.about {
            wrong.push(format!("{}: is {about:?} instead of {:?}", row.name, row.about));
        }
        let ours: BTreeMap<String, Flag> = command.get_arguments().filter_map(flag).collect();
        compare(&row, &ours, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

fn compare(row: &Row, ours: &BTreeMap<String, Flag>, wrong: &mut Vec<String>) {
    let listed = |list: &[(&str, &str, &str)], flag: &str| {
        list.iter().any(|(command, known, _)| *command == row.name && *known == flag)
    };
    for (name, theirs) in &row.flags {
        match ours.get(name) {
            None => wrong.push(format!("{}: --{name} is missing", row.name)),
            Some(flag) if listed(&WIDER, name) => {
                assert!(theirs.choices.iter().all(|choice| flag.choices.contains(choice)), "{}: --{name}", row.name);
            }
            Some(flag) if flag != theirs => wrong.push(format!("{}: is {flag:?}\n  instead of {theirs:?}", row.name)),
            Some(_) => {}
        }
    }
    for name in ours.keys().filter(|name| !row.flags.contains_key(*name) && !listed(&OURS, name)) {
        wrong.push(format!("{}: --{name} is not in the table", row.name));
    }
}

#[test]
fn every_command_of_ours_is_in_the_table() {
    let known: BTreeSet<String> = rows().into_iter().map(|row| row.name).collect();
    let mut leaves = Vec::new();
    collect(&crate::tree("abide"), String::new(), &mut leaves);
    let unknown: Vec<&String> =
        leaves.iter().filter(|name| !known.contains(*name) && !OUR_COMMANDS.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert_eq!(known.len(), 126);
}

fn collect(command: &Command, path: String, leaves: &mut Vec<String>) {
    for below in command.get_subcommands().filter(|below| below.get_name() != "help" || path.is_empty()) {
        let path = if path.is_empty() { below.get_name().to_owned() } else { format!("{path} {}", below.get_name()) };
        if below.get_subcommands().next().is_none() || path == "workflow reset" {
            leaves.push(path.clone());
        }
        collect(below, path, leaves);
    }
}

/// A flag of ours; nothing for help, and for what is common to all.
fn flag(arg: &Arg) -> Option<(String, Flag)> {
    let name = arg.get_long().filter(|name| !["help", "version"].contains(name))?.to_owned();
    let default = arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    let choices = arg.get_possible_values();
    let kind = super::kind(arg);
    let quiet = |value: &String| ["", "0", "0s", "false"].contains(&value.as_str());
    let aliases = arg.get_all_aliases().unwrap_or_default();
    let flag = Flag {
        name: name.clone(),
        short: arg.get_short(),
        kind: kind.to_owned(),
        choices: match kind {
            "enum" => choices.iter().filter(|c| !c.is_hide_set()).map(|choice| choice.get_name().to_owned()).collect(),
            _ => Vec::new(),
        },
        repeated: matches!(arg.get_action(), ArgAction::Append),
        default: default.filter(|value| !quiet(value)).unwrap_or_default(),
        required: arg.is_required_set(),
        alias: aliases.first().map(|alias| (*alias).to_owned()),
        env: arg.get_env().map(|env| env.to_string_lossy().into_owned()),
    };
    Some((name, flag))
}

/// The commands of the table, with the flags of their sets.
fn rows() -> Vec<Row> {
    let mut sets: BTreeMap<String, BTreeMap<String, Flag>> = BTreeMap::new();
    let mut rows = Vec::new();
    for line in TABLE.lines().filter(|line| line.starts_with("| ") && !line.contains("---")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        match cells.as_slice() {
            ["Set", _] | ["Command", ..] => {}
            [name, flags] => {
                let (flags, others) = flags.split_once(" + ").unwrap_or((flags, ""));
                let mut all = parsed(flags);
                all.extend(sets.get(others).cloned().unwrap_or_default());
                sets.insert((*name).to_owned(), all);
            }
            [name, about, own, of] => rows.push(row(name, about, own, of, &sets)),
            other => panic!("a row of the table has {} cells: {line}", other.len()),
        }
    }
    rows
}

fn row(name: &str, about: &str, own: &str, of: &str, sets: &BTreeMap<String, BTreeMap<String, Flag>>) -> Row {
    let (name, arguments) = name.trim_start_matches('`').split_once('`').expect("a command is written as code");
    let mut flags = parsed(own);
    let group = name.split(' ').next().unwrap_or_default();
    let implied = ["common"].into_iter().chain(CALLING.contains(&group).then_some("client"));
    for set in implied.chain(of.split(", ").filter(|set| *set != "–")) {
        let set = sets.get(set).unwrap_or_else(|| panic!("{name}: no set {set:?}"));
        for (name, flag) in set {
            flags.entry(name.clone()).or_insert_with(|| flag.clone());
        }
    }
    let (name, about) = (name.to_owned(), about.to_owned());
    Row { name, arguments: arguments.matches('[').count(), about, flags }
}

fn parsed(cell: &str) -> BTreeMap<String, Flag> {
    let flags = cell.split(", ").filter(|flag| flag.contains("--"));
    flags.map(one).map(|flag| (flag.name.clone(), flag)).collect()
}

/// `**`--type -t {a/b}*=a`** (alias `name`) ⟵ `ENV``.
fn one(text: &str) -> Flag {
    let mut codes = text.split('`').skip(1).step_by(2);
    let code = codes.next().expect("a flag is written as code");
    let mut flag = Flag { required: text.starts_with("**"), kind: "bool".into(), ..Flag::default() };
    for other in codes {
        if text.contains(&format!("⟵ `{other}`")) {
            flag.env = Some(other.to_owned());
        } else {
            flag.alias = Some(other.to_owned());
        }
    }
    let mut words = code.split(' ');
    let (name, default) = with_default(words.next().unwrap_or_default());
    flag.name = name.trim_start_matches("--").to_owned();
    flag.default = default;
    for word in words {
        let (word, default) = with_default(word);
        if !default.is_empty() {
            flag.default = default;
        }
        match word.strip_prefix('-') {
            Some(short) => flag.short = short.chars().next(),
            None => describe(word, &mut flag),
        }
    }
    if ["0", "0s", "false"].contains(&flag.default.as_str()) {
        flag.default.clear();
    }
    flag
}

fn with_default(word: &str) -> (&str, String) {
    let (word, default) = word.split_once('=').unwrap_or((word, ""));
    (word, default.to_owned())
}

fn describe(word: &str, flag: &mut Flag) {
    flag.repeated = word.ends_with('*');
    let word = word.trim_end_matches('*');
    let kinds = [("str", "string"), ("dur", "duration"), ("ts", "timestamp"), ("int", "int"), ("float", "float")];
    if let Some(choices) = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
        flag.kind = "enum".into();
        flag.choices = choices.split('/').map(str::to_owned).collect();
    } else if let Some((_, kind)) = kinds.iter().find(|(short, _)| *short == word) {
        flag.kind = (*kind).to_owned();
    } else if !word.is_empty() {
        // A default of several words.
        flag.default = format!("{} {word}", flag.default);
    }
}
