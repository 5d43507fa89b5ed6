//! The conditions of a query as chips that can be taken away, and a form that adds one: an attribute, an operator that fits its
//! type, a value.

use maud::{Markup, html};

use super::attributes::{Attribute, Kind, label};
use super::query::{Query, named, quoted};
use crate::visit::Visit;

/// The statuses as queries name them.
const STATUSES: [&str; 8] =
    ["Running", "Completed", "Failed", "Canceled", "Terminated", "ContinuedAsNew", "TimedOut", "Paused"];

/// What may be asked, in the words of queries and of people.
const IS: (&str, &str) = ("=", "is");
const IS_NOT: (&str, &str) = ("!=", "is not");
const IN: (&str, &str) = ("IN", "is one of (with commas between)");
const NOT_IN: (&str, &str) = ("NOT IN", "is none of (with commas between)");
const STARTS: (&str, &str) = ("STARTS_WITH", "starts with");
const CONTAINS: (&str, &str) = ("CONTAINS", "contains");
const NOT_STARTS: (&str, &str) = ("NOT STARTS_WITH", "does not start with");
const NOT_CONTAINS: (&str, &str) = ("NOT CONTAINS", "does not contain");
const LESS: (&str, &str) = ("<", "is less than");
const AT_MOST: (&str, &str) = ("<=", "is at most");
const MORE: (&str, &str) = (">", "is more than");
const AT_LEAST: (&str, &str) = (">=", "is at least");
const BEFORE: (&str, &str) = ("<", "is before");
const UNTIL: (&str, &str) = ("<=", "is at or before");
const AFTER: (&str, &str) = (">", "is after");
const SINCE: (&str, &str) = (">=", "is at or after");
const MISSING: (&str, &str) = ("IS NULL", "is missing");
const THERE: (&str, &str) = ("IS NOT NULL", "is there");

fn operators(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Status => &[IS, IS_NOT],
        Kind::Bool => &[IS, IS_NOT, MISSING, THERE],
        Kind::Keyword => &[IS, IS_NOT, CONTAINS, NOT_CONTAINS, STARTS, NOT_STARTS, IN, NOT_IN, MISSING, THERE],
        Kind::Text => &[IS, IS_NOT, CONTAINS, NOT_CONTAINS, MISSING, THERE],
        Kind::KeywordList => &[IS, IS_NOT, IN, NOT_IN, CONTAINS, NOT_CONTAINS, MISSING, THERE],
        Kind::Number | Kind::Duration => &[IS, IS_NOT, LESS, AT_MOST, MORE, AT_LEAST, MISSING, THERE],
        Kind::Moment => &[SINCE, UNTIL, AFTER, BEFORE, IS, MISSING, THERE],
    }
}

/// A condition as queries have it.
fn condition(attribute: &str, kind: Kind, operator: &str, value: &str) -> String {
    let name = named(attribute);
    let value = value.trim();
    let constant = |value: &str| match kind {
        Kind::Number if value.parse::<f64>().is_ok_and(f64::is_finite) => value.to_owned(),
        Kind::Bool if matches!(value, "true" | "false") => value.to_owned(),
        Kind::Moment => quoted(&moment(value)),
        Kind::Status | Kind::Keyword | Kind::Text | Kind::KeywordList | Kind::Number | Kind::Duration | Kind::Bool => {
            quoted(value)
        }
    };
    match operator {
        "IS NULL" | "IS NOT NULL" => format!("{name} {operator}"),
        "IN" | "NOT IN" => {
            let values: Vec<_> = value.split(',').map(|value| constant(value.trim())).collect();
            format!("{name} {operator} ({})", values.join(", "))
        }
        operator => format!("{name} {operator} {}", constant(value)),
    }
}

/// A browser's field for moments knows no zone: what it says is meant as UTC.
fn moment(value: &str) -> String {
    let is_local = value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_digit() || b"-:T.".contains(&byte));
    match (is_local, value.len()) {
        (true, 16) => format!("{value}:00Z"),
        (true, _) => format!("{value}Z"),
        (false, _) => value.to_owned(),
    }
}

/// Where the form of a new condition leads; none if it was not sent. What it says is put to the query that there is.
pub(super) fn added(visit: &Visit, attributes: &[Attribute]) -> Option<String> {
    let (name, operator) = (visit.value("add")?, visit.value("operator")?);
    let kind = attributes.iter().find(|attribute| attribute.name == name).map_or(Kind::Keyword, |found| found.kind);
    let (operator, _) = operators(kind).iter().find(|(known, _)| *known == operator)?;
    let added = condition(name, kind, operator, visit.value("value").unwrap_or_default());
    let query = Query::parse(visit.value("query").unwrap_or_default())?.and(&added)?.to_string();
    Some(visit.here_with(&[
        ("query", Some(&query)),
        ("add", None),
        ("operator", None),
        ("value", None),
        ("token", None),
    ]))
}

/// The conditions that there are, and the way to another one.
pub(super) fn chips(visit: &Visit, query: &Query, attributes: &[Attribute]) -> Markup {
    let adding = visit.value("add").and_then(|name| attributes.iter().find(|attribute| attribute.name == name));
    let text = query.to_string();
    html! {
        div.chips {
            @for (place, condition) in query.conditions.iter().enumerate() {
                span.chip {
                    code { (condition.text) }
                    a href=(to(visit, &query.without(place))) aria-label={ "Remove " (condition.text) } { "✕" }
                }
            }
            (menu(visit, &text, attributes))
        }
        @if let Some(attribute) = adding { (form(visit, &text, attribute)) }
    }
}

/// The address of this list with another query.
pub(super) fn to(visit: &Visit, query: &Query) -> String {
    let query = query.to_string();
    let query = (!query.is_empty()).then_some(query.as_str());
    visit.here_with(&[("query", query), ("view", None), ("token", None), ("add", None)])
}

fn menu(visit: &Visit, query: &str, attributes: &[Attribute]) -> Markup {
    html! {
        details.menu {
            summary { "Add a filter" }
            form method="get" {
                (kept(visit, query))
                ul {
                    @for attribute in attributes {
                        li { button.plain name="add" value=(attribute.name) {
                            (label(&attribute.name)) @if attribute.is_custom { " " span.quiet { "custom" } }
                        } }
                    }
                }
            }
        }
    }
}

/// What a form leaves as it is.
fn kept(visit: &Visit, query: &str) -> Markup {
    html! {
        input type="hidden" name="query" value=(query);
        @if let Some(size) = visit.value("size") { input type="hidden" name="size" value=(size); }
    }
}

fn form(visit: &Visit, query: &str, attribute: &Attribute) -> Markup {
    html! {
        form.bar method="get" {
            (kept(visit, query))
            input type="hidden" name="add" value=(attribute.name);
            label for="operator" { (label(&attribute.name)) }
            select id="operator" name="operator" {
                @for (operator, said) in operators(attribute.kind) { option value=(operator) { (said) } }
            }
            (field(attribute))
            button.primary { "Add" }
            a.button href=(visit.here_with(&[("add", None)])) { "Cancel" }
        }
    }
}

fn field(attribute: &Attribute) -> Markup {
    let name = format!("Value of {}", label(&attribute.name));
    let options = |options: &[&str]| {
        html! { select name="value" aria-label=(name) autofocus { @for option in options { option { (option) } } } }
    };
    match attribute.kind {
        Kind::Status => options(&STATUSES),
        Kind::Bool => options(&["true", "false"]),
        Kind::Moment => html! {
            input type="datetime-local" step="1" name="value" aria-label={ (name) ", UTC" } autofocus;
            span.quiet { "UTC" }
        },
        Kind::Number => html! { input name="value" inputmode="decimal" aria-label=(name) autofocus; },
        Kind::Duration => html! { input name="value" placeholder="1h30m" aria-label=(name) autofocus; },
        Kind::Keyword | Kind::Text | Kind::KeywordList => {
            html! { input.wide name="value" aria-label=(name) autocomplete="off" autofocus; }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_of_the_form_is_one_that_can_be_taken_apart() {
        let kinds = [
            Kind::Status,
            Kind::Keyword,
            Kind::Text,
            Kind::KeywordList,
            Kind::Number,
            Kind::Duration,
            Kind::Moment,
            Kind::Bool,
        ];
        for kind in kinds {
            for (operator, _) in operators(kind) {
                for value in ["", "it's, <b>\\", "5", "true", "2026-01-01T00:00"] {
                    let text = condition("In", kind, operator, value);
                    let query = Query::parse(&text).unwrap_or_else(|| panic!("{text} is refused"));
                    assert_eq!(query.conditions.len(), 1, "{text}");
                    assert_eq!(query.to_string(), text);
                }
            }
        }
    }

    #[test]
    fn values_are_written_as_their_type_wants() {
        for (kind, operator, value, expected) in [
            (Kind::Number, ">", " 5.5 ", "A > 5.5"),
            (Kind::Number, ">", "inf", "A > 'inf'"),
            (Kind::Bool, "=", "true", "A = true"),
            (Kind::Keyword, "IN", "a, b's", "A IN ('a', 'b''s')"),
            (Kind::Keyword, "=", "5", "A = '5'"),
            (Kind::Moment, ">=", "2026-01-01T00:00", "A >= '2026-01-01T00:00:00Z'"),
            (Kind::Moment, ">=", "2026-01-01T00:00:05", "A >= '2026-01-01T00:00:05Z'"),
            (Kind::Moment, ">=", "2026-01-01T00:00:05+01:00", "A >= '2026-01-01T00:00:05+01:00'"),
            (Kind::Text, "IS NULL", "x", "A IS NULL"),
        ] {
            assert_eq!(condition("A", kind, operator, value), expected);
        }
    }
}
