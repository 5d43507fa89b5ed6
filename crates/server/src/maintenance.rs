//! What is done about a server's data beside the server: copies of it, putting one in its place, looking for what is
//! wrong with it.

use std::path::Path;

use crate::Error;
pub use abide_store::check::{Finding, Report, Severity};
pub use abide_store::sqlite::{Existing, Progress};

/// Copies the data in `source` to the new file `target`, with everything that was acknowledged before. A server may be
/// running on it. Returns the size of the copy in bytes.
pub fn backup(source: &Path, target: &Path, progress: &mut dyn FnMut(Progress)) -> Result<u64, Error> {
    Ok(abide_store::sqlite::backup(source, target, progress)?)
}

/// Puts a copy of the data in `source` in the place of that in `target`, on which no server may run. Returns its size in
/// bytes.
pub fn restore(
    source: &Path,
    target: &Path,
    existing: Existing,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, Error> {
    Ok(abide_store::sqlite::restore(source, target, existing, progress)?)
}

/// Looks at all data in a file and the log beside it. `progress` is told from time to time how many runs were looked at.
pub fn check(file: &Path, progress: &mut dyn FnMut(u64)) -> Result<Report, Error> {
    let mut report = Report::default();
    let Some(rest) = abide_store::sqlite::check(file, &mut report)? else { return Ok(report) };
    if let Err(error) = abide_history::check(&*rest, &mut report, progress) {
        // What is read from a file that is damaged may not be there.
        report.wrong(file.display().to_string(), crate::error::sentence(&error));
    }
    Ok(report)
}
