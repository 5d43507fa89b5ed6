//! How something ended that stands alone, an activity or a Nexus operation: for people and as JSON.

use abide_api::temporal::api::failure::v1::Failure;
use serde_json::{Map, Value};

use crate::command::workflow::close;
use crate::json;
use crate::output::{Card, Output};

/// With a result. `known` is what JSON says of it beside.
pub fn completed(output: Output, mut known: Map<String, Value>, result: Value) {
    let text = if result.is_null() { String::new() } else { result.to_string() };
    known.insert("status".into(), "COMPLETED".into());
    known.insert("result".into(), result);
    output.json(&Value::Object(known));
    output.heading("Results:");
    output.card(&Card::new().field("Status", output.paint().green("COMPLETED")).filled("Result", text));
}

/// With a failure.
pub fn failed(output: Output, mut known: Map<String, Value>, failure: &Failure) {
    known.insert("status".into(), "FAILED".into());
    known.insert("failure".into(), json::message("temporal.api.failure.v1.Failure", failure, output.payloads()));
    output.json(&Value::Object(known));
    output.heading("Results:");
    let text = close::failure_text(failure, 4);
    output.card(&Card::new().field("Status", output.paint().red("FAILED")).filled("Failure", text));
}
