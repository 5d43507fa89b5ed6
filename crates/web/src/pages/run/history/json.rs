//! Events as JSON. What is large is only named: the history that can be downloaded has it all.

use abide_api::temporal::api::history::v1::HistoryEvent;
use maud::{Markup, html};
use serde_json::Value;

use super::attributes::as_json;

/// Texts that are longer are not shown.
const TEXT_BYTES_MAX: usize = 2_000;

/// A list that further events can be put into.
pub(super) fn list(events: &[HistoryEvent], id: &str) -> Markup {
    html! {
        div.json id=(id) { @for event in events { pre data-key=(event.event_id) tabindex="0" { (pretty(event)) } } }
    }
}

fn pretty(event: &HistoryEvent) -> String {
    let mut json = as_json(event);
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
