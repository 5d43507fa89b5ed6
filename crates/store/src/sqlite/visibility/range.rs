//! From conditions to ranges of an index: which entries have to be looked at so that no wanted row is missed.

use std::ops::Bound;

use rusqlite::Connection;

use super::OPEN;
use super::project::{AMONG_ATTRIBUTES, Cell, FIELD_KIND, name_number};
use crate::search::{Column, Comparison, Field, Filter, Kind};

/// So many ranges are looked at for one condition.
pub(super) const RANGES_MAX: usize = 1000;

/// No status has a greater number.
const STATUS_MAX: i64 = 15;

/// Which index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Index {
    /// By the end, then the begin: in the order of lists.
    Newest,
    /// By the begin.
    Started,
    /// By the workflow's id.
    Workflow,
    /// By the workflow's type, then the status.
    Type,
    /// By the status.
    Status,
    /// By an attribute of this number.
    Attribute(i64),
}

impl Index {
    /// The table, and the index if it is not the table itself.
    pub(super) fn source(self) -> &'static str {
        match self {
            Index::Newest => "visibility INDEXED BY visibility_newest",
            Index::Started => "visibility INDEXED BY visibility_started",
            Index::Workflow => "visibility INDEXED BY visibility_workflow",
            Index::Type => "visibility INDEXED BY visibility_type",
            Index::Status => "visibility INDEXED BY visibility_status",
            Index::Attribute(_) => "visibility_attribute",
        }
    }

    /// The table of its entries.
    pub(super) fn table(self) -> &'static str {
        match self {
            Index::Newest | Index::Started | Index::Workflow | Index::Type | Index::Status => "visibility",
            Index::Attribute(_) => "visibility_attribute",
        }
    }

    /// What it is sorted by first, behind the area.
    pub(super) fn column(self) -> &'static str {
        match self {
            Index::Newest => "closed",
            Index::Started => "started",
            Index::Workflow => "workflow_id",
            Index::Type => "workflow_type",
            Index::Status => "status",
            Index::Attribute(_) => "value",
        }
    }
}

/// A part of an index.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Range {
    pub(super) index: Index,
    pub(super) from: Bound<Cell>,
    pub(super) to: Bound<Cell>,
    /// In the index of types: one status.
    pub(super) status: Option<Cell>,
    /// Whether each of its entries fulfils the condition, and no row has two.
    pub(super) is_exact: bool,
}

impl Range {
    pub(super) fn equal(index: Index, cell: Cell) -> Self {
        let (from, to) = (Bound::Included(cell.clone()), Bound::Included(cell));
        Self { index, from, to, status: None, is_exact: true }
    }

    /// Whether it is one value, so that its entries stand in the order of lists.
    pub(super) fn is_in_order(&self) -> bool {
        let is_one = matches!((&self.from, &self.to), (Bound::Included(from), Bound::Included(to)) if from == to);
        is_one && (self.index != Index::Type || self.status.is_some()) && self.index != Index::Started
    }

    /// Whether its entries have both times.
    pub(super) fn has_times(&self) -> bool {
        self.index != Index::Started
    }

    /// The condition of its entries, and its parameters.
    pub(super) fn condition(&self, area: i64) -> (String, Vec<Cell>) {
        let table = self.index.table();
        let mut sql = format!("{table}.area = ?");
        let mut parameters = vec![Cell::Number(area)];
        let mut and = |condition: &str, cell: &Cell| {
            sql.push_str(&format!(" AND {table}.{condition}"));
            parameters.push(cell.clone());
        };
        if let Index::Attribute(name) = self.index {
            and("name = ?", &Cell::Number(name));
        }
        let column = self.index.column();
        match (&self.from, &self.to) {
            (Bound::Included(from), Bound::Included(to)) if from == to => and(&format!("{column} = ?"), from),
            (from, to) => {
                match from {
                    Bound::Included(cell) => and(&format!("{column} >= ?"), cell),
                    Bound::Excluded(cell) => and(&format!("{column} > ?"), cell),
                    Bound::Unbounded => {}
                }
                match to {
                    Bound::Included(cell) => and(&format!("{column} <= ?"), cell),
                    Bound::Excluded(cell) => and(&format!("{column} < ?"), cell),
                    Bound::Unbounded => {}
                }
            }
        }
        if let Some(status) = &self.status {
            and("status = ?", status);
        }
        (sql, parameters)
    }
}

/// The ranges that have every row which fulfils one condition; none when no index knows.
pub(super) fn ranges(database: &Connection, filter: &Filter) -> rusqlite::Result<Option<Vec<Range>>> {
    let Some(column) = column_of(filter) else { return Ok(None) };
    let Some(index) = index_of(database, column)? else { return Ok(None) };
    let Some(index) = index else {
        // No row has ever had such an attribute, and all these conditions want one.
        return Ok(if wants_value(filter) { Some(Vec::new()) } else { None });
    };
    let mut ranges = match filter {
        Filter::IsNull(Column::Field(Field::CloseTime)) => vec![Range::equal(index, Cell::Number(OPEN))],
        Filter::Not(inner) if matches!(&**inner, Filter::IsNull(Column::Field(Field::CloseTime))) => {
            vec![between(index, Bound::Unbounded, Bound::Excluded(Cell::Number(OPEN)))]
        }
        Filter::Compare(_, comparison, value) => match compared(index, *comparison, Cell::from(value)) {
            Some(range) => vec![range],
            None => return Ok(None),
        },
        Filter::In(_, values) => distinct(index, values.iter().map(Cell::from)),
        Filter::Between(_, low, high) => {
            vec![between(index, Bound::Included(Cell::from(low)), Bound::Included(Cell::from(high)))]
        }
        Filter::StartsWith(_, prefix) => {
            let to = behind(prefix).map_or(Bound::Unbounded, |end| Bound::Excluded(Cell::Text(end)));
            vec![between(index, Bound::Included(Cell::Text(prefix.clone())), to)]
        }
        Filter::Words(_, wanted) | Filter::Member(_, wanted) => {
            let mut ranges = distinct(index, wanted.iter().cloned().map(Cell::Text));
            let is_exact = ranges.len() == 1;
            ranges.iter_mut().for_each(|range| range.is_exact = is_exact);
            ranges
        }
        Filter::Everything
        | Filter::Not(_)
        | Filter::And(_)
        | Filter::Or(_)
        | Filter::IsNull(_)
        | Filter::Contains(..) => return Ok(None),
    };
    if ranges.len() > RANGES_MAX {
        return Ok(None);
    }
    if let Column::Field(Field::RootWorkflowId) = column {
        // A run without another root is its own.
        let own: Vec<Range> = ranges.iter().map(|range| Range { index: Index::Workflow, ..range.clone() }).collect();
        ranges.extend(own);
        ranges.iter_mut().for_each(|range| range.is_exact = false);
    }
    Ok(Some(ranges))
}

/// The column that one condition is about; none when it is several conditions.
fn column_of(filter: &Filter) -> Option<&Column> {
    match filter {
        Filter::Not(inner) => match &**inner {
            Filter::IsNull(column) => Some(column),
            Filter::Everything
            | Filter::Not(_)
            | Filter::And(_)
            | Filter::Or(_)
            | Filter::Compare(..)
            | Filter::In(..)
            | Filter::Between(..)
            | Filter::StartsWith(..)
            | Filter::Contains(..)
            | Filter::Words(..)
            | Filter::Member(..) => None,
        },
        Filter::IsNull(column)
        | Filter::Compare(column, ..)
        | Filter::In(column, _)
        | Filter::Between(column, ..)
        | Filter::StartsWith(column, _)
        | Filter::Words(column, _)
        | Filter::Member(column, _) => Some(column),
        Filter::Everything | Filter::And(_) | Filter::Or(_) | Filter::Contains(..) => None,
    }
}

fn wants_value(filter: &Filter) -> bool {
    !matches!(filter, Filter::IsNull(_))
}

/// The index of a column: the outer none when there is none, the inner one when nothing is in it.
pub(super) fn index_of(database: &Connection, column: &Column) -> rusqlite::Result<Option<Option<Index>>> {
    let attribute = |kind, name: &str| Ok(Some(name_number(database, kind, name)?.map(Index::Attribute)));
    match column {
        Column::Field(Field::WorkflowId) => Ok(Some(Some(Index::Workflow))),
        Column::Field(Field::WorkflowType) => Ok(Some(Some(Index::Type))),
        Column::Field(Field::ExecutionStatus) => Ok(Some(Some(Index::Status))),
        Column::Field(Field::StartTime) => Ok(Some(Some(Index::Started))),
        Column::Field(Field::CloseTime) => Ok(Some(Some(Index::Newest))),
        Column::Field(Field::RootWorkflowId) => {
            // Without any entry its ranges are those of workflow ids.
            let number = name_number(database, FIELD_KIND, "RootWorkflowId")?.unwrap_or(0);
            Ok(Some(Some(Index::Attribute(number))))
        }
        Column::Field(field) => match AMONG_ATTRIBUTES.iter().find(|(known, _)| known == field) {
            Some((_, name)) => attribute(FIELD_KIND, name),
            None => Ok(None),
        },
        Column::Attribute { name, kind } => attribute(*kind as u8, name),
    }
}

/// Whether every row that has a value of this column has one entry in its index, by which it can be sorted.
pub(super) fn is_one_each(column: &Column) -> bool {
    match column {
        Column::Field(Field::RootWorkflowId) => false,
        Column::Field(_) => true,
        Column::Attribute { kind, .. } => match kind {
            Kind::Keyword | Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime => true,
            Kind::Text | Kind::KeywordList => false,
        },
    }
}

fn between(index: Index, from: Bound<Cell>, to: Bound<Cell>) -> Range {
    Range { index, from, to, status: None, is_exact: true }
}

/// Sorts of values stand one behind the other, so a range without an end is still one of the same sort: a column has
/// values of one sort only.
fn compared(index: Index, comparison: Comparison, cell: Cell) -> Option<Range> {
    let (from, to) = match comparison {
        Comparison::Equal => return Some(Range::equal(index, cell)),
        Comparison::Unequal => return None,
        Comparison::Less => (Bound::Unbounded, Bound::Excluded(cell)),
        Comparison::AtMost => (Bound::Unbounded, Bound::Included(cell)),
        Comparison::Greater => (Bound::Excluded(cell), Bound::Unbounded),
        Comparison::AtLeast => (Bound::Included(cell), Bound::Unbounded),
    };
    Some(between(index, from, to))
}

fn distinct(index: Index, cells: impl Iterator<Item = Cell>) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for cell in cells {
        let range = Range::equal(index, cell);
        if !ranges.contains(&range) {
            ranges.push(range);
        }
    }
    ranges
}

/// The smallest text behind all that begin like this; none when there is none.
fn behind(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        // Behind the last character before the surrogates comes the first behind them.
        let next = ((last as u32 + 1)..=char::MAX as u32).find_map(char::from_u32);
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

/// The conditions of which all must hold.
pub(super) fn conjuncts(filter: &Filter) -> Vec<&Filter> {
    match filter {
        Filter::And(filters) => filters.iter().flat_map(conjuncts).collect(),
        Filter::Everything => Vec::new(),
        Filter::Not(_)
        | Filter::Or(_)
        | Filter::IsNull(_)
        | Filter::Compare(..)
        | Filter::In(..)
        | Filter::Between(..)
        | Filter::StartsWith(..)
        | Filter::Contains(..)
        | Filter::Words(..)
        | Filter::Member(..) => vec![filter],
    }
}

/// Whether a condition says whether a run is in a division of the namespace; none when it says nothing of it.
pub(super) fn says_divided(filter: &Filter) -> Option<bool> {
    let is_division = |column: &Column| *column == Column::Field(Field::NamespaceDivision);
    match filter {
        Filter::IsNull(column) if is_division(column) => Some(false),
        Filter::Not(inner) if matches!(&**inner, Filter::IsNull(column) if is_division(column)) => Some(true),
        Filter::Compare(column, ..)
        | Filter::In(column, _)
        | Filter::Between(column, ..)
        | Filter::StartsWith(column, _)
        | Filter::Contains(column, _)
            if is_division(column) =>
        {
            Some(true)
        }
        _ => None,
    }
}

/// A range of a single type, status by status: each of these is in the order of lists.
pub(super) fn by_status(range: &Range) -> Vec<Range> {
    let is_one = matches!((&range.from, &range.to), (Bound::Included(from), Bound::Included(to)) if from == to);
    if range.index != Index::Type || range.status.is_some() || !is_one {
        return vec![range.clone()];
    }
    // From none to the greatest that there may be.
    (0..=STATUS_MAX).map(|status| Range { status: Some(Cell::Number(status)), ..range.clone() }).collect()
}

/// Ranges of the index of types that know the status as well, from the conditions on both.
pub(super) fn with_status(types: &[Range], statuses: &[Range]) -> Vec<Range> {
    let status = |range: &Range| match (&range.from, &range.to) {
        (Bound::Included(from), Bound::Included(to)) if from == to => Some(from.clone()),
        (Bound::Included(_) | Bound::Excluded(_) | Bound::Unbounded, _) => None,
    };
    let Some(statuses) = statuses.iter().map(status).collect::<Option<Vec<_>>>() else { return types.to_vec() };
    let one_each = |range: &Range| {
        statuses.iter().map(|status| Range { status: Some(status.clone()), ..range.clone() }).collect::<Vec<_>>()
    };
    types.iter().flat_map(one_each).collect()
}
