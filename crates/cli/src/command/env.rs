//! `env`: the deprecated file of environments.

use clap::{Args, Subcommand};
use serde_json::json;

use super::config;
use crate::arguments::Common;
use crate::config::environments::{DEFAULT, File};
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Output, Table, warn};

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Remove an environment, or a setting of it.
    Delete(One),
    /// Show the settings of an environment, or one of them.
    Get(One),
    /// List the environments.
    List,
    /// Set a setting of an environment.
    Set(Set),
}

/// An environment, or a setting of it.
#[derive(Args, Debug)]
pub struct One {
    /// The environment, or ENVIRONMENT.SETTING (deprecated: use --env and --key).
    name: Option<String>,
    /// The setting: the name of a flag.
    #[arg(long, short = 'k', default_value = "")]
    key: String,
}

/// `env set`.
#[derive(Args, Debug)]
pub struct Set {
    #[command(flatten)]
    one: One,
    /// Its value (deprecated: use --value).
    positional_value: Option<String>,
    /// Its value.
    #[arg(long, short = 'v', default_value = "")]
    value: String,
}

/// Runs the command.
pub fn run(command: Command, common: &Common) -> Result<()> {
    let mut file = File::load(common.env_file.clone())?;
    let output = Output::new(common);
    match command {
        Command::Delete(one) => delete(&mut file, &one, common),
        Command::Get(one) => get(&file, &one, common, output),
        Command::List => {
            config::list(&file.environments.keys().cloned().collect::<Vec<_>>(), output);
            Ok(())
        }
        Command::Set(set) => self::set(&mut file, set, common),
    }
}

impl One {
    /// The environment and the setting, by flags or in the old way.
    fn names(&self, common: &Common) -> Result<(String, String)> {
        let dots = || Error::new("property name may not contain dots");
        let Some(name) = &self.name else {
            return if self.key.contains('.') { Err(dots()) } else { Ok((common.env.clone(), self.key.clone())) };
        };
        warn("Arguments to env commands are deprecated; please use --env and --key (or -k) instead");
        if common.env != DEFAULT || !self.key.is_empty() {
            return Err(Error::new("cannot specify both an argument and flags; please use flags instead"));
        }
        match name.split('.').collect::<Vec<_>>().as_slice() {
            [environment] => Ok(((*environment).to_owned(), String::new())),
            [environment, key] => Ok(((*environment).to_owned(), (*key).to_owned())),
            _ => Err(dots()),
        }
    }
}

fn known(file: &File, name: &str) -> Result<()> {
    if name == DEFAULT || file.environments.contains_key(name) {
        return Ok(());
    }
    Err(Error::new(format!("environment {name:?} not found")))
}

fn delete(file: &mut File, one: &One, common: &Common) -> Result<()> {
    known(file, &common.env)?;
    let (name, key) = one.names(common)?;
    if key.is_empty() {
        file.environments.remove(&name);
    } else if let Some(settings) = file.environments.get_mut(&name) {
        settings.remove(&key);
    }
    file.save()
}

fn get(file: &File, one: &One, common: &Common, output: Output) -> Result<()> {
    known(file, &common.env)?;
    let (name, key) = one.names(common)?;
    let settings = file.environments.get(&name).cloned().unwrap_or_default();
    let shown: Vec<(String, String)> = if key.is_empty() {
        settings.into_iter().collect()
    } else {
        let value = settings.get(&key).cloned().unwrap_or_default();
        vec![(key, value)]
    };
    output.json(&shown.iter().map(|(key, value)| json!({ "property": key, "value": value })).collect());
    let mut table = Table::new([Column::text("Property"), Column::text("Value")]);
    for (key, value) in shown {
        table.row([key, value]);
    }
    output.table(&table, Header::Shown);
    Ok(())
}

fn set(file: &mut File, set: Set, common: &Common) -> Result<()> {
    let (name, key) = set.one.names(common)?;
    if key.is_empty() {
        return Err(Error::new("property name must be specified with -k"));
    }
    if set.one.name.is_some() && set.positional_value.is_none() {
        return Err(Error::new("no value provided; see --help"));
    }
    let value = set.positional_value.unwrap_or(set.value);
    file.environments.entry(name).or_default().insert(key, value);
    file.save()
}
