//! Protobuf messages as JSON: camelCase, 64-bit numbers as strings, enums by name, and payloads either as they are or
//! in shorthand, where a JSON payload is simply its value. Reads descriptors; knows no message by its Rust type.

use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value as Proto,
};
use serde_json::{Map, Number, Value};

use crate::{duration, time};

/// How payloads are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Payloads {
    /// JSON payloads as their values.
    Shorthand,
    /// Metadata and data, as SDK replayers read them.
    Raw,
}

/// A message as JSON. `name` is its full protobuf name.
pub fn message(name: &str, message: &impl Message, payloads: Payloads) -> Value {
    let descriptor = pool().get_message_by_name(name).expect("the descriptor set has every message of the API");
    dynamic(descriptor, message.encode_to_vec().as_slice(), payloads)
}

/// A payload; in shorthand its value, if it is JSON with nothing but its encoding said about it.
pub fn payload(payload: &abide_api::temporal::api::common::v1::Payload, payloads: Payloads) -> Value {
    message("temporal.api.common.v1.Payload", payload, payloads)
}

fn dynamic(descriptor: MessageDescriptor, bytes: &[u8], payloads: Payloads) -> Value {
    let message = DynamicMessage::decode(descriptor, bytes).expect("a message decodes by its own descriptor");
    Walk { payloads }.message(&message)
}

fn pool() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| DescriptorPool::decode(abide_api::FILE_DESCRIPTOR_SET).expect("the descriptor set is complete"))
}

struct Walk {
    payloads: Payloads,
}

impl Walk {
    fn message(&self, message: &DynamicMessage) -> Value {
        let descriptor = message.descriptor();
        match (descriptor.full_name(), self.payloads) {
            ("google.protobuf.Timestamp", _) => Value::String(time::iso(&well_known(message))),
            ("google.protobuf.Duration", _) => Value::String(seconds(&well_known(message))),
            ("google.protobuf.FieldMask", _) => Value::String(field_mask(message)),
            (name, _) if name.starts_with("google.protobuf.") && name.ends_with("Value") => {
                self.wrapper(message).unwrap_or_else(|| self.fields(message))
            }
            ("temporal.api.common.v1.Payloads", Payloads::Shorthand) => self.payload_list(message),
            ("temporal.api.common.v1.Payload", Payloads::Shorthand) => {
                shorthand(message).unwrap_or_else(|| self.fields(message))
            }
            (_, _) => self.fields(message),
        }
    }

    fn fields(&self, message: &DynamicMessage) -> Value {
        let descriptor = message.descriptor();
        let mut object = Map::new();
        for declared in &descriptor.descriptor_proto().field {
            let field = descriptor.get_field_by_name(declared.name()).expect("a declared field");
            if message.has_field(&field) {
                object.insert(field.json_name().to_owned(), self.field(&field, &message.get_field(&field)));
            }
        }
        Value::Object(object)
    }

    fn field(&self, field: &FieldDescriptor, value: &Proto) -> Value {
        match value {
            Proto::List(items) => Value::Array(items.iter().map(|item| self.scalar(&field.kind(), item)).collect()),
            Proto::Map(entries) => {
                let Kind::Message(entry) = field.kind() else { unreachable!("a map field has an entry type") };
                let kind = entry.map_entry_value_field().kind();
                let mut pairs: Vec<(String, Value)> =
                    entries.iter().map(|(key, value)| (map_key(key), self.scalar(&kind, value))).collect();
                pairs.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(pairs.into_iter().collect())
            }
            other => self.scalar(&field.kind(), other),
        }
    }

    fn scalar(&self, kind: &Kind, value: &Proto) -> Value {
        match value {
            Proto::Bool(value) => Value::Bool(*value),
            Proto::I32(value) => Value::from(*value),
            Proto::U32(value) => Value::from(*value),
            Proto::I64(value) => Value::String(value.to_string()),
            Proto::U64(value) => Value::String(value.to_string()),
            Proto::F32(value) => float(value.to_string().parse().unwrap_or(f64::from(*value))),
            Proto::F64(value) => float(*value),
            Proto::String(value) => Value::String(value.clone()),
            Proto::Bytes(value) => Value::String(STANDARD.encode(value)),
            Proto::EnumNumber(number) => enum_name(kind, *number),
            Proto::Message(message) => self.message(message),
            Proto::List(_) | Proto::Map(_) => unreachable!("protobuf nests no lists or maps"),
        }
    }

    fn wrapper(&self, message: &DynamicMessage) -> Option<Value> {
        let field = message.descriptor().get_field_by_name("value")?;
        Some(self.scalar(&field.kind(), &message.get_field(&field)))
    }

    fn payload_list(&self, message: &DynamicMessage) -> Value {
        let field = message.get_field_by_name("payloads");
        let items = field.as_deref().and_then(Proto::as_list).unwrap_or_default();
        Value::Array(items.iter().filter_map(Proto::as_message).map(|payload| self.message(payload)).collect())
    }
}

// Only what the shorthand can carry without loss: metadata beyond it would vanish.
fn shorthand(payload: &DynamicMessage) -> Option<Value> {
    let metadata = payload.get_field_by_name("metadata")?;
    let metadata = metadata.as_map()?;
    let text = |key: &str| {
        let bytes = metadata.get(&MapKey::String(key.into()))?.as_bytes()?;
        std::str::from_utf8(bytes).ok()
    };
    let data = payload.get_field_by_name("data")?;
    let data = data.as_bytes()?;
    match (text("encoding")?, metadata.len()) {
        ("json/plain", 1) => serde_json::from_slice(data).ok(),
        ("json/protobuf", 2) => {
            let name = text("messageType")?;
            let Value::Object(object) = serde_json::from_slice(data).ok()? else { return None };
            let named = [("_protoMessageType".to_owned(), Value::String(name.to_owned()))];
            Some(Value::Object(named.into_iter().chain(object).collect()))
        }
        _ => None,
    }
}

fn well_known<T: Message + Default>(message: &DynamicMessage) -> T {
    T::decode(message.encode_to_vec().as_slice()).expect("a well-known type decodes as itself")
}

fn seconds(value: &prost_types::Duration) -> String {
    let sign = if value.seconds < 0 || value.nanos < 0 { "-" } else { "" };
    let nanos = value.nanos.unsigned_abs();
    let fraction = match nanos {
        0 => String::new(),
        nanos if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        nanos if nanos % 1_000 == 0 => format!(".{:06}", nanos / 1_000),
        nanos => format!(".{nanos:09}"),
    };
    format!("{sign}{}{fraction}s", value.seconds.unsigned_abs())
}

fn field_mask(message: &DynamicMessage) -> String {
    let mask: prost_types::FieldMask = well_known(message);
    let camel = |path: &String| {
        let mut upper = false;
        path.chars()
            .filter_map(|c| {
                if c == '_' {
                    upper = true;
                    None
                } else if std::mem::take(&mut upper) {
                    Some(c.to_ascii_uppercase())
                } else {
                    Some(c)
                }
            })
            .collect::<String>()
    };
    mask.paths.iter().map(camel).collect::<Vec<_>>().join(",")
}

fn enum_name(kind: &Kind, number: i32) -> Value {
    let Kind::Enum(descriptor) = kind else { return Value::from(number) };
    match descriptor.get_value(number) {
        Some(value) => Value::String(value.name().to_owned()),
        None => Value::from(number),
    }
}

fn map_key(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}

// A whole number is written without its empty fraction, and what JSON cannot write by its protobuf name.
fn float(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Value::from(value as i64);
    }
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::from("NaN"),
        None => Value::from(if value > 0.0 { "Infinity" } else { "-Infinity" }),
    }
}

/// A duration in the JSON form of the printed structures that are no messages.
pub fn go_duration(value: std::time::Duration) -> Value {
    Value::String(duration::format(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_api::temporal::api::{
        common::v1::{ActivityType, Memo, Payload, Payloads as PayloadList, RetryPolicy},
        enums::v1::TaskQueueKind,
        history::v1::{HistoryEvent, WorkflowExecutionSignaledEventAttributes, history_event::Attributes},
        taskqueue::v1::TaskQueue,
    };

    fn payload(encoding: &str, data: &str) -> Payload {
        Payload {
            metadata: [("encoding".to_owned(), encoding.to_owned().into())].into(),
            data: data.to_owned().into(),
            ..Payload::default()
        }
    }

    fn text(value: &Value) -> String {
        value.to_string()
    }

    #[test]
    fn an_event_is_written_in_declared_order_with_shorthand_payloads() {
        let input =
            PayloadList { payloads: vec![payload("json/plain", "{\"b\":1,\"a\":[2]}"), payload("binary/null", "")] };
        let event = HistoryEvent {
            event_id: 7,
            event_time: Some(prost_types::Timestamp { seconds: 10, nanos: 500_000_000 }),
            event_type: 26,
            task_id: 99,
            attributes: Some(Attributes::WorkflowExecutionSignaledEventAttributes(
                WorkflowExecutionSignaledEventAttributes {
                    signal_name: "go".into(),
                    input: Some(input),
                    ..WorkflowExecutionSignaledEventAttributes::default()
                },
            )),
            ..HistoryEvent::default()
        };
        insta::assert_snapshot!(text(&message("temporal.api.history.v1.HistoryEvent", &event, Payloads::Shorthand)));
        insta::assert_snapshot!(text(&message("temporal.api.history.v1.HistoryEvent", &event, Payloads::Raw)));
    }

    #[test]
    fn a_payload_with_more_metadata_keeps_it() {
        let mut typed = payload("json/plain", "\"x\"");
        typed.metadata.insert("type".into(), "Keyword".into());
        let memo = Memo { fields: [("k".into(), payload("json/plain", "1")), ("t".into(), typed)].into() };
        assert_eq!(
            text(&message("temporal.api.common.v1.Memo", &memo, Payloads::Shorthand)),
            r#"{"fields":{"k":1,"t":{"metadata":{"encoding":"anNvbi9wbGFpbg==","type":"S2V5d29yZA=="},"data":"Ingi"}}}"#
        );
    }

    #[test]
    fn numbers_durations_and_enums_have_their_canonical_form() {
        let policy = RetryPolicy {
            initial_interval: Some(prost_types::Duration { seconds: 1, nanos: 500_000_000 }),
            backoff_coefficient: 2.0,
            maximum_interval: Some(prost_types::Duration { seconds: 100, nanos: 0 }),
            ..RetryPolicy::default()
        };
        assert_eq!(
            text(&message("temporal.api.common.v1.RetryPolicy", &policy, Payloads::Raw)),
            r#"{"initialInterval":"1.500s","backoffCoefficient":2,"maximumInterval":"100s"}"#
        );
        let queue = TaskQueue { name: "q".into(), kind: TaskQueueKind::Sticky.into(), normal_name: "n".into() };
        assert_eq!(
            text(&message("temporal.api.taskqueue.v1.TaskQueue", &queue, Payloads::Raw)),
            r#"{"name":"q","kind":"TASK_QUEUE_KIND_STICKY","normalName":"n"}"#
        );
        assert_eq!(
            text(&message("temporal.api.common.v1.ActivityType", &ActivityType::default(), Payloads::Raw)),
            "{}"
        );
    }

    #[test]
    fn a_json_payload_that_is_no_json_stays_a_payload() {
        let broken = payload("json/plain", "{");
        assert_eq!(
            text(&super::payload(&broken, Payloads::Shorthand)),
            r#"{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"ew=="}"#
        );
    }
}
