//! Whether the columns and the attributes of rows are what their values say. Changes nothing.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::project::{Cell, Entry, NOWHERE, Projection};
use crate::check::Report;

/// See the file's first line.
pub(in crate::sqlite) fn verify(database: &Connection, report: &mut Report) -> rusqlite::Result<()> {
    let mut projection = Projection::that_only_looks();
    let mut read = database.prepare(
        "SELECT row, key, value, area, workflow_id, workflow_type, status, started, closed FROM visibility NOT INDEXED",
    )?;
    let mut rows = read.query([])?;
    let (mut seen, mut attributes) = (0, 0);
    while let Some(row) = rows.next()? {
        seen += 1;
        let number: i64 = row.get(0)?;
        let expected = projection.entry(database, row.get_ref(1)?.as_blob()?, row.get_ref(2)?.as_blob()?)?;
        let place = || format!("visibility row {number}");
        if expected.area == NOWHERE {
            report.wrong(place(), "it cannot be read");
        }
        let stored = Entry {
            area: row.get(3)?,
            workflow_id: row.get(4)?,
            workflow_type: row.get(5)?,
            status: row.get(6)?,
            started: row.get(7)?,
            closed: row.get(8)?,
            attributes: Vec::new(),
        };
        if !has_columns_of(&stored, &expected) {
            report.wrong(place(), "its columns are not those of its record");
        }
        for attribute in distinct(&expected) {
            attributes += 1;
            if !has_attribute(database, number, &expected, attribute)? {
                report.wrong(place(), format!("the attribute {} of its record has no entry", attribute.0));
            }
        }
    }
    let entries: i64 = database.query_row("SELECT count(*) FROM visibility_attribute", [], |row| row.get(0))?;
    if entries != attributes {
        find_strays(database, &mut projection, report)?;
    }
    report.count("rows of lists in the database", seen);
    Ok(())
}

fn has_columns_of(stored: &Entry, expected: &Entry) -> bool {
    let columns = |entry: &Entry| {
        (entry.area, entry.status, entry.started, entry.closed, entry.workflow_id.clone(), entry.workflow_type.clone())
    };
    columns(stored) == columns(expected)
}

/// A text that has a word twice has one entry for it.
fn distinct(entry: &Entry) -> impl Iterator<Item = &(i64, Cell)> {
    let mut seen = BTreeSet::new();
    entry.attributes.iter().filter(move |attribute| seen.insert(format!("{attribute:?}")))
}

fn has_attribute(
    database: &Connection,
    row: i64,
    entry: &Entry,
    (name, value): &(i64, Cell),
) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM visibility_attribute \
               WHERE area = ?1 AND name = ?2 AND value = ?3 AND closed = ?4 AND started = ?5 AND row = ?6";
    let mut get = database.prepare_cached(sql)?;
    let place = params![entry.area, name, value, entry.closed, entry.started, row];
    Ok(get.query_row(place, |_| Ok(())).optional()?.is_some())
}

/// Entries that no row has.
fn find_strays(database: &Connection, projection: &mut Projection, report: &mut Report) -> rusqlite::Result<()> {
    let mut read = database.prepare("SELECT area, name, value, closed, started, row FROM visibility_attribute")?;
    let mut entries = read.query([])?;
    while let Some(entry) = entries.next()? {
        let row: i64 = entry.get(5)?;
        let mut get = database.prepare_cached("SELECT key, value FROM visibility WHERE row = ?1")?;
        let of = get.query_row([row], |of| Ok((of.get::<_, Vec<u8>>(0)?, of.get::<_, Vec<u8>>(1)?))).optional()?;
        let is_expected = match of {
            None => false,
            Some((key, value)) => {
                let expected = projection.entry(database, &key, &value)?;
                let place: (i64, i64, i64) = (entry.get(0)?, entry.get(3)?, entry.get(4)?);
                let attribute: (i64, Cell) = (entry.get(1)?, entry.get(2)?);
                place == (expected.area, expected.closed, expected.started) && expected.attributes.contains(&attribute)
            }
        };
        if !is_expected {
            report
                .wrong(format!("attributes of visibility row {row}"), "an entry is left over that its record has not");
        }
    }
    Ok(())
}
