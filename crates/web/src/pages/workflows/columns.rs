//! The columns of the list: which there are, which a visitor wants of a namespace, and what stands in them.

use abide_api::temporal::api::common::v1::Payload;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_http::url;
use maud::{Markup, html};
use serde_json::Value;

use super::attributes::{Attribute, label};
use super::filter;
use super::query::{Direction, Query, quoted};
use crate::pages::run::Run;
use crate::visit::Visit;
use crate::widgets::{self, Column, number, run_status, since, span_text, time};

/// Who wants nothing else sees these.
pub(super) const DEFAULT: [&str; 6] =
    ["ExecutionStatus", "WorkflowId", "RunId", "WorkflowType", "StartTime", "CloseTime"];
/// The column that leads to a run is always there.
pub(super) const LINK: &str = "WorkflowId";
/// The column that leads to a run's children; no attribute.
pub(super) const CHILDREN: &str = "Children";
/// How many columns of a namespace are kept, and how many bytes of all namespaces: what a cookie holds.
pub(super) const COLUMNS_MAX: usize = 30;
const COOKIE_BYTES_MAX: usize = 3000;
/// Between the names in the cookie.
const BORDER: char = '~';

/// The columns that a cookie wants of a namespace.
pub(super) fn wanted(cookie: &str, namespace: &str) -> Vec<String> {
    let pairs = url::pairs(cookie).unwrap_or_default();
    let found = pairs.into_iter().find(|(known, _)| known == namespace).map(|(_, names)| names);
    let mut names: Vec<String> = match &found {
        Some(names) => names.split(BORDER).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        None => DEFAULT.map(str::to_owned).to_vec(),
    };
    if names.iter().all(|name| name != LINK) {
        names.insert(0, LINK.to_owned());
    }
    names.truncate(COLUMNS_MAX);
    names
}

/// The cookie with these columns of a namespace: first, so that what was chosen long ago is forgotten when there is no room.
pub(super) fn remembered(cookie: &str, namespace: &str, names: &[String]) -> String {
    let chosen = names.iter().filter(|name| !name.contains(BORDER)).take(COLUMNS_MAX);
    let chosen = chosen.map(String::as_str).collect::<Vec<_>>().join(&BORDER.to_string());
    let mut pairs = vec![(namespace.to_owned(), chosen)];
    pairs.extend(url::pairs(cookie).unwrap_or_default().into_iter().filter(|(known, _)| known != namespace));
    loop {
        let text = url::query(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        if url::encoded(&text).len() <= COOKIE_BYTES_MAX || pairs.pop().is_none() {
            return text;
        }
    }
}

/// All that can be chosen.
pub(super) fn all(attributes: &[Attribute]) -> Vec<String> {
    let names = attributes.iter().map(|attribute| attribute.name.clone()).filter(|name| !name.contains(BORDER));
    names.chain([CHILDREN.to_owned()]).collect()
}

/// The head of a column: a link that sorts by it, and the other way round the second time.
pub(super) fn head(visit: &Visit, query: Option<&Query>, name: &str) -> Markup {
    let by = query.and_then(|query| query.orders.first()).filter(|order| order.name == name);
    let order = by.map(|order| match order.direction {
        Direction::Ascending => "ascending",
        Direction::Descending => "descending",
    });
    // What is newest, longest, or last is wanted first, but names begin with A.
    let next = match by.map(|order| order.direction) {
        Some(Direction::Ascending) => Direction::Descending,
        Some(Direction::Descending) => Direction::Ascending,
        None if is_quantity(name) => Direction::Descending,
        None => Direction::Ascending,
    };
    let sort = query.filter(|_| name != CHILDREN).map(|query| filter::to(visit, &query.sorted(name, next)));
    Column { name: label(name), sort, order }.head()
}

fn is_quantity(name: &str) -> bool {
    name.ends_with("Time")
        || matches!(name, "ExecutionDuration" | "HistoryLength" | "HistorySizeBytes" | "StateTransitionCount")
}

/// What stands in a column.
pub(super) fn cell(visit: &Visit, namespace: &str, name: &str, info: &WorkflowExecutionInfo) -> Markup {
    let execution = info.execution.clone().unwrap_or_default();
    let run =
        |id: &str, run_id: &str| Run { namespace: namespace.into(), workflow_id: id.into(), run_id: run_id.into() };
    let (parent, root) = (info.parent_execution.as_ref(), info.root_execution.as_ref());
    match name {
        "ExecutionStatus" => html! { td { (run_status(info.status())) } },
        LINK => html! {
            td {
                a href=(run(&execution.workflow_id, &execution.run_id).href(visit, &[])) data-row-link="" {
                    (execution.workflow_id)
                }
                (problems(info))
            }
        },
        "RunId" => html! { td.mono { (execution.run_id) } },
        "WorkflowType" => html! { td { @if let Some(kind) = &info.r#type { (kind.name) } } },
        "StartTime" => html! { td { (time(info.start_time.as_ref())) } },
        "CloseTime" => html! { td { (time(info.close_time.as_ref())) } },
        "ExecutionTime" => html! { td { (time(info.execution_time.as_ref())) } },
        "ExecutionDuration" => html! { td.nowrap { (duration(info)) } },
        "TaskQueue" => html! { td { (info.task_queue) } },
        // Known when the run is closed.
        "HistoryLength" => quantity(info.history_length),
        "HistorySizeBytes" => quantity(info.history_size_bytes),
        "StateTransitionCount" => quantity(info.state_transition_count),
        "ParentWorkflowId" => html! {
            td { @if let Some(parent) = parent {
                a href=(run(&parent.workflow_id, &parent.run_id).href(visit, &[])) { (parent.workflow_id) }
            } }
        },
        "ParentRunId" => html! { td.mono { @if let Some(parent) = parent { (parent.run_id) } } },
        "RootWorkflowId" => html! {
            td { @if let Some(root) = root {
                a href=(run(&root.workflow_id, &root.run_id).href(visit, &[])) { (root.workflow_id) }
            } }
        },
        "RootRunId" => html! { td.mono { @if let Some(root) = root { (root.run_id) } } },
        CHILDREN => {
            let (parent, run_id) = (quoted(&execution.workflow_id), quoted(&execution.run_id));
            let query = format!("ParentWorkflowId = {parent} AND ParentRunId = {run_id}");
            html! {
                td { a href=(visit.here_with(&[("query", Some(&query)), ("view", None), ("token", None)])) {
                    "Children" span.hidden-visually { " of " (execution.workflow_id) }
                } }
            }
        }
        attribute => {
            let payload =
                info.search_attributes.as_ref().and_then(|attributes| attributes.indexed_fields.get(attribute));
            html! { td { @if let Some(payload) = payload { (value(payload)) } } }
        }
    }
}

fn quantity(count: i64) -> Markup {
    html! { td.number { @if count > 0 { (number(count)) } } }
}

fn duration(info: &WorkflowExecutionInfo) -> Markup {
    let begun = info.execution_time.as_ref().or(info.start_time.as_ref());
    match (&info.execution_duration, begun, &info.close_time) {
        (Some(duration), ..) => widgets::duration(Some(duration)),
        (None, Some(begun), Some(end)) => {
            let nanos = |at: &prost_types::Timestamp| i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
            let nanos = (nanos(end) - nanos(begun)).max(0);
            let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
            html! { (span_text(seconds.try_into().unwrap_or(i64::MAX), rest.try_into().unwrap_or_default())) }
        }
        (None, begun, None) => since(begun),
        (None, None, Some(_)) => html! {},
    }
}

/// That its workflow tasks keep failing, and why.
fn problems(info: &WorkflowExecutionInfo) -> Markup {
    const PROBLEMS: &str = "TemporalReportedProblems";
    let attributes = info.search_attributes.as_ref();
    let found = attributes.and_then(|attributes| attributes.indexed_fields.get(PROBLEMS)).map(text);
    html! {
        @if let Some(found) = found.filter(|found| !found.is_empty()) {
            " " span.badge.failed title=(found) { "Task failing" }
        }
    }
}

/// The value of a search attribute: a moment as such, the rest as text.
fn value(payload: &Payload) -> Markup {
    let is_moment = payload.metadata.get("type").is_some_and(|kind| kind.as_ref() == b"Datetime");
    let text = text(payload);
    match text.parse::<prost_types::Timestamp>() {
        Ok(at) if is_moment => time(Some(&at)),
        Ok(_) | Err(_) => html! { (text) },
    }
}

fn text(payload: &Payload) -> String {
    fn shown(value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
            Value::Null => String::new(),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
        }
    }
    let value = serde_json::from_slice(&payload.data);
    value.map_or_else(|_| String::from_utf8_lossy(&payload.data).into_owned(), |value| shown(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_kept_for_each_namespace() {
        assert_eq!(wanted("", "a"), DEFAULT);
        let names = ["TaskQueue".to_owned(), "WorkflowId".to_owned(), "a~b".to_owned()];
        let cookie = remembered("", "a&b", &names);
        let cookie = remembered(&cookie, "c", &["RunId".to_owned()]);
        assert_eq!(wanted(&cookie, "a&b"), ["TaskQueue", "WorkflowId"]);
        assert_eq!(wanted(&cookie, "c"), ["WorkflowId", "RunId"]);
        assert_eq!(wanted(&remembered(&cookie, "c", &[]), "c"), ["WorkflowId"]);
    }

    #[test]
    fn the_cookie_is_bounded_and_the_last_choice_is_in_it() {
        let mut cookie = String::new();
        for place in 0..200 {
            cookie = remembered(&cookie, &format!("namespace {place}"), &["RunId".to_owned(), "WorkflowId".to_owned()]);
            assert!(url::encoded(&cookie).len() <= COOKIE_BYTES_MAX);
            assert_eq!(wanted(&cookie, &format!("namespace {place}")), ["RunId", "WorkflowId"]);
        }
        assert_eq!(wanted(&cookie, "namespace 0"), DEFAULT);
    }
}
