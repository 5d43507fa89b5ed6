//! `config set`.

use clap::Args;

use super::kind;
use crate::config::file::{File, HEADERS, Kind};
use crate::error::{Error, Result};

/// `config set`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The property.
    #[arg(long, short = 'p')]
    prop: String,
    /// Its value.
    #[arg(long, short = 'v')]
    value: String,
}

/// Runs the command.
pub fn run(file: &mut File, profile: &str, arguments: &Arguments) -> Result<()> {
    let (property, value) = (arguments.prop.as_str(), arguments.value.as_str());
    if property == "tls" {
        match switch(value)? {
            true => file.turn_on_tls(profile),
            false => drop(file.remove(profile, property)),
        }
        return file.save();
    }
    if property == HEADERS {
        return Err(Error::new("must set each individual value of a map"));
    }
    match kind(property)? {
        Kind::Text | Kind::Data => file.set(profile, property, value),
        Kind::Switch => file.set(profile, property, switch(value)?),
    }
    file.save()
}

fn switch(value: &str) -> Result<bool> {
    value.parse().map_err(|_| Error::new("must be 'true' or 'false' to set this property"))
}
