//! Everything that an event says, as facts that can be read: from its JSON form, whatever the event is. Payloads and failures
//! are shown as such, the numbers of other events and the ids of other runs lead there.

use abide_api::temporal::api::common::v1::{Payload, WorkflowExecution};
use abide_api::temporal::api::failure::v1::Failure;
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_json::Payloads;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use prost::Message;
use prost_types::Timestamp;
use serde_json::{Map, Value};

use crate::pages::run::header::workflow;
use crate::pages::run::{Described, Run};
use crate::visit::Visit;
use crate::widgets::{failure, payload, span_text, time};

const EVENT: &str = "temporal.api.history.v1.HistoryEvent";
const FAILURE: &str = "temporal.api.failure.v1.Failure";
/// What every event has, and its row shows.
const IN_EVERY_ROW: [&str; 3] = ["eventId", "eventTime", "eventType"];
/// Of no use to a reader.
const INNER: [&str; 2] = ["taskId", "version"];
/// A larger event is not made ready to be read in a list of many.
pub(super) const LISTED_EVENT_BYTES_MAX: usize = 64 * 1024;
/// Values in values beyond this are not shown.
const DEPTH_MAX: usize = 8;

/// How much of an event is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Detail {
    /// In a list of many: what is large is on the event's own page.
    InList,
    /// On its own.
    Whole,
}

impl Detail {
    /// What is larger than this is only named.
    fn bytes_max(self) -> usize {
        match self {
            Self::InList => 2_000,
            Self::Whole => usize::MAX,
        }
    }
}

/// An event in the protocol's JSON form.
pub(crate) fn as_json(event: &HistoryEvent) -> Value {
    abide_json::message(EVENT, event, Payloads::Raw)
}

/// The facts.
pub(crate) fn attributes(visit: &Visit, run: &Described, event: &HistoryEvent, detail: Detail) -> Markup {
    let reader = Reader { visit, run, event, detail };
    let size = event.encoded_len();
    if detail == Detail::InList && size > LISTED_EVENT_BYTES_MAX {
        return html! { p { "This event is large: " (reader.elsewhere(size)) } };
    }
    let Value::Object(fields) = as_json(event) else { return html! {} };
    let mut shown = Map::new();
    for (name, value) in fields {
        match value {
            Value::Object(inner) if name.ends_with("EventAttributes") => shown.extend(inner),
            _ if IN_EVERY_ROW.contains(&name.as_str()) || INNER.contains(&name.as_str()) => {}
            value => _ = shown.insert(name, value),
        }
    }
    reader.fields(&shown, Names::OfProtocol, DEPTH_MAX)
}

/// Who has named the fields of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Names {
    OfProtocol,
    /// These are not ours to change.
    OfOthers,
}

impl Names {
    /// Within a field with this name.
    fn within(field: &str) -> Self {
        match field {
            "fields" | "indexedFields" | "details" | "nexusHeader" => Self::OfOthers,
            _ => Self::OfProtocol,
        }
    }
}

struct Reader<'a> {
    visit: &'a Visit,
    run: &'a Described,
    event: &'a HistoryEvent,
    detail: Detail,
}

impl Reader<'_> {
    fn fields(&self, fields: &Map<String, Value>, names: Names, depth: usize) -> Markup {
        html! {
            dl.facts {
                @for (name, value) in fields {
                    dt { @match names { Names::OfProtocol => (label(name)), Names::OfOthers => (name) } }
                    dd { (self.value(name, value, fields, depth)) }
                }
            }
        }
    }

    fn value(&self, name: &str, value: &Value, beside: &Map<String, Value>, depth: usize) -> Markup {
        match value {
            _ if depth == 0 => html! { span.quiet { "and more" } },
            Value::Object(fields) => self.object(name, fields, beside, depth),
            Value::Array(values) => html! {
                @for value in values { div { (self.value(name, value, beside, depth - 1)) } }
            },
            Value::String(text) => self.text(name, text),
            other => html! { (other) },
        }
    }

    fn object(&self, name: &str, fields: &Map<String, Value>, beside: &Map<String, Value>, depth: usize) -> Markup {
        if let Some(found) = as_payload(fields) {
            return self.payload(&found);
        }
        if name.ends_with("ailure")
            && let Some(found) = as_failure(fields)
        {
            return self.failure(&found);
        }
        if let Some(Value::Array(values)) = fields.get("payloads").filter(|_| fields.len() == 1) {
            return html! { @for value in values { (self.value(name, value, beside, depth - 1)) } };
        }
        if let (Some(Value::String(id)), true) = (fields.get("workflowId"), fields.len() <= 2) {
            return self.execution(id, fields.get("runId").and_then(Value::as_str), beside);
        }
        if let (Some(Value::String(text)), 1) = (fields.get("name"), fields.len()) {
            return html! { (text) };
        }
        self.fields(fields, Names::within(name), depth - 1)
    }

    fn text(&self, name: &str, text: &str) -> Markup {
        let event = text.parse::<i64>().ok().filter(|id| *id > 0);
        // The parent's events are not ours.
        let is_ours = name.ends_with("EventId") && !name.starts_with("parent");
        if let Some(id) = event.filter(|_| is_ours) {
            return html! { a href=(self.run.run.href(self.visit, &["history", "events", &id.to_string()])) { (id) } };
        }
        if name.ends_with("RunId") && !text.is_empty() {
            let other = Run { run_id: text.to_owned(), ..self.run.run.clone() };
            return html! { a.mono href=(other.href(self.visit, &[])) { (text) } };
        }
        if name.ends_with("Time")
            && let Some((seconds, nanos)) = abide_json::timestamp(text)
        {
            return time(Some(&Timestamp { seconds, nanos }));
        }
        if let Some((seconds, nanos)) = abide_json::duration(text).filter(|_| is_span(name)) {
            return html! { (span_text(seconds, nanos)) };
        }
        if text.len() > self.detail.bytes_max() {
            return self.elsewhere(text.len());
        }
        html! { (enum_word(name, text).as_deref().unwrap_or(text)) }
    }

    fn execution(&self, id: &str, run_id: Option<&str>, beside: &Map<String, Value>) -> Markup {
        let namespace =
            ["namespace", "parentWorkflowNamespace"].into_iter().find_map(|name| beside.get(name)?.as_str());
        let namespace = namespace.filter(|name| !name.is_empty()).unwrap_or(&self.run.run.namespace);
        let execution = WorkflowExecution { workflow_id: id.to_owned(), run_id: run_id.unwrap_or_default().to_owned() };
        html! { (workflow(self.visit, namespace, &execution)) " " span.mono.quiet { (execution.run_id) } }
    }

    fn payload(&self, found: &Payload) -> Markup {
        if found.data.len() > self.detail.bytes_max() { self.elsewhere(found.data.len()) } else { payload(found) }
    }

    fn failure(&self, found: &Failure) -> Markup {
        let size = found.encoded_len();
        if size / 4 > self.detail.bytes_max() { self.elsewhere(size) } else { failure(found) }
    }

    /// In the place of what is too large for a list.
    fn elsewhere(&self, bytes: usize) -> Markup {
        let to = self.run.run.href(self.visit, &["history", "events", &self.event.event_id.to_string()]);
        html! { a href=(to) { (bytes) " bytes" } }
    }
}

/// `scheduledEventId` as `Scheduled event id`.
fn label(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        match letter {
            first if words.is_empty() => words.extend(first.to_uppercase()),
            capital if capital.is_uppercase() => {
                words.push(' ');
                words.extend(capital.to_lowercase());
            }
            other => words.push(other),
        }
    }
    words
}

/// A value of an enumeration without its prefix, which ends with the name of the field: `RETRY_STATE_IN_PROGRESS`.
fn enum_word(name: &str, text: &str) -> Option<String> {
    if !text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
        return None;
    }
    let prefix = label(name).to_uppercase().replace(' ', "_") + "_";
    let (before, word) = text.split_once(&prefix)?;
    (before.is_empty() || before.ends_with('_')).then(|| word.replace('_', " ").to_lowercase())
}

fn is_span(name: &str) -> bool {
    ["Timeout", "Interval", "Backoff", "Delay", "Duration"].iter().any(|end| name.ends_with(end))
}

fn as_payload(fields: &Map<String, Value>) -> Option<Payload> {
    if !fields.keys().all(|name| matches!(name.as_str(), "metadata" | "data" | "externalPayloads")) {
        return None;
    }
    let bytes = |value: &Value| STANDARD.decode(value.as_str()?).ok();
    let metadata = fields.get("metadata")?.as_object()?;
    let metadata = metadata.iter().map(|(name, value)| Some((name.clone(), bytes(value)?.into())));
    let data = fields.get("data").map_or(Some(Vec::new()), bytes)?;
    Some(Payload { metadata: metadata.collect::<Option<_>>()?, data: data.into(), ..Payload::default() })
}

fn as_failure(fields: &Map<String, Value>) -> Option<Failure> {
    let text = Value::Object(fields.clone()).to_string();
    let read = abide_json::read(&abide_json::descriptor(FAILURE), &text, Payloads::Raw).ok()?;
    Failure::decode(read.encode_to_vec().as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_become_words() {
        assert_eq!(label("workflowTaskCompletedEventId"), "Workflow task completed event id");
        assert_eq!(label("input"), "Input");
    }

    #[test]
    fn values_of_enumerations_lose_their_prefix_and_other_texts_stay() {
        assert_eq!(enum_word("retryState", "RETRY_STATE_IN_PROGRESS").as_deref(), Some("in progress"));
        assert_eq!(enum_word("cause", "WORKFLOW_TASK_FAILED_CAUSE_BAD_BINARY").as_deref(), Some("bad binary"));
        assert_eq!(enum_word("signalName", "APPROVED"), None);
    }
}
