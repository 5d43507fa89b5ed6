//! A history from its JSON, whoever has written it: an object with events, or the list of them; payloads as they are or in
//! shorthand; with fields that this server's API does not have yet.

use abide_api::temporal::api::history::v1::{History, HistoryEvent};
use abide_json::{Payloads, descriptor, keep_known};
use prost::Message;
use serde_json::{Value, json};

use crate::problem::Problem;

const HISTORY: &str = "temporal.api.history.v1.History";
const WANTED: &str = "A history is a list of events, or an object with such a list as \"events\".";

/// The events, the oldest first.
pub(super) fn events(text: &str) -> Result<Vec<HistoryEvent>, Problem> {
    // An editor on Windows writes this before everything.
    let text = text.trim_start_matches('\u{feff}');
    let value: Value =
        serde_json::from_str(text).map_err(|error| Problem::invalid(format!("The history is not JSON: {error}")))?;
    let mut history = listed(value)?;
    let descriptor = descriptor(HISTORY);
    keep_known(&mut history, &descriptor, Payloads::Shorthand);
    let refused = |error: &dyn std::fmt::Display| Problem::invalid(format!("This is no history: {error}"));
    let read =
        abide_json::read(&descriptor, &history.to_string(), Payloads::Shorthand).map_err(|error| refused(&error))?;
    let history = History::decode(read.encode_to_vec().as_slice()).map_err(|error| refused(&error))?;
    let mut events = history.into_events().map_err(|error| refused(&error))?;
    if events.is_empty() {
        return Err(Problem::invalid("The history has no events."));
    }
    events.sort_by_key(|event| event.event_id);
    Ok(events)
}

/// As an object with events.
fn listed(value: Value) -> Result<Value, Problem> {
    match value {
        Value::Array(_) => Ok(json!({ "events": value })),
        Value::Object(mut fields) => match (fields.remove("events"), fields.remove("history")) {
            (Some(events @ Value::Array(_)), _) => Ok(json!({ "events": events })),
            (None, Some(history @ Value::Object(_))) => Ok(history),
            _ => Err(Problem::invalid(WANTED)),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(Problem::invalid(WANTED)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Result<Vec<(i64, i32)>, String> {
        let events = events(text).map_err(|problem| problem.said)?;
        Ok(events.iter().map(|event| (event.event_id, event.event_type)).collect())
    }

    #[test]
    fn a_history_is_read_from_what_any_tool_writes() {
        let list = r#"[{"eventId":"2","eventType":"TimerFired","new":{}},
            {"eventId":1,"eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED","workflowExecutionStartedEventAttributes":
            {"input":{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"MQ=="}]}}}]"#;
        let expected = Ok(vec![(1, 1), (2, 18)]);
        assert_eq!(kinds(list), expected);
        assert_eq!(kinds(&format!("\u{feff}{{\"events\":{list}}}")), expected);
        assert_eq!(kinds(&format!("{{\"history\":{{\"events\":{list}}},\"nextPageToken\":\"\"}}")), expected);
        let shorthand =
            r#"[{"eventId":1,"eventType":1,"workflowExecutionStartedEventAttributes":{"input":[{"a":1}]}}]"#;
        assert_eq!(kinds(shorthand), Ok(vec![(1, 1)]));
    }

    #[test]
    fn what_is_no_history_is_told() {
        assert_eq!(kinds("[{]"), Err("The history is not JSON: key must be a string at line 1 column 3".into()));
        assert_eq!(kinds("{}"), Err(WANTED.into()));
        assert_eq!(kinds("5"), Err(WANTED.into()));
        assert_eq!(kinds("[]"), Err("The history has no events.".into()));
        assert!(kinds(r#"[{"eventId":"x"}]"#).expect_err("no number").starts_with("This is no history: "));
    }
}
