//! `workflow diff`: the first event in which two runs differ. What differs always, such as times and ids of runs, is left
//! out of the comparison.

use abide_api::temporal::api::history::v1::HistoryEvent;
use clap::Args;
use serde_json::{Value, json};

use super::events::{self, EVENT};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::history::{self, Follow, Pages};
use crate::json;
use crate::words;

/// `workflow diff`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// One run: WORKFLOW_ID, or WORKFLOW_ID/RUN_ID.
    #[arg(value_name = "A")]
    a: String,
    /// The other.
    #[arg(value_name = "B")]
    b: String,
    /// How many events before the difference are shown.
    #[arg(long, default_value = "3")]
    context: usize,
}

/// Fields that are of one run, wherever they stand.
const OF_ONE_RUN: [&str; 18] = [
    "eventTime",
    "taskId",
    "identity",
    "requestId",
    "runId",
    "workflowId",
    "originalExecutionRunId",
    "firstExecutionRunId",
    "continuedExecutionRunId",
    "newExecutionRunId",
    "baseRunId",
    "newRunId",
    "historySizeBytes",
    "prevAutoResetPoints",
    "firstWorkflowTaskBackoff",
    "workflowExecutionExpirationTime",
    "binaryChecksum",
    "sdkMetadata",
];

/// Runs the command. Runs that differ are a failure, as for `diff`.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let (a, b) = (read(session, &arguments.a).await?, read(session, &arguments.b).await?);
    let Some(at) = first_difference(&a, &b) else {
        session.output.json(&json!({ "same": true, "events": a.len() }));
        session.output.text(format!("The histories are the same: {} events", a.len()));
        return Ok(());
    };
    let output = session.output;
    let shown = |event: Option<&HistoryEvent>| event.map(|event| json::message(EVENT, event, output.payloads()));
    output.json(&json!({ "same": false, "eventId": at + 1, "a": shown(a.get(at)), "b": shown(b.get(at)) }));
    for event in &a[at.saturating_sub(arguments.context)..at] {
        output.text(format!("  [{}] {}", event.event_id, words::event_type(event.event_type())));
    }
    let (left, right) = (lines(session, a.get(at)), lines(session, b.get(at)));
    for line in left.iter().filter(|line| !right.contains(line)) {
        output.text(output.paint().red(&format!("- {line}")));
    }
    for line in right.iter().filter(|line| !left.contains(line)) {
        output.text(output.paint().green(&format!("+ {line}")));
    }
    Err(Error::new(format!("the histories differ from event {} on", at + 1)))
}

async fn read(session: &mut Session, name: &str) -> Result<Vec<HistoryEvent>> {
    let (workflow_id, run_id) = split(name);
    let failed = |status| Error::rpc(&format!("failed reading the history of {name}"), &status);
    let mut pages = Pages::new(&mut session.client, workflow_id, run_id, Follow::Stored);
    let mut all: Vec<HistoryEvent> = Vec::new();
    while let Some(events) = pages.next().await.map_err(failed)? {
        all.extend(events);
        // The next run of the chain is another history.
        if all.last().and_then(history::next_run_id).is_some() {
            break;
        }
    }
    Ok(all)
}

// Workflow ids may hold slashes; run ids are of one form.
fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once('/') {
        Some((workflow_id, run_id)) if uuid::Uuid::try_parse(run_id).is_ok() => (workflow_id, run_id),
        Some(_) | None => (name, ""),
    }
}

fn first_difference(a: &[HistoryEvent], b: &[HistoryEvent]) -> Option<usize> {
    let differ = |(a, b): (&HistoryEvent, &HistoryEvent)| compared(a) != compared(b);
    let found = a.iter().zip(b).position(differ);
    found.or_else(|| (a.len() != b.len()).then(|| a.len().min(b.len())))
}

fn compared(event: &HistoryEvent) -> Value {
    let mut value = json::message(EVENT, event, json::Payloads::Raw);
    strip(&mut value);
    value
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| !OF_ONE_RUN.contains(&name.as_str()));
            object.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn lines(session: &Session, event: Option<&HistoryEvent>) -> Vec<String> {
    match event {
        None => vec!["(no further event)".into()],
        Some(event) => {
            let text = events::section(event, session.output.payloads());
            let of_one_run = |line: &str| {
                let name = line.split(':').next().unwrap_or_default();
                OF_ONE_RUN.contains(&name.rsplit('.').next().unwrap_or_default())
            };
            text.lines().filter(|line| !of_one_run(line)).map(str::to_owned).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_api::temporal::api::history::v1::{TimerStartedEventAttributes, history_event::Attributes};

    fn timer(event_id: i64, timer_id: &str, seconds: i64) -> HistoryEvent {
        let attributes =
            TimerStartedEventAttributes { timer_id: timer_id.into(), ..TimerStartedEventAttributes::default() };
        HistoryEvent {
            event_id,
            event_time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            attributes: Some(Attributes::TimerStartedEventAttributes(attributes)),
            ..HistoryEvent::default()
        }
    }

    #[test]
    fn times_make_no_difference_and_missing_events_do() {
        let a = [timer(1, "x", 1), timer(2, "y", 2)];
        assert_eq!(first_difference(&a, &[timer(1, "x", 9), timer(2, "y", 8)]), None);
        assert_eq!(first_difference(&a, &[timer(1, "x", 9), timer(2, "z", 8)]), Some(1));
        assert_eq!(first_difference(&a, &[timer(1, "x", 9)]), Some(1));
    }

    #[test]
    fn a_run_is_named_behind_its_workflow() {
        let run_id = "0190d5a0-0000-7000-8000-000000000000";
        assert_eq!(split(&format!("a/b/{run_id}")), ("a/b", run_id));
        assert_eq!(split("a/b"), ("a/b", ""));
    }
}
