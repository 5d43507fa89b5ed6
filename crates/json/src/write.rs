//! Messages into JSON. Fields stand in the order in which they are declared; what is not set is not written.

#[cfg(test)]
mod tests;

use base64::{Engine, engine::general_purpose::STANDARD};
use prost::{DecodeError, Message};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value as Proto};
use serde_json::{Map, Number, Value};

use crate::{
    ANY, BINARY_NULL, DURATION, FIELD_MASK, JSON_PLAIN, JSON_PROTOBUF, MESSAGE_TYPE, MESSAGE_TYPE_KEY, PAYLOAD,
    PAYLOADS, Payloads, TIMESTAMP, descriptor, is_special, is_wrapper, pool, time,
};

/// A message as JSON. `name` is its full protobuf name.
pub fn message(name: &str, message: &impl Message, payloads: Payloads) -> Value {
    let bytes = message.encode_to_vec();
    message_of(descriptor(name), bytes.as_slice(), payloads).expect("a message decodes by its own descriptor")
}

/// An encoded message as JSON.
///
/// # Errors
/// If it is no such message, or nested more deeply than a decoder follows.
pub fn message_of(descriptor: MessageDescriptor, bytes: &[u8], payloads: Payloads) -> Result<Value, DecodeError> {
    let message = DynamicMessage::decode(descriptor, bytes)?;
    Ok(Walk { payloads }.message(&message))
}

/// A payload; in shorthand its value, if it is JSON with nothing but its encoding said about it.
pub fn payload(payload: &abide_api::temporal::api::common::v1::Payload, payloads: Payloads) -> Value {
    message(PAYLOAD, payload, payloads)
}

struct Walk {
    payloads: Payloads,
}

impl Walk {
    fn message(&self, message: &DynamicMessage) -> Value {
        let descriptor = message.descriptor();
        match (descriptor.full_name(), self.payloads) {
            (TIMESTAMP, _) => {
                let (seconds, nanos) = instant(message);
                Value::String(time::write_timestamp(seconds, nanos))
            }
            (DURATION, _) => {
                let (seconds, nanos) = instant(message);
                Value::String(time::write_duration(seconds, nanos))
            }
            (FIELD_MASK, _) => Value::String(field_mask(message)),
            (ANY, _) => self.any(message),
            (PAYLOADS, Payloads::Shorthand) => self.payload_list(message).unwrap_or_else(|| self.fields(message)),
            (PAYLOAD, Payloads::Shorthand) => self.shorthand(message).unwrap_or_else(|| self.fields(message)),
            (name, _) if is_wrapper(name) => self.wrapper(message).unwrap_or_else(|| self.fields(message)),
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

    /// The message inside, with its type; or, if nobody here knows it, its bytes.
    fn any(&self, message: &DynamicMessage) -> Value {
        let (url, bytes) = (message.get_field_by_number(1), message.get_field_by_number(2));
        let url = url.as_deref().and_then(Proto::as_str).unwrap_or_default();
        let bytes = bytes.as_deref().and_then(Proto::as_bytes).cloned().unwrap_or_default();
        let mut object = Map::from_iter([("@type".to_owned(), Value::from(url))]);
        let name = url.rsplit('/').next().unwrap_or_default();
        let inner = pool().get_message_by_name(name);
        let inner = inner.and_then(|inner| DynamicMessage::decode(inner, bytes.clone()).ok());
        match inner.map(|inner| self.message(&inner)) {
            Some(Value::Object(fields)) if !is_special(name) => object.extend(fields),
            Some(value) => drop(object.insert("value".into(), value)),
            None => drop(object.insert("value".into(), STANDARD.encode(&bytes).into())),
        }
        Value::Object(object)
    }

    /// A list in shorthand, if every payload has one.
    fn payload_list(&self, message: &DynamicMessage) -> Option<Value> {
        let field = message.get_field_by_number(1);
        let items = field.as_deref().and_then(Proto::as_list).unwrap_or_default();
        let items = items.iter().map(|item| self.shorthand(item.as_message()?));
        items.collect::<Option<_>>().map(Value::Array)
    }

    // Only what the shorthand can carry without loss: what else is said about a payload would vanish.
    fn shorthand(&self, payload: &DynamicMessage) -> Option<Value> {
        if payload.fields().any(|(field, _)| !matches!(field.name(), "metadata" | "data")) {
            return None;
        }
        let metadata = payload.get_field_by_name("metadata")?;
        let metadata = metadata.as_map()?;
        let text = |key: &str| {
            let bytes = metadata.get(&MapKey::String(key.into()))?.as_bytes()?;
            std::str::from_utf8(bytes).ok()
        };
        let data = payload.get_field_by_name("data")?;
        let data = data.as_bytes()?;
        match (text("encoding")?, metadata.len()) {
            (BINARY_NULL, 1) if data.is_empty() => Some(self.fields(payload)),
            (JSON_PLAIN, 1) => serde_json::from_slice(data).ok(),
            (JSON_PROTOBUF, 2) => {
                let name = text(MESSAGE_TYPE)?;
                let Value::Object(object) = serde_json::from_slice(data).ok()? else { return None };
                let named = [(MESSAGE_TYPE_KEY.to_owned(), Value::String(name.to_owned()))];
                Some(Value::Object(named.into_iter().chain(object).collect()))
            }
            _ => None,
        }
    }
}

/// Both kinds of time have seconds and nanoseconds.
fn instant(message: &DynamicMessage) -> (i64, i32) {
    let seconds = message.get_field_by_number(1).and_then(|seconds| seconds.as_i64()).unwrap_or_default();
    let nanos = message.get_field_by_number(2).and_then(|nanos| nanos.as_i32()).unwrap_or_default();
    (seconds, nanos)
}

fn field_mask(message: &DynamicMessage) -> String {
    let paths = message.get_field_by_number(1);
    let paths = paths.as_deref().and_then(Proto::as_list).unwrap_or_default();
    paths.iter().filter_map(Proto::as_str).map(camel).collect::<Vec<_>>().join(",")
}

fn camel(path: &str) -> String {
    let mut upper = false;
    let mut camel = String::with_capacity(path.len());
    for letter in path.chars() {
        match letter {
            '_' => upper = true,
            letter if std::mem::take(&mut upper) => camel.push(letter.to_ascii_uppercase()),
            letter => camel.push(letter),
        }
    }
    camel
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
