//! A page of a list. Few candidates are looked at one by one. Where an index has the order of the list, it is read until
//! the page is full; where one has the column that is sorted by, it is read value by value. Otherwise all that may be
//! wanted is looked at, and the best are kept. No way keeps more than a page in memory.

use std::ops::Bound;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::OPEN;
use super::plan::{ESTIMATE_MAX, FEW_ROWS, Scope, note, note_over};
use super::project::Cell;
use super::range::{Index, Range, by_status, index_of, is_one_each};
use super::snapshot::{Part, Snapshot};
use super::times::Times;
use super::way::{Way, behind};
use crate::Error;
use crate::search::{Cursor, Direction, Found, Kind, Order, Plan, Search, Selection, Sieve, Summary, Value};
use crate::sqlite::overlay::Overlay;
use crate::sqlite::readers::Read;
use crate::sqlite::sql::Statements;

/// Rows that are read for one page in the order of an index. Then the page is left as it is: it may be short, and has a
/// token to go on. That takes about a tenth of a second.
const ROWS_READ_MAX: usize = 20_000;
/// What going to the next value costs, in rows.
const VALUE_ROWS: usize = 10;

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
        let way = Way::of(self.selection.orders());
        self.look_over(way)?;
        let Some(scope) = Scope::of(self.database, self.search.namespace, &self.search.filter)? else { return Ok(()) };
        let sorted = sorted_by(self.database, self.selection.orders())?;
        let ranges = scope.candidates.iter().flat_map(|candidates| &candidates.ranges);
        let in_order: Vec<Range> = ranges.flat_map(by_status).collect();
        let sorted = match (sorted, &scope.areas[..]) {
            (Some(index), [area]) => Some((index, *area)),
            (Some(_) | None, _) => None,
        };
        match (scope.candidates, way, sorted) {
            (Some(_), Some(Way::Newest), _) if in_order.iter().all(Range::is_in_order) => {
                self.walk_all(Way::Newest, &scope.areas, &in_order)
            }
            (Some(few), _, _) if few.entries <= FEW_ROWS => self.look_at(&scope.areas, &few.ranges),
            (Some(some), Some(Way::Newest), _)
                if some.entries < ESTIMATE_MAX && some.ranges.iter().all(Range::has_times) =>
            {
                self.walk_all(Way::Newest, &scope.areas, &some.ranges)
            }
            (_, Some(way), _) => self.walk_all(way, &scope.areas, &[all_of(way.index())]),
            (_, None, Some((index, area))) => self.walk_values(area, index),
            (Some(many), None, _) => {
                self.plan.is_wide = true;
                self.look_at(&scope.areas, &many.ranges)
            }
            (None, None, _) => {
                self.plan.is_wide = true;
                self.look_at_all(&scope.areas)
            }
        }
    }

    /// What lies over the database, as far as it may change anything.
    fn look_over(&mut self, way: Option<Way>) -> Result<(), Failure> {
        let sieve = Sieve::of(&self.search.filter);
        let mut parts: Vec<Part<'_>> = self.snapshot.parts().collect();
        if way.is_some_and(Way::is_oldest_first) {
            parts.reverse();
        }
        let (blocks, mut read) = (parts.len(), 0);
        for part in parts {
            if !sieve.may_pass(&part.block.summary) || !self.may_matter(way, &part.block.summary) {
                continue;
            }
            for row in &part.block.rows {
                if sieve.may_pass(&row.summary)
                    && self.may_matter(way, &row.summary)
                    && let Some(value) = self.snapshot.shown(part, row)
                {
                    read += 1;
                    self.selection.offer(&row.key, value)?;
                }
            }
        }
        note_over(&mut self.plan, blocks, read);
        Ok(())
    }

    /// Whether any of these rows may stand behind the begin of the page and before its last row.
    fn may_matter(&self, way: Option<Way>, rows: &Summary) -> bool {
        let Some(way) = way else { return true };
        let (best, last) = way.span(rows);
        let rank_of = |place: Option<&Cursor>| place.and_then(|place| way.rank_of(place, 0));
        let worst = if self.selection.is_full() { rank_of(self.selection.worst()) } else { None };
        let after = rank_of(self.search.after.as_ref());
        worst.is_none_or(|worst| way.compare(best, worst).is_le())
            && after.is_none_or(|after| way.compare(last, after).is_ge())
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
        let times = Times::of(&self.search.filter);
        let parts = match way {
            Way::Newest if times.part_open_runs() => times.parted().into(),
            Way::Newest | Way::OldestEnd | Way::NewestBegin | Way::OldestBegin => vec![times],
        };
        for (area, range) in areas.iter().flat_map(|area| ranges.iter().map(move |range| (*area, range))) {
            for (number, times) in parts.iter().enumerate() {
                // Behind the open runs come the others: looking for the first of them may take long.
                if number > 0 && self.is_full_of_open_runs() {
                    continue;
                }
                if let Some(place) = self.walk(&Walk { way, area, range, times }, &[])? {
                    self.stop_at(place);
                }
            }
        }
        Ok(())
    }

    fn is_full_of_open_runs(&self) -> bool {
        let worst = if self.selection.is_full() { self.selection.worst() } else { None };
        worst.and_then(|worst| Way::Newest.rank_of(worst, 0)).is_some_and(|(closed, _)| closed == OPEN)
    }

    /// Value by value of the column that is sorted by first, and the rows of each in the order of lists.
    fn walk_values(&mut self, area: i64, index: Index) -> Result<(), Failure> {
        let descends = self.selection.orders()[0].direction == Direction::Descending;
        // Where the page begins: with a value, or behind all of them.
        let begin = self.search.after.as_ref().and_then(|after| after.values.first().cloned());
        let mut from = match &begin {
            Some(Some(value)) => Bound::Included(Cell::from(value)),
            Some(None) | None => Bound::Unbounded,
        };
        let times = &Times::of(&self.search.filter);
        let (mut read, mut goes_on) = (0, begin != Some(None));
        while goes_on {
            let Some(cell) = self.next_value(area, index, &from, descends)? else { break };
            let lead = Some(self.value_of(&cell));
            if self.is_behind_page(&lead) {
                return Ok(());
            }
            for range in by_status(&Range::equal(index, cell.clone())) {
                let walk = Walk { way: Way::Newest, area, range: &range, times };
                if let Some(place) = self.walk(&walk, std::slice::from_ref(&lead))? {
                    self.stop_at(place);
                    goes_on = false;
                }
            }
            from = Bound::Excluded(cell);
            read += VALUE_ROWS;
            if goes_on && read + self.plan.rows_read >= ROWS_READ_MAX {
                self.stop_at(behind(vec![lead], self.selection.orders().len()));
                goes_on = false;
            }
        }
        // Every run has the columns that are no attributes.
        if self.known_to.is_none() && matches!(index, Index::Attribute(_)) && !self.is_behind_page(&None) {
            let newest = all_of(Index::Newest);
            if let Some(place) = self.walk(&Walk { way: Way::Newest, area, range: &newest, times }, &[None])? {
                self.stop_at(place);
            }
        }
        Ok(())
    }

    /// A value of the column that is sorted by, as it is found in the index.
    fn value_of(&self, cell: &Cell) -> Value {
        match cell {
            Cell::Number(number) if self.selection.orders()[0].column.kind() == Kind::Bool => Value::Bool(*number != 0),
            Cell::Number(number) => Value::Number(*number),
            Cell::Real(real) => Value::Real(*real),
            Cell::Text(text) => Value::Text(text.clone()),
        }
    }

    /// The next value of an index.
    fn next_value(
        &self,
        area: i64,
        index: Index,
        from: &Bound<Cell>,
        descends: bool,
    ) -> rusqlite::Result<Option<Cell>> {
        let (low, high) = if descends { (&Bound::Unbounded, from) } else { (from, &Bound::Unbounded) };
        let range = Range { from: low.clone(), to: high.clone(), ..all_of(index) };
        let (condition, parameters) = range.condition(area);
        let (source, table, column) = (index.source(), index.table(), index.column());
        let direction = if descends { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT {table}.{column} FROM {source} WHERE {condition} ORDER BY {table}.{column} {direction} LIMIT 1"
        );
        let mut next = self.database.prepare_cached(&sql)?;
        next.query_row(params_from_iter(parameters), |row| row.get(0)).optional()
    }

    /// Whether the page is full of rows that come before all with this value of the first column.
    fn is_behind_page(&self, lead: &Option<Value>) -> bool {
        let first = |value: &Option<Value>| Cursor { values: vec![value.clone()], key: Vec::new() };
        let worst = if self.selection.is_full() { self.selection.worst() } else { None };
        let orders = &self.selection.orders()[..1];
        worst
            .and_then(|worst| worst.values.first())
            .is_some_and(|worst| first(worst).compare(&first(lead), orders).is_lt())
    }

    /// The rows of a range in the order of the list, until they can change nothing any more. All of them have the values
    /// of `lead` in the columns that are sorted by before. If they are too many, the place where to go on.
    fn walk(&mut self, walk: &Walk<'_>, lead: &[Option<Value>]) -> Result<Option<Cursor>, Failure> {
        let way = walk.way;
        let after = self.search.after.as_ref().filter(|after| after.values.starts_with(lead));
        let (sql, parameters) = walk.statement(after.and_then(|after| way.rank_of(after, lead.len())));
        let (mut read, mut last) = (0, None);
        let mut stopped = None;
        self.each(&sql, &parameters, |selection, closed, started| {
            let rank = way.rank(closed, started);
            let worst = if selection.is_full() { selection.worst() } else { None };
            let worst = worst.filter(|worst| worst.values.starts_with(lead));
            let worst = worst.and_then(|worst| way.rank_of(worst, lead.len()));
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
        let columns = self.selection.orders().len();
        Ok(stopped.map(|rank| behind([lead, &way.values(rank)].concat(), columns)))
    }

    /// What is behind this place has not been looked at.
    fn stop_at(&mut self, place: Cursor) {
        let earlier = self.known_to.take().filter(|known| known.compare(&place, self.selection.orders()).is_lt());
        self.known_to = Some(earlier.unwrap_or(place));
        self.plan.is_wide = true;
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

/// A part of an index that is read in order.
struct Walk<'a> {
    way: Way,
    area: i64,
    range: &'a Range,
    times: &'a Times,
}

impl Walk<'_> {
    /// The statement that reads the rows that do not come before a rank, and its parameters.
    fn statement(&self, after: Option<(i64, i64)>) -> (String, Vec<Cell>) {
        let Self { way, area, range, times } = self;
        let (source, table) = (range.index.source(), range.index.table());
        let (mut condition, mut parameters) = range.condition(*area);
        times.add_to(range, &mut condition, &mut parameters);
        if let Some(rank) = after {
            let (not_before, bounds) = way.not_before(table, rank);
            condition.push_str(" AND ");
            condition.push_str(&not_before);
            parameters.extend(bounds);
        }
        const WANTED: &str = "SELECT visibility.key, visibility.value, visibility.closed, visibility.started";
        let order = way.order(table);
        let sql = match (range.index, range.is_in_order() || !range.has_times() || *way != Way::Newest) {
            (Index::Newest, _) => format!("{WANTED} FROM {source} WHERE {condition} ORDER BY {order}"),
            (Index::Attribute(_), true) => format!(
                "{WANTED} FROM {source} CROSS JOIN visibility ON visibility.row = {table}.row \
                 WHERE {condition} ORDER BY {order}"
            ),
            (_, true) => format!("{WANTED} FROM {source} WHERE {condition} ORDER BY {order}"),
            // The entries are sorted before the first row is fetched.
            (_, false) => format!(
                "{WANTED} FROM (SELECT {table}.row AS entry FROM {source} WHERE {condition} ORDER BY {order} LIMIT -1) \
                 CROSS JOIN visibility ON visibility.row = entry"
            ),
        };
        (sql, parameters)
    }
}

/// Every entry of an index.
fn all_of(index: Index) -> Range {
    Range { index, from: Bound::Unbounded, to: Bound::Unbounded, status: None, is_exact: true }
}

/// The index that has the values by which a list is sorted, when nothing but the order of lists follows.
fn sorted_by(database: &Connection, orders: &[Order]) -> rusqlite::Result<Option<Index>> {
    let [first, rest @ ..] = orders else { return Ok(None) };
    if Way::of(rest) != Some(Way::Newest) || !is_one_each(&first.column) {
        return Ok(None);
    }
    Ok(index_of(database, &first.column)?.flatten())
}

/// Whether to look at the row at hand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    On,
    Stop,
}
