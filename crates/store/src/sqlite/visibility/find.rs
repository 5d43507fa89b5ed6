//! A page of a list. Three ways: few candidates are looked at one by one; where an index has the order of the list, it is
//! read until the page is full; otherwise all that may be wanted is looked at, and the best are kept. No way keeps more
//! than a page in memory.

use std::cmp::Ordering;
use std::sync::Arc;

use rusqlite::{Connection, params_from_iter};

use super::plan::{FEW_ROWS, Scope, note};
use super::project::Cell;
use super::range::{Index, Range, by_status};
use super::snapshot::Snapshot;
use crate::Error;
use crate::search::{Column, Cursor, Direction, Field, Found, Order, Plan, Search, Selection, Value};
use crate::sqlite::overlay::Overlay;
use crate::sqlite::readers::Read;
use crate::sqlite::sql::Statements;

/// Rows that are read for one page in the order of an index. Then the page is left as it is: it may be short, and has a
/// token to go on.
const ROWS_READ_MAX: usize = 100_000;

/// See the file's first lines.
pub(in crate::sqlite) struct FindRead {
    pub(in crate::sqlite) search: Search,
    pub(in crate::sqlite) overlay: Arc<Overlay>,
}

impl Read for FindRead {
    type Found = Result<Found, Error>;

    fn is_short(&self) -> bool {
        false
    }

    fn read(&self, database: &Connection, _: &Statements) -> rusqlite::Result<Self::Found> {
        // Ends when it is dropped, whatever happened.
        let transaction = database.unchecked_transaction()?;
        let snapshot = Snapshot::take(database, &self.overlay, self.search.namespace)?;
        let mut finding = Finding::new(database, &self.search, &snapshot);
        let found = finding.find();
        drop(transaction);
        match found {
            Ok(()) => Ok(Ok(finding.finish())),
            Err(Failure::Database(error)) => Err(error),
            Err(Failure::Row(error)) => Ok(Err(error)),
        }
    }
}

/// Why something cannot be read.
pub(super) enum Failure {
    Database(rusqlite::Error),
    Row(Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Failure::Database(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Row(error)
    }
}

/// In which order an index is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// Newest end first, then newest begin: the order of lists.
    Newest,
    /// Oldest end first.
    OldestEnd,
    /// Newest begin first.
    NewestBegin,
    /// Oldest begin first.
    OldestBegin,
}

impl Way {
    /// The way of an order, if there is one.
    fn of(orders: &[Order]) -> Option<Self> {
        let by = |at: usize| orders.get(at).map(|order| (&order.column, order.direction));
        let (closed, started) = (Column::Field(Field::CloseTime), Column::Field(Field::StartTime));
        match by(0)? {
            (column, Direction::Descending) if *column == closed => {
                (by(1) == Some((&started, Direction::Descending))).then_some(Way::Newest)
            }
            (column, Direction::Ascending) if *column == closed => Some(Way::OldestEnd),
            (column, Direction::Descending) if *column == started => Some(Way::NewestBegin),
            (column, Direction::Ascending) if *column == started => Some(Way::OldestBegin),
            _ => None,
        }
    }

    /// The index that has this order for all rows.
    fn index(self) -> Index {
        match self {
            Way::Newest | Way::OldestEnd => Index::Newest,
            Way::NewestBegin | Way::OldestBegin => Index::Started,
        }
    }

    fn order(self, table: &str) -> String {
        match self {
            Way::Newest => format!("{table}.closed DESC, {table}.started DESC"),
            Way::OldestEnd => format!("{table}.closed, {table}.started"),
            Way::NewestBegin => format!("{table}.started DESC"),
            Way::OldestBegin => format!("{table}.started"),
        }
    }

    /// What the order is by: of two places with the same, nothing is known.
    fn rank(self, closed: i64, started: i64) -> (i64, i64) {
        match self {
            Way::Newest => (closed, started),
            Way::OldestEnd => (closed, 0),
            Way::NewestBegin | Way::OldestBegin => (started, 0),
        }
    }

    /// Which of two ranks comes first.
    fn compare(self, one: (i64, i64), other: (i64, i64)) -> Ordering {
        match self {
            Way::Newest | Way::NewestBegin => other.cmp(&one),
            Way::OldestEnd | Way::OldestBegin => one.cmp(&other),
        }
    }

    /// The rank of a place in the list.
    fn rank_of(self, place: &Cursor) -> Option<(i64, i64)> {
        let number = |at: usize| match place.values.get(at) {
            Some(Some(Value::Number(number))) => Some(*number),
            Some(_) | None => None,
        };
        match self {
            Way::Newest => Some((number(0)?, number(1)?)),
            Way::OldestEnd | Way::NewestBegin | Way::OldestBegin => Some((number(0)?, 0)),
        }
    }

    /// The condition of what does not come before a rank.
    fn not_before(self, table: &str, rank: (i64, i64)) -> (String, Vec<Cell>) {
        let first = Cell::Number(rank.0);
        match self {
            Way::Newest => {
                let condition = format!("({table}.closed, {table}.started) <= (?, ?)");
                (condition, vec![first, Cell::Number(rank.1)])
            }
            Way::OldestEnd => (format!("{table}.closed >= ?"), vec![first]),
            Way::NewestBegin => (format!("{table}.started <= ?"), vec![first]),
            Way::OldestBegin => (format!("{table}.started >= ?"), vec![first]),
        }
    }

    /// The place behind all rows of a rank, where so many columns are sorted by.
    fn behind(self, rank: (i64, i64), columns: usize) -> Cursor {
        let mut values = vec![Some(Value::Number(rank.0))];
        if self == Way::Newest {
            values.push(Some(Value::Number(rank.1)));
        }
        values.resize(columns, None);
        Cursor { values, key: vec![u8::MAX; 24] }
    }
}

struct Finding<'a> {
    database: &'a Connection,
    snapshot: &'a Snapshot,
    search: &'a Search,
    selection: Selection<'a>,
    /// Up to where all rows were looked at, if not to the end.
    known_to: Option<Cursor>,
    plan: Plan,
}

impl<'a> Finding<'a> {
    fn new(database: &'a Connection, search: &'a Search, snapshot: &'a Snapshot) -> Self {
        let selection = Selection::new(search);
        Self { database, snapshot, search, selection, known_to: None, plan: Plan::default() }
    }

    fn find(&mut self) -> Result<(), Failure> {
        for (key, value) in self.snapshot.rows() {
            self.selection.offer(key, value)?;
        }
        let Some(scope) = Scope::of(self.database, self.search.namespace, &self.search.filter)? else { return Ok(()) };
        let way = Way::of(self.selection.orders());
        let ranges = scope.candidates.iter().flat_map(|candidates| &candidates.ranges);
        let in_order: Vec<Range> = ranges.flat_map(by_status).collect();
        match (scope.candidates, way) {
            (Some(_), Some(Way::Newest)) if in_order.iter().all(Range::is_in_order) => {
                self.walk_all(Way::Newest, &scope.areas, &in_order)
            }
            (Some(few), _) if few.entries <= FEW_ROWS => self.look_at(&scope.areas, &few.ranges),
            (_, Some(way)) => {
                let all = Range {
                    index: way.index(),
                    from: std::ops::Bound::Unbounded,
                    to: std::ops::Bound::Unbounded,
                    status: None,
                    is_exact: true,
                };
                self.walk_all(way, &scope.areas, &[all])
            }
            (Some(many), None) => {
                self.plan.is_wide = true;
                self.look_at(&scope.areas, &many.ranges)
            }
            (None, None) => {
                self.plan.is_wide = true;
                self.look_at_all(&scope.areas)
            }
        }
    }

    /// Every row of the ranges, in any order. One that is in several ranges is looked at several times.
    fn look_at(&mut self, areas: &[i64], ranges: &[Range]) -> Result<(), Failure> {
        for area in areas {
            for range in ranges {
                let (condition, parameters) = range.condition(*area);
                let (source, table) = (range.index.source(), range.index.table());
                let sql = format!(
                    "SELECT key, value FROM visibility WHERE row IN (SELECT {table}.row FROM {source} WHERE {condition})"
                );
                self.each(&sql, &parameters, |_, _, _| Step::On)?;
            }
        }
        Ok(())
    }

    fn look_at_all(&mut self, areas: &[i64]) -> Result<(), Failure> {
        let areas: Vec<Cell> = areas.iter().map(|area| Cell::Number(*area)).collect();
        let marks = vec!["?"; areas.len()].join(", ");
        // Row by row as they lie in the file: going through an index would read every page many times.
        let sql = format!("SELECT key, value FROM visibility NOT INDEXED WHERE area IN ({marks})");
        self.each(&sql, &areas, |_, _, _| Step::On)
    }

    fn walk_all(&mut self, way: Way, areas: &[i64], ranges: &[Range]) -> Result<(), Failure> {
        for area in areas {
            for range in ranges {
                self.walk(way, *area, range)?;
            }
        }
        Ok(())
    }

    /// The rows of a range in the order of the list, until they can change nothing any more, or are too many.
    fn walk(&mut self, way: Way, area: i64, range: &Range) -> Result<(), Failure> {
        let table = range.index.table();
        let (mut condition, mut parameters) = range.condition(area);
        if let Some(rank) = self.search.after.as_ref().and_then(|after| way.rank_of(after)) {
            let (not_before, bounds) = way.not_before(table, rank);
            condition.push_str(" AND ");
            condition.push_str(&not_before);
            parameters.extend(bounds);
        }
        let (source, order) = (range.index.source(), way.order(table));
        let join = match range.index {
            Index::Attribute(_) => " CROSS JOIN visibility ON visibility.row = visibility_attribute.row",
            Index::Newest | Index::Started | Index::Workflow | Index::Type | Index::Status => "",
        };
        let sql = format!(
            "SELECT visibility.key, visibility.value, visibility.closed, visibility.started \
             FROM {source}{join} WHERE {condition} ORDER BY {order}"
        );
        let (mut read, mut last) = (0, None);
        let mut stopped = None;
        self.each(&sql, &parameters, |selection, closed, started| {
            let rank = way.rank(closed, started);
            let worst = if selection.is_full() { selection.worst().and_then(|worst| way.rank_of(worst)) } else { None };
            if worst.is_some_and(|worst| way.compare(rank, worst).is_gt()) {
                return Step::Stop;
            }
            if read >= ROWS_READ_MAX
                && let Some(last) = last
                && last != rank
            {
                stopped = Some(last);
                return Step::Stop;
            }
            (read, last) = (read + 1, Some(rank));
            Step::On
        })?;
        if let Some(rank) = stopped {
            let place = way.behind(rank, self.selection.orders().len());
            let earlier = self.known_to.take().filter(|known| known.compare(&place, self.selection.orders()).is_lt());
            self.known_to = Some(earlier.unwrap_or(place));
            self.plan.is_wide = true;
        }
        Ok(())
    }

    /// Offers the rows of a statement that nothing lies over, as long as `step` wants. It is given the place in time of
    /// rows whose statement has it.
    fn each(
        &mut self,
        sql: &str,
        parameters: &[Cell],
        mut step: impl FnMut(&Selection<'_>, i64, i64) -> Step,
    ) -> Result<(), Failure> {
        note(self.database, &mut self.plan, sql, parameters)?;
        let mut statement = self.database.prepare_cached(sql)?;
        let has_place = statement.column_count() > 2;
        let mut rows = statement.query(params_from_iter(parameters))?;
        while let Some(row) = rows.next()? {
            let (closed, started) = if has_place { (row.get(2)?, row.get(3)?) } else { (0, 0) };
            if step(&self.selection, closed, started) == Step::Stop {
                break;
            }
            self.plan.rows_read += 1;
            let key = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            if !self.snapshot.hides(key) {
                let value = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                self.selection.offer(key, value)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Found {
        let mut plan = self.plan;
        plan.is_wide |= plan.rows_read > FEW_ROWS.max(4 * self.search.limit);
        self.selection.finish(self.known_to, plan)
    }
}

/// Whether to look at the row at hand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    On,
    Stop,
}
