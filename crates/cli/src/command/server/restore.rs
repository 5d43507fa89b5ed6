//! `server restore`: a backup in the place of a stopped server's data.

use std::path::PathBuf;

use abide_server::maintenance::{self, Existing};
use clap::Args;
use serde_json::json;

use super::check;
use super::progress::{Line, bytes, copied};
use crate::arguments::Common;
use crate::error::{Error, Result};
use crate::output::Output;

/// `server restore`.
#[derive(Args, Debug, Clone)]
pub struct Arguments {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the server has its data. The server must be stopped.
    #[arg(long, short = 'f', alias = "data", value_name = "FILE")]
    db_filename: PathBuf,
    /// Replace the data that is there.
    #[arg(long)]
    force: bool,
    /// Restore a backup even if something is wrong with it.
    #[arg(long)]
    unchecked: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments, common: &Common) -> Result<()> {
    let output = Output::new(common);
    if !arguments.unchecked {
        let report = check::look(&arguments.file)?;
        if report.wrongs() > 0 {
            check::list(&report, output);
            return Err(Error::new("something is wrong with the backup; --unchecked restores it all the same"));
        }
    }
    let existing = if arguments.force { Existing::Replace } else { Existing::Keep };
    let mut line = Line::new();
    let progress = &mut |progress| line.show(|| copied(progress));
    let size = maintenance::restore(&arguments.file, &arguments.db_filename, existing, progress);
    let size = size.map_err(|error| Error::new(abide_server::error::sentence(&error)))?;
    drop(line);
    let file = arguments.db_filename.display();
    output.text(format!("{} in {file}", bytes(size)));
    output.json(&json!({ "file": file.to_string(), "sizeBytes": size }));
    Ok(())
}
