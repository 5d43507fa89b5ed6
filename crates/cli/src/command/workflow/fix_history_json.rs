//! `workflow fix-history-json`: writes a history that an older tool saved as today's replayers read it.

use clap::Args;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::{json, output};

/// `workflow fix-history-json`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The file with the history.
    #[arg(long, short = 's', value_name = "FILE")]
    source: String,
    /// The file that is written; stdout by default.
    #[arg(long, short = 't', value_name = "FILE", default_value = "")]
    target: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| Error::new(format!("{}: {error}", arguments.source));
    let text = std::fs::read_to_string(&arguments.source);
    let text = text.map_err(|error| Error::open(&arguments.source, &error))?;
    let fixed = format!("{:#}", fixed(&text).map_err(|error| failed(&error))?);
    match arguments.target.as_str() {
        "" | "-" => output::plain(&fixed),
        target => std::fs::write(target, fixed).map_err(|error| Error::open(target, &error))?,
    }
    Ok(())
}

fn fixed(text: &str) -> Result<Value> {
    let name = "temporal.api.history.v1.History";
    let descriptor = json::pool().get_message_by_name(name).expect("the API has histories");
    let mut history: Value = serde_json::from_str(text).map_err(|error| Error::new(error.to_string()))?;
    message(&mut history, &descriptor);
    // Reading knows short names: older tools wrote `TimerFired` for `EVENT_TYPE_TIMER_FIRED`.
    let read = json::read(&descriptor, &history.to_string(), json::Payloads::Raw);
    Ok(json::whole(&read.map_err(|error| Error::new(error.to_string()))?))
}

// What the API has no name for is left out; reading would refuse it.
fn message(value: &mut Value, descriptor: &MessageDescriptor) {
    let Value::Object(object) = value else { return };
    let find = |name: &str| descriptor.get_field_by_json_name(name).or_else(|| descriptor.get_field_by_name(name));
    object.retain(|name, _| find(name).is_some());
    for (name, inner) in object.iter_mut() {
        if let Some(found) = find(name) {
            field(inner, &found);
        }
    }
}

fn field(value: &mut Value, descriptor: &FieldDescriptor) {
    match (descriptor.kind(), value) {
        (Kind::Message(entry), Value::Object(entries)) if descriptor.is_map() => {
            entries.values_mut().for_each(|inner| field(inner, &entry.map_entry_value_field()));
        }
        (_, Value::Array(items)) => items.iter_mut().for_each(|item| field(item, descriptor)),
        (Kind::Message(inner), value) if !inner.full_name().starts_with("google.") => message(value, &inner),
        (_, _) => {}
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn short_names_become_long_ones() {
        let text = r#"{"events":[{"eventId":"1","eventType":"WorkflowExecutionStarted","unknown":1,
            "workflowExecutionStartedEventAttributes":{"taskQueue":{"name":"q","kind":"Normal"},
            "memo":{"fields":{"k":{"data":"MQ=="}}}}}]}"#;
        let fixed = super::fixed(text).expect("a history").to_string();
        assert!(fixed.contains("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"), "{fixed}");
        assert!(fixed.contains("TASK_QUEUE_KIND_NORMAL") && fixed.contains("MQ==") && !fixed.contains("unknown"));
    }
}
