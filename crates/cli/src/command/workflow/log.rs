//! Events as lines of a log: when, what, and what it is about. Remembers what was scheduled, so that what comes of it can
//! be named, with the time that it took.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::history::v1::HistoryEvent;
use prost_types::Timestamp;
use serde_json::{Map, Value};

use super::events::EVENT;
use crate::duration;
use crate::json::{self, Payloads};

/// What an event refers back to, by the field that says so.
const REFERENCES: [&str; 4] = ["startedEventId", "scheduledEventId", "initiatedEventId", "acceptedEventId"];
/// What an event is about, most telling first.
const SUBJECTS: [&str; 8] = [
    "activityType",
    "workflowType",
    "signalName",
    "timerId",
    "markerName",
    "operation",
    "protocolInstanceId",
    "taskQueue",
];

/// The events so far.
#[derive(Default)]
pub struct Log {
    seen: BTreeMap<i64, (String, Option<Timestamp>)>,
}

impl Log {
    /// What the event is about: a name, what it took, and why it failed.
    pub fn about(&mut self, event: &HistoryEvent) -> String {
        let attributes = attributes(event);
        let reference = REFERENCES.iter().rev().find_map(|field| number(&attributes, field));
        let before = reference.and_then(|id| self.seen.get(&id).cloned());
        let own = SUBJECTS.iter().find_map(|field| subject(&attributes, field));
        let name = own.or_else(|| before.as_ref().map(|(name, _)| name.clone())).unwrap_or_default();
        self.seen.insert(event.event_id, (name.clone(), event.event_time));
        let took = before.and_then(|(_, at)| elapsed(at?, event.event_time?));
        let parts = [
            name,
            took.map(|took| format!("after {}", duration::format(took))).unwrap_or_default(),
            failure(&attributes).unwrap_or_default(),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
    }
}

fn attributes(event: &HistoryEvent) -> Map<String, Value> {
    let Value::Object(event) = json::message(EVENT, event, Payloads::Shorthand) else { return Map::new() };
    let found = event.into_iter().find(|(name, _)| name.ends_with("Attributes"));
    match found {
        Some((_, Value::Object(attributes))) => attributes,
        Some(_) | None => Map::new(),
    }
}

fn number(attributes: &Map<String, Value>, field: &str) -> Option<i64> {
    attributes.get(field)?.as_str()?.parse().ok()
}

fn subject(attributes: &Map<String, Value>, field: &str) -> Option<String> {
    let value = attributes.get(field)?;
    let text = value.as_str().or_else(|| value.get("name").and_then(Value::as_str))?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn failure(attributes: &Map<String, Value>) -> Option<String> {
    let message = attributes.get("failure")?.get("message")?.as_str()?;
    Some(message.lines().next().unwrap_or_default().to_owned())
}

fn elapsed(from: Timestamp, to: Timestamp) -> Option<Duration> {
    let nanos = |at: Timestamp| i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    // Milliseconds are as much as anyone reads.
    let millis = u64::try_from((nanos(to) - nanos(from)) / 1_000_000).ok()?;
    Some(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_api::temporal::api::{
        common::v1::ActivityType,
        failure::v1::Failure,
        history::v1::{
            ActivityTaskFailedEventAttributes, ActivityTaskScheduledEventAttributes, history_event::Attributes,
        },
    };

    #[test]
    fn what_came_of_something_is_named_after_it() {
        let mut log = Log::default();
        let scheduled = ActivityTaskScheduledEventAttributes {
            activity_type: Some(ActivityType { name: "charge".into() }),
            ..ActivityTaskScheduledEventAttributes::default()
        };
        let failed = ActivityTaskFailedEventAttributes {
            scheduled_event_id: 5,
            failure: Some(Failure { message: "no money\nat all".into(), ..Failure::default() }),
            ..ActivityTaskFailedEventAttributes::default()
        };
        let event = |event_id, seconds, attributes| HistoryEvent {
            event_id,
            event_time: Some(Timestamp { seconds, nanos: 0 }),
            attributes: Some(attributes),
            ..HistoryEvent::default()
        };
        let first = event(5, 10, Attributes::ActivityTaskScheduledEventAttributes(scheduled));
        let second = event(7, 12, Attributes::ActivityTaskFailedEventAttributes(failed));
        assert_eq!(log.about(&first), "charge");
        assert_eq!(log.about(&second), "charge  after 2s  no money");
    }
}
