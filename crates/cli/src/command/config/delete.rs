//! `config delete` and `config delete-profile`.

use clap::Args;

use super::{kind, no_profile};
use crate::arguments::Common;
use crate::config::file::{File, HEADERS};
use crate::error::{Error, Result};

/// `config delete`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The property.
    #[arg(long, short = 'p')]
    prop: String,
}

/// Runs `config delete`.
pub fn run(file: &mut File, profile: &str, arguments: &Arguments) -> Result<()> {
    let property = arguments.prop.as_str();
    if file.profile(profile).is_none() {
        return Err(no_profile(profile));
    }
    // The table itself is what turns encryption on.
    if property != "tls" {
        kind(property)?;
    }
    let gone = file.remove(profile, property);
    if !gone && let Some(header) = property.strip_prefix(HEADERS) {
        return Err(Error::new(format!("gRPC meta key {:?} not found", header.trim_start_matches('.'))));
    }
    file.save()
}

/// Runs `config delete-profile`. The profile must be named, so that nobody loses the usual one by accident.
pub fn profile(file: &mut File, profile: &str, common: &Common) -> Result<()> {
    if file.profile(profile).is_none() {
        return Err(no_profile(profile));
    }
    if common.profile.is_none() {
        return Err(Error::new("to delete an entire profile, --profile must be provided explicitly"));
    }
    file.remove_profile(profile);
    file.save()
}
