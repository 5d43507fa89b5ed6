//! Commands that are programs of their own: what is no command of ours may be `abide-a-b` or `temporal-a-b` somewhere in
//! the PATH, and is run with the rest of the line. The longest name wins; a dash inside a word is written `_`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use crate::output;

const PREFIXES: [&str; 2] = ["abide-", "temporal-"];

/// A program that was found, and what it is given.
#[derive(Debug, PartialEq)]
pub struct Extension {
    program: PathBuf,
    arguments: Vec<OsString>,
}

/// The program that a line means, if it means one.
pub fn find(given: &[OsString], tree: &clap::Command) -> Option<Extension> {
    let words: Vec<&str> = given.iter().skip(1).map(|word| word.to_str()).collect::<Option<_>>()?;
    let line = Line::read(&words, tree);
    let ours = line.words.is_empty() || line.words.iter().any(|word| word.is_empty());
    if ours || line.path.first().is_some_and(|first| first.starts_with("__") || *first == "help") {
        return None;
    }
    for count in (1..=line.words.len()).rev() {
        let name: Vec<&str> = line.path.iter().chain(&line.words[..count]).copied().collect();
        if let Some(program) = PREFIXES.iter().find_map(|prefix| program(&file_name(prefix, &name))) {
            let rest = line.words[count..].iter().chain(&line.rest);
            let arguments = line.flags.iter().chain(rest).map(OsString::from).collect();
            return Some(Extension { program, arguments });
        }
    }
    None
}

impl Extension {
    /// Runs it in our place; its exit code is ours.
    pub fn run(&self) -> ExitCode {
        match Command::new(&self.program).args(&self.arguments).status() {
            Ok(status) => {
                status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
            }
            Err(error) => {
                output::fail(&format!("extension {} failed: {error}", self.program.display()));
                ExitCode::FAILURE
            }
        }
    }
}

/// A line, taken apart: the commands of ours that it begins with, our flags among them, further words up to a flag that we
/// do not know, and the rest.
#[derive(Default)]
struct Line<'a> {
    path: Vec<&'a str>,
    flags: Vec<&'a str>,
    words: Vec<&'a str>,
    rest: Vec<&'a str>,
}

impl<'a> Line<'a> {
    fn read(given: &[&'a str], tree: &clap::Command) -> Self {
        let mut line = Self::default();
        let (mut command, mut given) = (tree, given.iter().copied().peekable());
        while let Some(word) = given.next() {
            if !line.rest.is_empty() {
                line.rest.push(word);
            } else if let Some(takes_value) = known(command, word) {
                line.flags.push(word);
                line.flags.extend(given.next_if(|_| takes_value));
            } else if word.starts_with('-') {
                line.rest.push(word);
            } else if let Some(below) = command.find_subcommand(word).filter(|_| line.words.is_empty()) {
                command = below;
                line.path.push(word);
            } else {
                line.words.push(word);
            }
        }
        line
    }
}

/// Whether a flag of ours takes the next word as its value; nothing for what is no flag of ours.
fn known(command: &clap::Command, word: &str) -> Option<bool> {
    let (name, inline) = match word.split_once('=') {
        Some((name, _)) => (name, true),
        None => (word, false),
    };
    let long = name.strip_prefix("--").filter(|long| !long.is_empty());
    let short = name.strip_prefix('-').filter(|short| short.len() == 1).and_then(|short| short.chars().next());
    let arg = command.get_arguments().find(|arg| match (long, short) {
        (Some(long), _) => arg.get_long() == Some(long),
        (None, Some(short)) => arg.get_short() == Some(short),
        (None, None) => false,
    })?;
    // Help after the name of an extension is the extension's.
    if arg.get_id() == "help" {
        return None;
    }
    Some(!inline && arg.get_num_args().is_some_and(|count| count.min_values() > 0))
}

fn file_name(prefix: &str, words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| word.replace('-', "_")).collect();
    format!("{prefix}{}", words.join("-"))
}

fn program(name: &str) -> Option<PathBuf> {
    if name.contains(['/', '\\']) {
        return None;
    }
    folders().into_iter().map(|folder| folder.join(name)).find(|path| is_program(path))
}

/// All that there are: the words they are called by, and where they are.
pub fn all() -> BTreeMap<Vec<String>, PathBuf> {
    let mut found = BTreeMap::new();
    for path in
        folders().iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten().map(|file| file.path())
    {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).filter(|rest| !rest.is_empty());
        if let Some(rest) = rest.filter(|_| is_program(&path)) {
            let words = rest.split('-').map(|word| word.replace('_', "-")).collect();
            found.entry(words).or_insert(path);
        }
    }
    found
}

fn folders() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(text: &'a str, tree: &clap::Command) -> Line<'a> {
        Line::read(&text.split_whitespace().collect::<Vec<_>>(), tree)
    }

    #[test]
    fn a_line_is_taken_apart_at_what_is_not_ours() {
        let tree = crate::tree("abide");
        let line = read("workflow -n orders tidy up --force -o json", &tree);
        assert_eq!((line.path, line.flags), (vec!["workflow"], vec!["-n", "orders"]));
        assert_eq!((line.words, line.rest), (vec!["tidy", "up"], vec!["--force", "-o", "json"]));
        let line = read("workflow list -q x --output=json", &tree);
        assert_eq!((line.words.len(), line.rest.len()), (0, 0));
    }

    #[test]
    fn dashes_inside_words_are_written_as_underscores() {
        assert_eq!(file_name("abide-", &["task-queue", "tidy"]), "abide-task_queue-tidy");
    }
}
