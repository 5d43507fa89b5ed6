//! How events are shown: a line each, or a section each with every field.

use abide_api::temporal::api::{enums::v1::EventType, history::v1::HistoryEvent};
use serde_json::{Map, Value};

use super::log::Log;
use crate::command::Session;
use crate::history::{self, Pages};
use crate::json::{self, Payloads};
use crate::output::table::Header;
use crate::output::{Column, Output, Paint, Table};
use crate::{time, words};

/// The full name of an event's message.
pub const EVENT: &str = "temporal.api.history.v1.HistoryEvent";

const COLUMNS: [Column; 3] =
    [Column::number("ID").width(3), Column::text("Time").width(20), Column::text("Type").width(26)];

/// How much of each event is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// Its number, time and type.
    Line,
    /// The same, and what it is about.
    Log,
    /// Every field.
    Fields,
}

/// Prints events as they come.
pub struct Events {
    output: Output,
    detail: Detail,
    printed: usize,
    log: Log,
}

impl Events {
    /// Prints the heading.
    pub fn begin(output: Output, detail: Detail) -> Self {
        output.heading("Progress:");
        if detail != Detail::Fields {
            output.table(&Table::new(COLUMNS), Header::Shown);
        }
        Self { output, detail, printed: 0, log: Log::default() }
    }

    /// Prints one event.
    pub fn event(&mut self, event: &HistoryEvent) {
        match self.detail {
            Detail::Line => {
                let mut table = Table::new(COLUMNS);
                table.row(line(event, self.output.paint()));
                self.output.table(&table, Header::Hidden);
            }
            Detail::Log => {
                let [id, at, name] = line(event, self.output.paint());
                let about = self.log.about(event);
                let text = format!("  {id:>3}  {at:20}  {name}  {about}");
                self.output.text(text.trim_end());
            }
            Detail::Fields => {
                if self.printed > 0 {
                    self.output.text("");
                }
                self.output.text(section(event, self.output.payloads()).trim_end_matches('\n'));
            }
        }
        self.printed += 1;
    }
}

/// Prints the events of a run and of those that continue it; returns the event that closed the last.
pub async fn print(
    session: &mut Session,
    workflow_id: &str,
    run_id: &str,
    follow: history::Follow,
    detail: Detail,
) -> Result<Option<HistoryEvent>, tonic::Status> {
    let mut printer = Events::begin(session.output, detail);
    let mut pages = Pages::new(&mut session.client, workflow_id, run_id, follow);
    let mut last = None;
    while let Some(events) = pages.next().await? {
        for event in events {
            printer.event(&event);
            last = Some(event);
        }
    }
    Ok(last.filter(history::closes))
}

fn line(event: &HistoryEvent, paint: Paint) -> [String; 3] {
    let at = event.event_time.as_ref().map(time::iso_seconds).unwrap_or_default();
    [event.event_id.to_string(), at, colored(event.event_type(), paint)]
}

fn colored(event_type: EventType, paint: Paint) -> String {
    use EventType as E;
    let name = words::event_type(event_type);
    match event_type {
        E::WorkflowExecutionFailed
        | E::WorkflowTaskFailed
        | E::ActivityTaskFailed
        | E::ChildWorkflowExecutionFailed => paint.red(&name),
        E::WorkflowExecutionTimedOut
        | E::WorkflowTaskTimedOut
        | E::ActivityTaskTimedOut
        | E::ChildWorkflowExecutionTimedOut => paint.yellow(&name),
        E::TimerCanceled | E::WorkflowExecutionCanceled | E::ChildWorkflowExecutionCanceled => paint.magenta(&name),
        E::WorkflowExecutionCompleted | E::ChildWorkflowExecutionCompleted => paint.green(&name),
        E::WorkflowExecutionStarted | E::ChildWorkflowExecutionStarted => paint.blue(&name),
        _ => name,
    }
}

/// One event with every field: a title, then `dotted.path: value` lines in order.
pub fn section(event: &HistoryEvent, payloads: Payloads) -> String {
    let mut fields = Vec::new();
    if let Value::Object(object) = json::message(EVENT, event, payloads) {
        for (name, value) in lifted(object) {
            flatten(&name, &value, &mut fields);
        }
    }
    fields.sort();
    let title = words::event_type(event.event_type());
    let mut text = format!("--------------- [{}] {title} ---------------\n", event.event_id);
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text
}

// What the title says is left out, and the attributes stand beside the event's own fields.
fn lifted(object: Map<String, Value>) -> Vec<(String, Value)> {
    let mut fields = Vec::new();
    for (name, value) in object {
        match value {
            Value::Object(attributes) if name.ends_with("Attributes") => fields.extend(attributes),
            _ if name == "eventId" || name == "eventType" => {}
            value => fields.push((name, value)),
        }
    }
    fields
}

fn flatten(path: &str, value: &Value, fields: &mut Vec<(String, String)>) {
    match value {
        Value::Null => fields.push((path.to_owned(), "<nil>".into())),
        Value::Object(object) => {
            for (name, value) in object {
                flatten(&format!("{path}.{name}"), value, fields);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), item, fields);
            }
        }
        Value::String(text) => fields.push((path.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) => fields.push((path.to_owned(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_api::temporal::api::{
        common::v1::{Payload, Payloads as PayloadList, SearchAttributes, WorkflowType},
        history::v1::{WorkflowExecutionStartedEventAttributes, history_event::Attributes},
        taskqueue::v1::TaskQueue,
    };

    fn payload(data: &str) -> Payload {
        crate::input::json_payload(data)
    }

    #[test]
    fn a_detailed_event_is_one_field_a_line() {
        let started = WorkflowExecutionStartedEventAttributes {
            workflow_type: Some(WorkflowType { name: "Order".into() }),
            task_queue: Some(TaskQueue { name: "orders".into(), kind: 1, ..TaskQueue::default() }),
            input: Some(PayloadList { payloads: vec![payload("{\"a\":1}"), payload("\"x\"")] }),
            search_attributes: Some(SearchAttributes { indexed_fields: [("Size".into(), payload("3"))].into() }),
            attempt: 1,
            ..WorkflowExecutionStartedEventAttributes::default()
        };
        let event = HistoryEvent {
            event_id: 1,
            event_type: EventType::WorkflowExecutionStarted.into(),
            event_time: Some(prost_types::Timestamp { seconds: 10, nanos: 1000 }),
            attributes: Some(Attributes::WorkflowExecutionStartedEventAttributes(started.into())),
            ..HistoryEvent::default()
        };
        insta::assert_snapshot!(section(&event, Payloads::Shorthand));
    }
}
