//! A run on a time axis. The page has the place of the element, and a table for who has no scripts; what the element draws it
//! asks for by itself, and again whenever the page tells it of another version.

use std::sync::Arc;

use abide_model::{Clock, SystemClock};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use maud::html;

use super::frame::{Tab, frame};
use super::{Described, Histories, Names, Run};
use crate::page::Page;
use crate::problem::Problem;
use crate::timeline::{self, Groups, Pending};
use crate::visit::Visit;

/// See the file's first lines.
pub(super) async fn page(visit: Visit, State(histories): State<Arc<Histories>>, names: Names) -> Result<Page, Problem> {
    let run = Described::ask(&visit, Run::at(names)).await?;
    let event = |event_id: i64| run.run.href(&visit, &["history", "events", &event_id.to_string()]);
    let table = |groups: &Groups| timeline::fallback(groups, now() - groups.began(), event);
    let table = histories.look(&visit, &run, table).await?;
    let (source, version) = (run.run.href(&visit, &["timeline.json"]), run.info.state_transition_count);
    let content = html! {
        (visit.live("timeline", html! { abide-timeline src=(source) version=(version) data-keys="" {} }))
        (timeline::controls(&visit))
        noscript { (table) }
    };
    frame(&visit, &run, Tab::Timeline, content).await
}

/// What the element draws: all groups, or those that an event behind `after` has changed.
pub(super) async fn json(
    visit: Visit,
    State(histories): State<Arc<Histories>>,
    names: Names,
) -> Result<Response, Problem> {
    let after = match visit.value("after").map(str::parse) {
        None => 0,
        Some(Ok(after)) => after,
        Some(Err(_)) => return Err(Problem::invalid("after is the number of an event")),
    };
    // What is described first is not younger than the events: an attempt of what has ended since is left out.
    let run = Described::ask(&visit, Run::at(names)).await?;
    let answer = |groups: &Groups| timeline::answer(groups, after, &Pending::all(groups, &run.found), now());
    let answer = histories.look(&visit, &run, answer).await?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    Ok((headers, answer).into_response())
}

fn now() -> i64 {
    SystemClock.now().nanos / 1_000_000
}

#[cfg(test)]
mod tests;
