//! The history of a run: as a list of events, in groups, or as JSON; the newest or the oldest first; some of it. A page shows a
//! window, and scrolling asks for the next one.

mod attributes;
mod compact;
mod file;
mod filter;
mod forms;
mod json;
mod rows;
mod window;

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};

use super::frame::{Tab, frame};
use super::{Described, Histories, Names, Run};
use crate::page::Page;
use crate::problem::Problem;
use crate::visit::{Visit, hash};
use crate::widgets::empty;
use attributes::{Detail, attributes};
pub(crate) use file::file_window;
use filter::Filter;
use window::{Cursor, Order, WINDOW_EVENTS_MAX, between, window};

/// How many events around one are shown with it.
const AROUND: i64 = 50;

/// A running workflow task has two events that are not stored yet.
const EVENTS_NOT_STORED_MAX: i64 = 2;

/// How a history is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum View {
    Feed,
    Compact,
    Json,
}

impl View {
    pub(crate) const ALL: [Self; 3] = [Self::Feed, Self::Compact, Self::Json];

    fn of(visit: &Visit) -> Self {
        visit.value("view").and_then(Self::named).unwrap_or(Self::Feed)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Compact => "compact",
            Self::Json => "json",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Feed => "All events",
            Self::Compact => "Groups",
            Self::Json => "JSON",
        }
    }
}

/// What the address of a history asks for.
struct Asked {
    view: View,
    order: Order,
    filter: Filter,
    /// Where to go on, if it is not the beginning.
    after: Option<String>,
}

impl Asked {
    fn of(visit: &Visit, run: &Described) -> Result<Self, Problem> {
        let order = match visit.value("sort") {
            Some("ascending") => Order::OldestFirst,
            _ => Order::NewestFirst,
        };
        let after = visit.value("after").map(str::to_owned);
        Ok(Self { view: View::of(visit), order, filter: Filter::of(visit, run)?, after })
    }
}

/// A part of a history.
struct Part {
    list: Markup,
    is_empty: bool,
    /// What `after` is for the next part; none at the end.
    next: Option<String>,
    /// How many events were looked at before one had enough of it.
    scanned: Option<usize>,
}

/// A window of a history.
pub(crate) async fn history(
    visit: Visit,
    State(histories): State<Arc<Histories>>,
    names: Names,
) -> Result<Page, Problem> {
    let run = Described::ask(&visit, Run::at(names)).await?;
    let content = match Asked::of(&visit, &run) {
        Ok(asked) => {
            let part = match asked.view {
                View::Feed | View::Json => events(&visit, &run, &asked).await?,
                View::Compact => groups(&visit, &run, &asked, &histories).await?,
            };
            shown(&visit, &run, &asked, part)
        }
        // The form is still there, to be put right.
        Err(problem) => html! { (forms::wrong(&visit, &run)) (problem.alert()) },
    };
    frame(&visit, &run, Tab::History, content).await
}

async fn events(visit: &Visit, run: &Described, asked: &Asked) -> Result<Part, Problem> {
    let passes = |event: &_| asked.filter.passes(event);
    let passes: Option<&(dyn Fn(&_) -> bool + Sync)> = if asked.filter.is_none() { None } else { Some(&passes) };
    let from = asked.after.as_deref().map(Cursor::read).transpose()?.unwrap_or_default();
    let found = window(visit, &run.run, (asked.order, from), passes).await?;
    let id = list_id(visit, run);
    let list = match asked.view {
        View::Feed | View::Compact => rows::list(visit, run, &found.events, &id),
        View::Json => json::list(&found.events, &id),
    };
    let is_cut = found.next.is_some() && found.events.len() < WINDOW_EVENTS_MAX;
    Ok(Part {
        list,
        is_empty: found.events.is_empty(),
        next: found.next.map(|next| next.written()),
        scanned: is_cut.then_some(found.scanned),
    })
}

async fn groups(visit: &Visit, run: &Described, asked: &Asked, histories: &Histories) -> Result<Part, Problem> {
    let id = list_id(visit, run);
    let show = |groups: &_| {
        let after = (asked.order, asked.after.as_deref());
        compact::list((visit, run), after, (groups, &asked.filter), &id)
    };
    let found = histories.look(visit, run, show).await??;
    Ok(Part { list: found.rows, is_empty: found.is_empty, next: found.next.map(|id| id.to_string()), scanned: None })
}

fn shown(visit: &Visit, run: &Described, asked: &Asked, part: Part) -> Markup {
    // What was asked for further down does not change any more, and JSON is there to be copied.
    let is_live = asked.after.is_none() && asked.view != View::Json;
    html! {
        (forms::bar(visit, run, asked))
        @if asked.after.is_some() { p { a href=(visit.here_with(&[("after", None)])) { "Back to the beginning of the list" } } }
        @if is_live { (visit.live("events", list(visit, run, &part))) } @else { (list(visit, run, &part)) }
    }
}

/// The rows, and what follows the last one.
fn list(visit: &Visit, run: &Described, part: &Part) -> Markup {
    html! {
        (part.list)
        @if let Some(scanned) = part.scanned { p.quiet { (scanned) " events were looked at for these." } }
        @match &part.next {
            Some(next) => {
                p data-key="more" {
                    a.button href=(visit.here_with(&[("after", Some(next))])) data-more=(list_id(visit, run)) { "More events" }
                }
            }
            None if part.is_empty => (empty("No event matches.")),
            None => {}
        }
    }
}

/// Rows of one list are for ever: a list of other events has another id.
fn list_id(visit: &Visit, run: &Described) -> String {
    format!("events-{}", hash(&format!("{} {}", run.run.run_id, visit.here_with(&[("after", None)]))))
}

/// One event, with those around it.
pub(crate) async fn event(
    visit: Visit,
    Path((namespace, workflow_id, run_id, event_id)): Path<(String, String, String, i64)>,
) -> Result<Page, Problem> {
    let run = Described::ask(&visit, Run { namespace, workflow_id, run_id }).await?;
    let around = ((event_id.saturating_sub(AROUND)).max(1), event_id.saturating_add(AROUND));
    let length = run.info.history_length;
    // What is behind the end is not stored yet, and only there for who reads on from the beginning.
    let is_near_the_beginning = around.1 <= length / 2 || event_id > length;
    let order = if is_near_the_beginning { Order::OldestFirst } else { Order::NewestFirst };
    let is_there = (1..=length + EVENTS_NOT_STORED_MAX).contains(&event_id);
    let events = if is_there { between(&visit, &run.run, around, order).await? } else { Vec::new() };
    let Some(found) = events.iter().find(|event| event.event_id == event_id) else {
        let said = format!("This run has no event {event_id}; it has {length} of them.");
        return Err(Problem { status: http::StatusCode::NOT_FOUND, said });
    };
    let to = |id: i64| run.run.href(&visit, &["history", "events", &id.to_string()]);
    let content = html! {
        h2 { "Event " (event_id) }
        div.card.event {
            p { (rows::line(&run, found)) }
            (attributes(&visit, &run, found, Detail::Whole))
            (rows::reset(&visit, &run, found))
        }
        p.actions {
            @if event_id > 1 { a.button href=(to(event_id - 1)) rel="prev" { "Event " (event_id - 1) } }
            @if event_id < length { a.button href=(to(event_id + 1)) rel="next" { "Event " (event_id + 1) } }
            a.button href=(run.run.href(&visit, &["history"])) { "The whole history" }
        }
        h2 { "Events around it" }
        (rows::around(&visit, &run, &events, event_id))
    };
    frame(&visit, &run, Tab::History, content).await
}
