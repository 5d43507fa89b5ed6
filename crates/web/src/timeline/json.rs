//! Groups in the form that the element in the browser reads: arrays, in which a number stands for a word and for a name
//! that comes more than once, and what is missing at the end is as it is by default.

use std::borrow::Cow;
use std::collections::HashMap;

use abide_api::temporal::api::common::v1::Payload;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::group::{Category, Group, Label, Status};
use super::groups::Groups;
use super::pending::{Pending, State};

/// The groups that an event behind `after` changed, and all that is pending, as JSON. `now` is in milliseconds since the
/// epoch. With an `after` that is no event of this run yet, it is everything: the reader has seen what a crash took back.
///
/// A group is `[id, category, name, status, start, end, events, started, attempt, key, label, due, reason]`, where `events`
/// are those behind the first. What is pending is `[group, state, attempt, most, since, next, reason]`.
pub(crate) fn answer(groups: &Groups, after: i64, pending: &[Pending], now: i64) -> String {
    let after = if after > groups.last_event() { 0 } else { after };
    let mut names = Names::default();
    let rows: Vec<Value> = groups.changed_after(after).map(|group| row(group, &mut names)).collect();
    let answer = json!({
        "after": after,
        "last": groups.last_event(),
        "began": groups.began(),
        "now": now - groups.began(),
        "open": !groups.is_closed(),
        "categories": Category::ALL.map(Category::title),
        "statuses": Status::ALL.map(|status| (status.title(), tone(status))),
        "states": State::ALL.map(State::title),
        "names": names.texts,
        "groups": rows,
        "pending": pending.iter().map(attempt).collect::<Vec<_>>(),
    });
    answer.to_string()
}

/// 0 for what is open, 1 for what ended well, 2 for what failed, 3 for what ended otherwise.
fn tone(status: Status) -> u8 {
    match status {
        _ if status.is_open() => 0,
        _ if status.is_failed() => 2,
        Status::Canceled | Status::Unfinished | Status::ContinuedAsNew => 3,
        Status::Running
        | Status::Scheduled
        | Status::Started
        | Status::Admitted
        | Status::Accepted
        | Status::Paused
        | Status::Completed
        | Status::Fired
        | Status::Signaled
        | Status::CancelRequested
        | Status::Recorded
        | Status::Resumed
        | Status::Failed
        | Status::TimedOut
        | Status::Terminated
        | Status::Rejected => 1,
    }
}

/// Texts that come more than once, by number.
#[derive(Default)]
struct Names<'a> {
    texts: Vec<Cow<'a, str>>,
    numbers: HashMap<Cow<'a, str>, usize>,
}

impl<'a> Names<'a> {
    fn number(&mut self, text: Cow<'a, str>) -> usize {
        *self.numbers.entry(text.clone()).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }
}

fn row<'a>(group: &'a Group, names: &mut Names<'a>) -> Value {
    let row = vec![
        Value::from(group.id),
        Value::from(group.category as u8),
        Value::from(names.number(group.title())),
        Value::from(group.status as u8),
        Value::from(group.start),
        Value::from(group.end),
        Value::from(&group.events[1..]),
        Value::from(group.started),
        Value::from(group.attempt),
        text(&group.key),
        label(&group.label),
        Value::from(group.due),
        text(&group.reason),
    ];
    Value::Array(shortened(row))
}

fn attempt(pending: &Pending) -> Value {
    let row = vec![
        Value::from(pending.group),
        Value::from(pending.state as u8),
        Value::from(pending.attempt),
        Value::from(pending.attempts_max),
        Value::from(pending.since),
        Value::from(pending.next),
        text(&pending.reason),
    ];
    Value::Array(shortened(row))
}

fn shortened(mut row: Vec<Value>) -> Vec<Value> {
    while row.last().is_some_and(Value::is_null) {
        row.pop();
    }
    row
}

fn text(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::from(text) }
}

fn label(label: &Label) -> Value {
    match label {
        Label::None => Value::Null,
        Label::Text(text) => Value::from(text.as_str()),
        Label::Encoded(payload) => encoded(payload),
    }
}

/// A payload as codecs read it.
fn encoded(payload: &Payload) -> Value {
    let metadata = payload.metadata.iter().map(|(name, value)| (name.clone(), Value::from(STANDARD.encode(value))));
    json!({ "metadata": metadata.collect::<Map<_, _>>(), "data": STANDARD.encode(&payload.data) })
}
