//! `config`: what stands in the configuration file.

mod delete;
mod get;
mod set;

use clap::Subcommand;
use serde_json::json;

use crate::arguments::Common;
use crate::config::file::{DEFAULT, File, HEADERS, Kind, PROPERTIES};
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Output, Table};

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Remove a property of a profile.
    Delete(delete::Arguments),
    /// Remove a profile, which must be named by --profile.
    DeleteProfile,
    /// Show a property of a profile, or all of them.
    Get(get::Arguments),
    /// List the profiles.
    List,
    /// Set a property of a profile.
    Set(set::Arguments),
}

/// Runs the command.
pub fn run(command: Command, common: &Common) -> Result<()> {
    let mut file = File::load(common.config_file.clone())?;
    let name = common.profile.clone().unwrap_or_else(|| DEFAULT.to_owned());
    match command {
        Command::Delete(arguments) => delete::run(&mut file, &name, &arguments),
        Command::DeleteProfile => delete::profile(&mut file, &name, common),
        Command::Get(arguments) => get::run(&file, &name, &arguments, Output::new(common)),
        Command::List => {
            list(&file.names(), Output::new(common));
            Ok(())
        }
        Command::Set(arguments) => set::run(&mut file, &name, &arguments),
    }
}

/// Names, one a row.
pub fn list(names: &[String], output: Output) {
    output.json(&names.iter().map(|name| json!({ "name": name })).collect());
    let mut table = Table::new([Column::text("Name")]);
    for name in names {
        table.row([name.clone()]);
    }
    output.table(&table, Header::Shown);
}

/// What is said of a profile that is not there.
fn no_profile(name: &str) -> Error {
    Error::new(format!("profile {name:?} not found"))
}

/// What a property holds; an error for one that there is not.
fn kind(property: &str) -> Result<Kind> {
    if property.strip_prefix(HEADERS).is_some_and(|rest| rest.len() > 1 && rest.starts_with('.')) {
        return Ok(Kind::Text);
    }
    let known = PROPERTIES.iter().find(|(name, _)| *name == property).map(|(_, kind)| *kind);
    known.ok_or_else(|| Error::new(format!("unknown property {property:?}")))
}
