//! Queries under names: those that everybody has, and a visitor's own, which the browser keeps. A view is an address, so it can be
//! sent to others; the two that speak of the time are asked by name, so that they are always about the last hour, or today.

use abide_http::url::{self, path};
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::form::{self, Done, Fields};
use crate::preferences;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::tabs;

/// How much of a visitor's own views a browser keeps.
const COOKIE_BYTES_MAX: usize = 3500;
const NAME_BYTES_MAX: usize = 60;
/// Between the namespace and the name of a view.
const BORDER: char = '\n';

/// Everybody's.
const VIEWS: [(&str, &str); 5] = [
    ("All", ""),
    ("Task failures", "TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'"),
    ("Running", "ExecutionStatus = 'Running'"),
    ("Failed", "ExecutionStatus IN ('Failed', 'TimedOut')"),
    ("Parent workflows", "ParentWorkflowId IS NULL"),
];
const TODAY: (&str, &str) = ("today", "Today");
const LAST_HOUR: (&str, &str) = ("last-hour", "Last hour");

/// The query of a view that speaks of the time; none if there is no such view. Whole minutes, so that it is the same query for
/// a while.
pub(super) fn query(name: &str, now: jiff::Timestamp) -> Option<String> {
    let since = match name {
        "last-hour" => now - jiff::SignedDuration::from_hours(1),
        "today" => jiff::Timestamp::from_second(now.as_second().div_euclid(86_400) * 86_400).ok()?,
        _ => return None,
    };
    let minute = jiff::Timestamp::from_second(since.as_second().div_euclid(60) * 60).ok()?;
    Some(format!("StartTime >= '{minute}'"))
}

/// A visitor's own views of a namespace.
fn own(cookie: &str, namespace: &str) -> Vec<(String, String)> {
    let pairs = url::pairs(cookie).unwrap_or_default().into_iter();
    let of_namespace = pairs.filter_map(|(name, query)| {
        let (known, name) = name.split_once(BORDER)?;
        (known == namespace).then(|| (name.to_owned(), query))
    });
    of_namespace.collect()
}

/// The cookie with another view, or without it; none if there is no room.
fn changed(cookie: &str, namespace: &str, name: &str, query: Option<&str>) -> Option<String> {
    let key = format!("{namespace}{BORDER}{name}");
    let mut pairs = url::pairs(cookie).unwrap_or_default();
    pairs.retain(|(known, _)| *known != key);
    pairs.extend(query.map(|query| (key, query.to_owned())));
    let text = url::query(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    (url::encoded(&text).len() <= COOKIE_BYTES_MAX).then_some(text)
}

/// All views.
pub(super) fn views(visit: &Visit, namespace: &str, shown: &str) -> Markup {
    let own = own(&visit.preferences.views, namespace);
    let timed = visit.value("view");
    let to = |query: &str, view: Option<&str>| {
        let query = (!query.is_empty()).then_some(query);
        visit.here_with(&[("query", query), ("view", view), ("token", None), ("add", None)])
    };
    let named = |name: &'static str, query: &str| (name, None, to(query, None), timed.is_none() && shown == query);
    let mut all: Vec<_> = VIEWS.iter().map(|(name, query)| named(name, query)).collect();
    for (view, name) in [TODAY, LAST_HOUR] {
        all.push((name, None, to("", Some(view)), timed == Some(view)));
    }
    for (name, query) in &own {
        all.push((name.as_str(), None, to(query, None), timed.is_none() && shown == query));
    }
    tabs("Views", &all)
}

/// The way to keep this query as a view, and to forget others.
pub(super) fn menu(visit: &Visit, namespace: &str, shown: &str) -> Markup {
    html! {
        details.menu.right {
            summary { "Views" }
            div {
                form.fields method="post" action=(actions(visit, namespace)) {
                    (form::token(visit))
                    input type="hidden" name="query" value=(shown);
                    label { "Keep this query in this browser as" input name="name" required maxlength=(NAME_BYTES_MAX); }
                    button { "Keep" }
                }
                @for (name, query) in &own(&visit.preferences.views, namespace) {
                    form.bar method="post" action=(actions(visit, namespace)) {
                        (form::token(visit))
                        input type="hidden" name="forget" value=(name);
                        input type="hidden" name="query" value=(query);
                        span.wide { (name) }
                        button.small { "Forget" span.hidden-visually { " " (name) } }
                    }
                }
            }
        }
    }
}

fn actions(visit: &Visit, namespace: &str) -> String {
    visit.href(&path(&["namespaces", namespace, "workflows", "actions", "views"]))
}

/// Keeps a view, or forgets it.
pub(crate) async fn keep(visit: Visit, Path(namespace): Path<String>, fields: Fields) -> Result<Response, Problem> {
    let query = fields.text("query").unwrap_or_default();
    let cookie = &visit.preferences.views;
    let (text, said) = match fields.text("forget") {
        Some(name) => (changed(cookie, &namespace, name, None), format!("The view {name} is forgotten.")),
        None => {
            let name = fields.required("name", "The name")?;
            if name.len() > NAME_BYTES_MAX {
                return Err(Problem::invalid(format!("the name is longer than {NAME_BYTES_MAX} bytes")));
            }
            (changed(cookie, &namespace, name, Some(query)), format!("The view {name} is kept in this browser."))
        }
    };
    let Some(text) = text else {
        return Err(Problem::invalid("this browser keeps no more views: forget one of them"));
    };
    let list = path(&["namespaces", &namespace, "workflows"]);
    let query = url::query([("query", query)].into_iter().filter(|(_, query)| !query.is_empty()));
    let mark = if query.is_empty() { "" } else { "?" };
    let mut response = Done { to: visit.href(&format!("{list}{mark}{query}")), said }.into_response();
    preferences::keep(&mut response, preferences::VIEWS, &text);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_that_speak_of_the_time_are_whole_minutes() {
        let now: jiff::Timestamp = "2026-11-30T08:42:17.5Z".parse().expect("a time");
        assert_eq!(query("last-hour", now).as_deref(), Some("StartTime >= '2026-11-30T07:42:00Z'"));
        assert_eq!(query("today", now).as_deref(), Some("StartTime >= '2026-11-30T00:00:00Z'"));
        assert_eq!(query("x", now), None);
    }

    #[test]
    fn own_views_are_kept_by_namespace_until_there_is_no_room() {
        let text = changed("", "a", "mine & yours", Some("A = 'x'")).expect("room");
        let text = changed(&text, "b", "mine & yours", Some("B = 1")).expect("room");
        assert_eq!(own(&text, "a"), [("mine & yours".to_owned(), "A = 'x'".to_owned())]);
        let text = changed(&text, "a", "mine & yours", Some("A = 2")).expect("room");
        assert_eq!(own(&text, "a"), [("mine & yours".to_owned(), "A = 2".to_owned())]);
        assert_eq!(changed(&text, "a", "long", Some(&"x".repeat(COOKIE_BYTES_MAX))), None);
        let text = changed(&text, "a", "mine & yours", None).expect("room");
        assert_eq!((own(&text, "a").len(), own(&text, "b").len()), (0, 1));
    }
}
