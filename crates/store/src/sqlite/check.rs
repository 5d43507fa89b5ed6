//! What is wrong with a file and its log, as far as no row needs to be understood for it.

#[cfg(test)]
mod tests;

use std::path::Path;

use super::rest::Rest;
use super::{file, log, read_error, visibility, words};
use crate::Error;
use crate::check::{AtRest, Report};

/// So many findings of SQLite are passed on.
const INTEGRITY_MAX: u32 = 100;

/// Looks at a file and its log, and gives what is in them to be looked at further; nothing when it cannot be read at all.
/// An error says that there is nothing to look at, or that this version cannot.
pub fn check(path: &Path, report: &mut Report) -> Result<Option<Box<dyn AtRest>>, Error> {
    log::check(path, report)?;
    let place = path.display().to_string();
    let rest = match Rest::open(path) {
        Ok(rest) => rest,
        Err(error @ (Error::Corrupt(_) | Error::Newer(_))) => {
            report.wrong(place, words(&error));
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let format = file::check_ours(path, rest.database())?;
    if format != file::FORMAT {
        let known = file::FORMAT;
        return Err(Error::Foreign(format!(
            "{place} has format {format}, and only format {known} can be checked: a server brings it up to date, and so does `server backup`"
        )));
    }
    report.count("groups in the log", rest.groups() as u64);
    let looked = integrity(&rest, &place, report).and_then(|()| visibility::verify(rest.database(), report));
    if let Err(error) = looked {
        report.wrong(place, words(&read_error(error)));
        return Ok(None);
    }
    Ok(Some(Box::new(rest)))
}

fn integrity(rest: &Rest, place: &str, report: &mut Report) -> rusqlite::Result<()> {
    let mut read = rest.database().prepare(&format!("PRAGMA integrity_check({INTEGRITY_MAX})"))?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let said: String = row.get(0)?;
        if said != "ok" {
            report.wrong(place, said);
        }
    }
    Ok(())
}
