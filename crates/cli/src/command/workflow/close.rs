//! How a run ended, for people and as JSON.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::Payloads as PayloadList,
    enums::v1::EventType,
    failure::v1::Failure,
    history::v1::{HistoryEvent, history_event::Attributes},
};
use serde_json::{Map, Value};

use super::events::EVENT;
use crate::duration;
use crate::error::{Error, Result};
use crate::json::{self, Payloads};
use crate::output::{Card, Output, Paint};

/// Prints how a run ended; `took` is shown when it is known.
pub fn print(output: Output, event: &HistoryEvent, took: Option<Duration>) {
    output.heading("Results:");
    output.card(&card(event, took, output.paint(), output.payloads()));
}

/// A run that did not complete is a command that failed.
pub fn verdict(event: &HistoryEvent) -> Result<()> {
    match event.event_type() {
        EventType::WorkflowExecutionCompleted => Ok(()),
        _ => Err(Error::new("workflow failed")),
    }
}

/// Adds how a run ended to what is known of it: status, event, and the result if there is one.
pub fn into_json(output: Output, event: &HistoryEvent, object: &mut Map<String, Value>) {
    object.insert("status".into(), status(event).into());
    object.insert("closeEvent".into(), json::message(EVENT, event, output.payloads()));
    if let Some(result) = result(event) {
        object.insert("result".into(), friendly(result, output.payloads()));
    }
}

/// The result of a completed run.
pub fn result(event: &HistoryEvent) -> Option<&PayloadList> {
    match event.attributes.as_ref()? {
        Attributes::WorkflowExecutionCompletedEventAttributes(completed) => completed.result.as_ref(),
        _ => None,
    }
}

/// Payloads as people think of them: one value is itself, several are a list.
pub fn friendly(list: &PayloadList, payloads: Payloads) -> Value {
    let mut values: Vec<Value> = list.payloads.iter().map(|payload| json::payload(payload, payloads)).collect();
    match values.len() {
        0 => Value::Null,
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}

fn card(event: &HistoryEvent, took: Option<Duration>, paint: Paint, payloads: Payloads) -> Card {
    // Hundredths of a second are as much as anyone reads.
    let took = took.map(|took| Duration::from_millis(took.as_millis() as u64 / 10 * 10));
    let mut card = Card::new().filled("RunTime", took.map(duration::format).unwrap_or_default());
    let name = status(event);
    card = card.field("Status", if name == "COMPLETED" { paint.green(name) } else { paint.red(name) });
    match event.attributes.as_ref() {
        Some(Attributes::WorkflowExecutionCompletedEventAttributes(completed)) => {
            let Some(result) = completed.result.as_ref() else { return card };
            let encoding = result.payloads.first().and_then(|payload| payload.metadata.get("encoding"));
            let encoding = encoding.map(|encoding| String::from_utf8_lossy(encoding).into_owned());
            card.filled("Result", friendly(result, payloads)).filled("ResultEncoding", encoding.unwrap_or_default())
        }
        Some(Attributes::WorkflowExecutionFailedEventAttributes(failed)) => {
            let text = failed.failure.as_ref().map(|failure| failure_text(failure, 4)).unwrap_or_default();
            card.filled("Failure", text)
        }
        _ => card,
    }
}

fn status(event: &HistoryEvent) -> &'static str {
    match event.event_type() {
        EventType::WorkflowExecutionCompleted => "COMPLETED",
        EventType::WorkflowExecutionFailed => "FAILED",
        EventType::WorkflowExecutionTimedOut => "TIMEOUT",
        EventType::WorkflowExecutionCanceled => "CANCELED",
        EventType::WorkflowExecutionTerminated => "TERMINATED",
        EventType::WorkflowExecutionContinuedAsNew => "CONTINUED_AS_NEW",
        _ => "<unknown>",
    }
}

/// Message, stack trace and cause, each cause further in. Begins on a line of its own.
pub fn failure_text(failure: &Failure, indent: usize) -> String {
    let blank = " ".repeat(indent);
    let mut text = format!("\n{blank}Message: {}", failure.message);
    if !failure.stack_trace.is_empty() {
        text.push_str(&format!("\n{blank}StackTrace:"));
        for line in failure.stack_trace.split('\n') {
            text.push_str(&format!("\n{blank}    {line}"));
        }
    }
    if let Some(cause) = &failure.cause {
        text.push_str(&format!("\n{blank}Cause:{}", failure_text(cause, indent + 4)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_api::temporal::api::history::v1::{
        WorkflowExecutionCompletedEventAttributes, WorkflowExecutionFailedEventAttributes,
    };

    fn event(event_type: EventType, attributes: Attributes) -> HistoryEvent {
        HistoryEvent { event_type: event_type.into(), attributes: Some(attributes), ..HistoryEvent::default() }
    }

    #[test]
    fn a_failure_is_shown_with_its_causes() {
        let cause = Failure { message: "again".into(), stack_trace: "  at a\n\n  at b".into(), ..Failure::default() };
        let failure =
            Failure { message: "Activity task failed".into(), cause: Some(Box::new(cause)), ..Failure::default() };
        let failed = WorkflowExecutionFailedEventAttributes {
            failure: Some(failure),
            ..WorkflowExecutionFailedEventAttributes::default()
        };
        let event =
            event(EventType::WorkflowExecutionFailed, Attributes::WorkflowExecutionFailedEventAttributes(failed));
        insta::assert_snapshot!(
            card(&event, Some(Duration::from_millis(2966)), Paint::OFF, Payloads::Shorthand).render()
        );
        assert_eq!(verdict(&event), Err(Error::new("workflow failed")));
    }

    #[test]
    fn a_result_is_shown_with_its_encoding() {
        let payload = crate::input::json_payload("[20,20,5]");
        let completed = WorkflowExecutionCompletedEventAttributes {
            result: Some(PayloadList { payloads: vec![payload] }),
            ..WorkflowExecutionCompletedEventAttributes::default()
        };
        let event = event(
            EventType::WorkflowExecutionCompleted,
            Attributes::WorkflowExecutionCompletedEventAttributes(completed),
        );
        insta::assert_snapshot!(card(&event, None, Paint::OFF, Payloads::Shorthand).render());
        assert_eq!(verdict(&event), Ok(()));
    }
}
