//! A window of the history of a file: there is nothing to ask a service for, and nothing changes any more.

use abide_api::temporal::api::history::v1::HistoryEvent;
use maud::Markup;

use super::View;
use super::filter::Filter;
use super::window::{Order, WINDOW_EVENTS_MAX};
use super::{compact, json, rows};
use crate::pages::run::Described;
use crate::problem::Problem;
use crate::timeline::Groups;
use crate::visit::Visit;

const LIST: &str = "events";

/// A list that begins with an event, in a view, and the event with which the next one begins.
pub(crate) fn file_window(
    visit: &Visit,
    run: &Described,
    (events, groups): (&[HistoryEvent], &Groups),
    (view, from): (View, i64),
) -> Result<(Markup, Option<i64>), Problem> {
    let begin = events.partition_point(|event| event.event_id < from);
    let end = events.len().min(begin + WINDOW_EVENTS_MAX);
    let next = events.get(end).map(|event| event.event_id);
    match view {
        View::Feed => Ok((rows::list(visit, run, &events[begin..end], LIST), next)),
        View::Json => Ok((json::list(&events[begin..end], LIST), next)),
        View::Compact => {
            let before = from.saturating_sub(1).to_string();
            let found =
                compact::list((visit, run), (Order::OldestFirst, Some(&before)), (groups, &Filter::default()), LIST)?;
            Ok((found.rows, found.next.map(|last| last + 1)))
        }
    }
}
