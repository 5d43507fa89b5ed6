//! Payloads as the browser's own element reads them. What is plain JSON is also there as text, for who has no scripts; what is
//! encoded in any other way is for the browser to decode.

use abide_api::temporal::api::common::v1::{Payload, Payloads};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

/// What is larger is not put into pages: it is in the history that can be downloaded.
const BYTES_MAX: usize = 64 * 1024;

/// All of them, one below the other.
pub(crate) fn payloads(payloads: &Payloads) -> Markup {
    html! { @for one in &payloads.payloads { (payload(one)) } }
}

/// One payload.
pub(crate) fn payload(payload: &Payload) -> Markup {
    if payload.data.len() > BYTES_MAX {
        let encoding = String::from_utf8_lossy(payload.metadata.get("encoding").map_or(&[], |encoding| encoding));
        return html! { p.quiet { (payload.data.len()) " bytes " (encoding) ", too large for a page: download the history" } };
    }
    match payload.metadata.get("encoding").map(|encoding| encoding.as_ref()) {
        Some(b"binary/null") => html! { abide-payload { pre { "null" } } },
        Some(b"json/plain" | b"json/protobuf") => {
            html! { abide-payload { pre { (String::from_utf8_lossy(&payload.data)) } } }
        }
        Some(_) | None => html! {
            abide-payload data-payload=(as_json(payload)) { span.quiet { (payload.data.len()) " bytes" } }
        },
    }
}

/// In the protocol's JSON form.
fn as_json(payload: &Payload) -> String {
    let metadata = payload.metadata.iter().map(|(name, value)| (name.clone(), Value::from(STANDARD.encode(value))));
    let metadata: Map<String, Value> = metadata.collect();
    json!({ "metadata": metadata, "data": STANDARD.encode(&payload.data) }).to_string()
}
