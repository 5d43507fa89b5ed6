//! `server backup`: a copy of a server's data in one file.

use std::path::PathBuf;

use abide_server::maintenance;
use clap::Args;
use serde_json::json;

use super::progress::{Line, bytes, copied};
use crate::arguments::Common;
use crate::error::{Error, Result};
use crate::output::Output;

/// `server backup`.
#[derive(Args, Debug, Clone)]
pub struct Arguments {
    /// The file to write. There must be none yet.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The server's data: what it was given as --data or --db-filename.
    #[arg(long, short = 'f', alias = "data", value_name = "FILE")]
    db_filename: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments, common: &Common) -> Result<()> {
    let mut line = Line::new();
    let progress = &mut |progress| line.show(|| copied(progress));
    let size = maintenance::backup(&arguments.db_filename, &arguments.file, progress);
    let size = size.map_err(|error| Error::new(abide_server::error::sentence(&error)))?;
    drop(line);
    let (file, output) = (arguments.file.display(), Output::new(common));
    output.text(format!("{} in {file}", bytes(size)));
    output.json(&json!({ "file": file.to_string(), "sizeBytes": size }));
    Ok(())
}
