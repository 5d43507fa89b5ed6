//! Which way to take through the database: how many entries the ranges of every condition have is looked up, as far as
//! it matters, and the fewest win.

use rusqlite::{Connection, params_from_iter};

use super::project::{Cell, namespace_number};
use super::range::{Index, RANGES_MAX, Range, conjuncts, ranges, says_divided, with_status};
use crate::search::{Filter, Plan};
use abide_model::NamespaceId;

/// Entries are counted up to here to find the best way.
pub(super) const ESTIMATE_MAX: usize = 20_000;
/// So many rows are looked at one by one without asking for a better way.
pub(super) const FEW_ROWS: usize = 3000;

/// Rows that have to be looked at: in which areas, and which ranges of them.
#[derive(Clone, Debug)]
pub(super) struct Candidates {
    pub(super) ranges: Vec<Range>,
    /// How many entries they have together; [`ESTIMATE_MAX`] stands for more.
    pub(super) entries: usize,
}

/// Where in the database rows may be that a filter lets pass.
pub(super) struct Scope {
    /// Of the namespace: with and without divisions.
    pub(super) areas: Vec<i64>,
    /// The best ranges; none when no condition has any.
    pub(super) candidates: Option<Candidates>,
    /// Ranges that have exactly the wanted rows, if some index has; no ranges when all rows of the areas are wanted.
    pub(super) exact: Option<Vec<Range>>,
}

impl Scope {
    /// Nothing when the namespace has no row in the database.
    pub(super) fn of(database: &Connection, namespace: NamespaceId, filter: &Filter) -> rusqlite::Result<Option<Self>> {
        let Some(number) = namespace_number(database, namespace)? else { return Ok(None) };
        let conjuncts = conjuncts(filter);
        let divided: Vec<bool> = conjuncts.iter().filter_map(|condition| says_divided(condition)).collect();
        let areas: Vec<i64> = [false, true]
            .into_iter()
            .filter(|area| divided.iter().all(|said| said == area))
            .map(|area| 2 * number + i64::from(area))
            .collect();
        let rest: Vec<&Filter> = conjuncts.into_iter().filter(|condition| !is_of_area(condition)).collect();
        let mut options = Vec::new();
        for condition in &rest {
            options.push(options_of(database, condition)?);
        }
        let combined = combine(&rest, &options);
        let exact = match (rest.len(), &combined) {
            (0, _) => Some(Vec::new()),
            (1, _) => options[0].clone().filter(|ranges| ranges.iter().all(|range| range.is_exact)),
            (2, Some(combined)) if combined.iter().all(|range| range.is_exact) => Some(combined.clone()),
            (_, _) => None,
        };
        let mut candidates: Option<Candidates> = None;
        for ranges in options.into_iter().flatten().chain(combined) {
            let entries = estimate(database, &areas, &ranges)?;
            // Of ways that are equally long the last is taken: that by type and status together.
            if candidates.as_ref().is_none_or(|best| entries <= best.entries) {
                candidates = Some(Candidates { ranges, entries });
            }
        }
        Ok(Some(Self { areas, candidates, exact }))
    }
}

/// Whether the choice of areas has done what the condition wants.
fn is_of_area(condition: &Filter) -> bool {
    says_divided(condition).is_some() && (matches!(condition, Filter::IsNull(_)) || matches!(condition, Filter::Not(_)))
}

/// The ranges of a condition, or of all its alternatives.
fn options_of(database: &Connection, condition: &Filter) -> rusqlite::Result<Option<Vec<Range>>> {
    let Filter::Or(alternatives) = condition else { return ranges(database, condition) };
    let mut all = Vec::new();
    for alternative in alternatives {
        let mut best: Option<Vec<Range>> = None;
        for condition in conjuncts(alternative) {
            let found = options_of(database, condition)?;
            best = match (best, found) {
                (Some(best), Some(found)) if found.len() >= best.len() => Some(best),
                (best, found) => found.or(best),
            };
        }
        match best {
            Some(ranges) => all.extend(ranges),
            None => return Ok(None),
        }
    }
    if all.len() > RANGES_MAX {
        return Ok(None);
    }
    all.iter_mut().for_each(|range| range.is_exact = false);
    let mut distinct: Vec<Range> = Vec::new();
    for range in all {
        if !distinct.contains(&range) {
            distinct.push(range);
        }
    }
    Ok(Some(distinct))
}

/// Types and statuses have an index together.
fn combine(conditions: &[&Filter], options: &[Option<Vec<Range>>]) -> Option<Vec<Range>> {
    let of = |index: Index| {
        let ranges = options.iter().flatten();
        ranges.into_iter().find(|ranges| !ranges.is_empty() && ranges.iter().all(|range| range.index == index))
    };
    let (types, statuses) = (of(Index::Type)?, of(Index::Status)?);
    if types.len() * statuses.len() > RANGES_MAX {
        return None;
    }
    let combined = with_status(types, statuses);
    let is_exact = conditions.len() == 2 && combined.iter().all(|range| range.status.is_some() && range.is_exact);
    Some(combined.into_iter().map(|range| Range { is_exact, ..range }).collect())
}

fn estimate(database: &Connection, areas: &[i64], ranges: &[Range]) -> rusqlite::Result<usize> {
    let mut entries = 0;
    for area in areas {
        for range in ranges {
            let (condition, mut parameters) = range.condition(*area);
            let left = ESTIMATE_MAX.saturating_sub(entries);
            parameters.push(Cell::Number(i64::try_from(left).unwrap_or(i64::MAX)));
            let source = range.index.source();
            let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {source} WHERE {condition} LIMIT ?)");
            let mut count = database.prepare_cached(&sql)?;
            entries += count.query_row(params_from_iter(parameters), |row| row.get::<_, u32>(0))? as usize;
            if entries >= ESTIMATE_MAX {
                return Ok(ESTIMATE_MAX);
            }
        }
    }
    Ok(entries)
}

/// Adds a statement to a plan, with what the database makes of it if anybody listens.
pub(super) fn note(database: &Connection, plan: &mut Plan, sql: &str, parameters: &[Cell]) -> rusqlite::Result<()> {
    if !tracing::enabled!(target: "abide_visibility::plan", tracing::Level::DEBUG) {
        return Ok(());
    }
    let mut explain = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let details = explain.query_map(params_from_iter(parameters), |row| row.get::<_, String>(3))?;
    let details: Vec<String> = details.collect::<Result<_, _>>()?;
    plan.steps.push(format!("{sql} -- {}", details.join("; ")));
    Ok(())
}

/// Adds to a plan what was read over the database.
pub(super) fn note_over(plan: &mut Plan, blocks: usize, read: usize) {
    plan.rows_read += read;
    if blocks > 0 && tracing::enabled!(target: "abide_visibility::plan", tracing::Level::DEBUG) {
        plan.steps.push(format!("what lies over the database: {read} rows in {blocks} blocks"));
    }
}
