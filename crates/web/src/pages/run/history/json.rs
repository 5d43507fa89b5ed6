//! Events as JSON. What is large is only named: the history that can be downloaded has it all.

use abide_api::temporal::api::history::v1::HistoryEvent;
use maud::{Markup, html};
use prost::Message;
use serde_json::{Value, json};

use super::attributes::{LISTED_EVENT_BYTES_MAX, as_json};
use crate::pages::run::event::type_name;

/// Texts that are longer are not shown.
const TEXT_BYTES_MAX: usize = 2_000;

/// A list that further events can be put into.
pub(super) fn list(events: &[HistoryEvent], id: &str) -> Markup {
    html! {
        div.json id=(id) { @for event in events { pre data-key=(event.event_id) tabindex="0" { (pretty(event)) } } }
    }
}

fn pretty(event: &HistoryEvent) -> String {
    let size = event.encoded_len();
    let mut json = if size > LISTED_EVENT_BYTES_MAX {
        // What it says would be shortened to nothing.
        let said = format!("{size} bytes, which the history has that can be downloaded");
        json!({ "eventId": event.event_id.to_string(), "eventType": type_name(event), "attributes": said })
    } else {
        as_json(event)
    };
    shorten(&mut json);
    serde_json::to_string_pretty(&json).unwrap_or_default()
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > TEXT_BYTES_MAX => {
            *text = format!("{} bytes, which the history has that can be downloaded", text.len());
        }
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
