//! Exact counts. What an index counts exactly is left to it, and put right by the rows that something lies over; few
//! candidates are looked at one by one; otherwise everything is.

use std::sync::Arc;

use abide_model::Partition;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::find::Failure;
use super::plan::{FEW_ROWS, Scope, note, note_over};
use super::project::Cell;
use super::range::{Index, Range};
use super::snapshot::Snapshot;
use crate::Error;
use crate::search::{Column, Field, Group, Groups, Plan, Sieve, Tally, Value};
use crate::sqlite::overlay::Overlay;
use crate::sqlite::readers::Read;
use crate::sqlite::sql::Statements;

/// So many ranges are looked at by one statement: SQLite takes 500.
const TOGETHER_MAX: usize = 400;

/// See the file's first lines.
pub(in crate::sqlite) struct CountRead {
    pub(in crate::sqlite) tally: Tally,
    pub(in crate::sqlite) overlay: Arc<Overlay>,
}

impl Read for CountRead {
    type Found = Result<(Vec<Group>, Plan), Error>;

    fn is_short(&self) -> bool {
        false
    }

    fn read(&self, database: &Connection, _: &Statements) -> rusqlite::Result<Self::Found> {
        let transaction = database.unchecked_transaction()?;
        let snapshot = Snapshot::take(database, &self.overlay, self.tally.namespace)?;
        let mut counting = Counting {
            database,
            snapshot: &snapshot,
            tally: &self.tally,
            groups: Groups::new(&self.tally),
            plan: Plan::default(),
        };
        let counted = counting.count();
        drop(transaction);
        match counted {
            Ok(()) => {
                counting.plan.is_wide |= counting.plan.rows_read > FEW_ROWS;
                Ok(Ok((counting.groups.finish(), counting.plan)))
            }
            Err(Failure::Database(error)) => Err(error),
            Err(Failure::Row(error)) => Ok(Err(error)),
        }
    }
}

struct Counting<'a> {
    database: &'a Connection,
    snapshot: &'a Snapshot,
    tally: &'a Tally,
    groups: Groups<'a>,
    plan: Plan,
}

impl Counting<'_> {
    fn count(&mut self) -> Result<(), Failure> {
        self.look_over()?;
        let Some(scope) = Scope::of(self.database, self.tally.namespace, &self.tally.filter)? else { return Ok(()) };
        if scope.candidates.as_ref().is_some_and(|candidates| candidates.ranges.is_empty()) {
            // A value is wanted that no row has ever had.
            return Ok(());
        }
        let few = scope.candidates.as_ref().filter(|candidates| candidates.entries <= FEW_ROWS);
        if let Some(exact) = scope.exact.as_ref().filter(|_| !self.snapshot.has_ranges())
            && let Some(by) = self.column_of_groups(exact)
        {
            let changed = self.snapshot.changed(self.database)?;
            // Putting the index right costs a row for everything that may have been changed.
            if few.is_none_or(|few| changed.len() <= few.entries) {
                changed.keys().try_for_each(|key| self.take_off(key))?;
                return self.ask_index(&scope.areas, exact, by);
            }
        }
        if let Some(few) = few {
            return self.look_at(&scope.areas, Some(&few.ranges));
        }
        self.plan.is_wide = true;
        match &scope.candidates {
            Some(many) => self.look_at(&scope.areas, Some(&many.ranges)),
            None => self.look_at(&scope.areas, None),
        }
    }

    /// What lies over the database, as far as it may be wanted.
    fn look_over(&mut self) -> Result<(), Failure> {
        let sieve = Sieve::of(&self.tally.filter);
        let (mut blocks, mut read) = (0, 0);
        for part in self.snapshot.parts() {
            blocks += 1;
            if !sieve.may_pass(&part.block.summary) {
                continue;
            }
            for row in part.block.rows.iter().filter(|row| sieve.may_pass(&row.summary)) {
                if let Some(value) = self.snapshot.shown(part, row) {
                    read += 1;
                    self.groups.offer(&row.key, value, 1)?;
                }
            }
        }
        note_over(&mut self.plan, blocks, read);
        Ok(())
    }

    /// How an index that has these ranges can group as it is asked to; none when it cannot.
    fn column_of_groups(&self, ranges: &[Range]) -> Option<GroupBy> {
        let all_of = |index: Index| ranges.iter().all(|range| range.index == index);
        match self.tally.groups.as_slice() {
            [] => Some(GroupBy::Nothing),
            [Column::Field(Field::ExecutionStatus)]
                if ranges.is_empty() || all_of(Index::Status) || all_of(Index::Type) =>
            {
                Some(GroupBy::Status)
            }
            [Column::Field(Field::WorkflowType)] if ranges.is_empty() || all_of(Index::Type) => Some(GroupBy::Type),
            _ => None,
        }
    }

    fn ask_index(&mut self, areas: &[i64], ranges: &[Range], by: GroupBy) -> Result<(), Failure> {
        let all = Range {
            index: by.index(),
            from: std::ops::Bound::Unbounded,
            to: std::ops::Bound::Unbounded,
            status: None,
            is_exact: true,
        };
        let ranges = if ranges.is_empty() { std::slice::from_ref(&all) } else { ranges };
        for area in areas {
            for range in ranges {
                let (condition, parameters) = range.condition(*area);
                let source = range.index.source();
                let sql = match by.column() {
                    None => format!("SELECT count(*), NULL FROM {source} WHERE {condition}"),
                    Some(column) => {
                        format!("SELECT count(*), {column} FROM {source} WHERE {condition} GROUP BY {column}")
                    }
                };
                note(self.database, &mut self.plan, &sql, &parameters)?;
                let mut count = self.database.prepare_cached(&sql)?;
                let mut rows = count.query(params_from_iter(&parameters))?;
                while let Some(row) = rows.next()? {
                    let values = match by {
                        GroupBy::Nothing => Vec::new(),
                        GroupBy::Status => vec![Some(Value::Number(row.get(1)?))],
                        GroupBy::Type => vec![Some(Value::Text(row.get(1)?))],
                    };
                    self.groups.add(values, row.get(0)?);
                }
            }
        }
        Ok(())
    }

    /// The index has counted a row that does not count.
    fn take_off(&mut self, key: &[u8]) -> Result<(), Failure> {
        let sql = "SELECT value FROM visibility WHERE partition = ?1 AND key = ?2";
        let mut get = self.database.prepare_cached(sql)?;
        let value: Option<Vec<u8>> = get.query_row(params![Partition::SHARED.0, key], |row| row.get(0)).optional()?;
        self.plan.rows_read += 1;
        match value {
            Some(value) => Ok(self.groups.offer(key, &value, -1)?),
            None => Ok(()),
        }
    }

    /// Row by row: those of the ranges, or all.
    fn look_at(&mut self, areas: &[i64], ranges: Option<&[Range]>) -> Result<(), Failure> {
        let of_areas = |ranges: &[Range]| -> Vec<(i64, Range)> {
            areas.iter().flat_map(|area| ranges.iter().map(|range| (*area, range.clone()))).collect()
        };
        let parts = ranges.map(of_areas);
        match parts {
            // Together, so that no row is counted twice.
            Some(parts) if parts.len() <= TOGETHER_MAX => self.look_at_ranges(&parts),
            Some(parts) if parts.iter().all(|(_, range)| range.is_exact) => {
                parts.chunks(TOGETHER_MAX).try_for_each(|parts| self.look_at_ranges(parts))
            }
            Some(_) | None => {
                let parameters: Vec<Cell> = areas.iter().map(|area| Cell::Number(*area)).collect();
                let marks = vec!["?"; areas.len()].join(", ");
                let sql = format!("SELECT key, value FROM visibility NOT INDEXED WHERE area IN ({marks})");
                self.each(&sql, &parameters)
            }
        }
    }

    fn look_at_ranges(&mut self, parts: &[(i64, Range)]) -> Result<(), Failure> {
        let (mut sources, mut parameters) = (Vec::new(), Vec::new());
        for (area, range) in parts {
            let (condition, more) = range.condition(*area);
            let (source, table) = (range.index.source(), range.index.table());
            sources.push(format!("SELECT {table}.row FROM {source} WHERE {condition}"));
            parameters.extend(more);
        }
        if sources.is_empty() {
            return Ok(());
        }
        let sql = format!("SELECT key, value FROM visibility WHERE row IN ({})", sources.join(" UNION ALL "));
        self.each(&sql, &parameters)
    }

    fn each(&mut self, sql: &str, parameters: &[Cell]) -> Result<(), Failure> {
        note(self.database, &mut self.plan, sql, parameters)?;
        let mut statement = self.database.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(parameters))?;
        while let Some(row) = rows.next()? {
            self.plan.rows_read += 1;
            let key = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            if !self.snapshot.hides(key) {
                let value = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                self.groups.offer(key, value, 1)?;
            }
        }
        Ok(())
    }
}

/// What an index groups by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GroupBy {
    Nothing,
    Status,
    Type,
}

impl GroupBy {
    fn column(self) -> Option<&'static str> {
        match self {
            GroupBy::Nothing => None,
            GroupBy::Status => Some("status"),
            GroupBy::Type => Some("workflow_type"),
        }
    }

    /// The index to ask when everything is counted.
    fn index(self) -> Index {
        match self {
            GroupBy::Nothing => Index::Newest,
            GroupBy::Status => Index::Status,
            GroupBy::Type => Index::Type,
        }
    }
}
