//! `completion`: scripts that let shells complete commands, and the hidden command that the scripts ask. What is complete
//! is read from the tree of commands, so there is nothing to keep in step.

use clap::{Arg, Args, Command, ValueEnum};

use crate::error::Result;
use crate::{extension, output};

/// `completion`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

/// `__complete`.
#[derive(Args, Debug)]
pub struct Line {
    /// The words so far; the last is the one that is completed.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Ends the candidates. The number is what other tools' scripts expect there: no files, please.
const END: &str = ":4";

const BASH: &str = r#"_NAME() {
  local IFS=$'\n'
  COMPREPLY=($(NAME __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | grep -v '^:' | cut -f1))
}
complete -o default -F _NAME NAME
"#;
const ZSH: &str = r#"#compdef NAME
_NAME() {
  local -a found
  found=("${(@f)$(NAME __complete "${(@)words[2,CURRENT]}" 2>/dev/null | grep -v '^:' | sed 's/:/\\:/g; s/\t/:/')}")
  _describe 'NAME' found
}
compdef _NAME NAME
"#;
const FISH: &str = r#"function __NAME_complete
  set -l words (commandline -opc) (commandline -ct)
  NAME __complete $words[2..-1] 2>/dev/null | string match -v ':*'
end
complete -c NAME -f -a '(__NAME_complete)'
"#;
const POWERSHELL: &str = r#"Register-ArgumentCompleter -Native -CommandName NAME -ScriptBlock {
  param($word, $line, $position)
  $words = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($word -eq '') { $words += '""' }
  NAME __complete @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
    $parts = $_ -split "`t", 2
    [System.Management.Automation.CompletionResult]::new($parts[0], $parts[0], 'ParameterValue', "$($parts[-1]) ")
  }
}
"#;

/// Runs `completion`.
pub fn script(arguments: &Arguments, name: &str) -> Result<()> {
    let script = match arguments.shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
        Shell::Powershell => POWERSHELL,
    };
    output::plain(&script.replace("NAME", name));
    Ok(())
}

/// Runs `__complete`.
pub fn complete(line: &Line, tree: &Command) -> Result<()> {
    for (candidate, about) in candidates(&line.words, tree) {
        output::plain(&format!("{candidate}\t{about}\n"));
    }
    output::plain(&format!("{END}\n"));
    Ok(())
}

fn candidates(words: &[String], tree: &Command) -> Vec<(String, String)> {
    let Some((last, before)) = words.split_last() else { return Vec::new() };
    let (mut command, mut path, mut pending) = (tree, Vec::new(), None);
    for word in before {
        if pending.take().is_some() {
            continue;
        }
        if word.starts_with('-') {
            pending = flag(command, word).filter(|arg| takes_value(arg) && !word.contains('='));
        } else if let Some(below) = command.find_subcommand(word) {
            command = below;
            path.push(word.clone());
        }
    }
    let found = match (pending, last.split_once('=')) {
        (Some(arg), _) => choices(arg, ""),
        (None, Some((name, _))) if last.starts_with('-') => {
            flag(command, name).map(|arg| choices(arg, &format!("{name}="))).unwrap_or_default()
        }
        (None, _) if last.starts_with('-') => flags(command),
        (None, _) => commands(command, &path),
    };
    found.into_iter().filter(|(candidate, _)| candidate.starts_with(last.as_str())).collect()
}

fn flag<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let name = word.split('=').next().unwrap_or(word);
    command.get_arguments().find(|arg| {
        let long = arg.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long));
        long || arg.get_short().is_some_and(|short| name.strip_prefix('-') == Some(short.to_string().as_str()))
    })
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_num_args().is_some_and(|count| count.min_values() > 0)
}

fn choices(arg: &Arg, before: &str) -> Vec<(String, String)> {
    let values = arg.get_possible_values();
    let shown = values.iter().filter(|value| !value.is_hide_set());
    shown.map(|value| (format!("{before}{}", value.get_name()), first_line(value.get_help()))).collect()
}

fn flags(command: &Command) -> Vec<(String, String)> {
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    shown.filter_map(|arg| Some((format!("--{}", arg.get_long()?), first_line(arg.get_help())))).collect()
}

fn commands(command: &Command, path: &[String]) -> Vec<(String, String)> {
    let ours = command.get_subcommands().filter(|below| !below.is_hide_set());
    let ours: Vec<(String, String)> =
        ours.map(|below| (below.get_name().to_owned(), first_line(below.get_about()))).collect();
    let others = extension::all().into_iter().filter(|(words, _)| words.len() > path.len() && words.starts_with(path));
    let mut found = ours;
    for (words, program) in others {
        if !found.iter().any(|(name, _)| *name == words[path.len()]) {
            found.push((words[path.len()].clone(), program.display().to_string()));
        }
    }
    found
}

fn first_line(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(line: &str) -> Vec<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        candidates(&words, &crate::tree("abide")).into_iter().map(|(candidate, _)| candidate).collect()
    }

    #[test]
    fn commands_flags_and_choices_are_completed() {
        assert_eq!(complete("workfl"), ["workflow"]);
        assert_eq!(complete("workflow -n x sig"), ["signal", "signal-with-start"]);
        assert_eq!(complete("workflow show --fol"), ["--follow"]);
        assert_eq!(complete("workflow list -o j"), ["json", "jsonl"]);
        assert_eq!(complete("workflow list --time-format=r"), ["--time-format=relative", "--time-format=raw"]);
    }
}
