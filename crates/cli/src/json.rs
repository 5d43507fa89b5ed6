//! Messages as JSON, and numbers of what is printed but is no message.

use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage};
use serde_json::{Number, Value};

pub use abide_json::{Payloads, keep_known, message, payload, pool, read};

/// A message that is known by its descriptor only, with its payloads whole.
pub fn whole(message: &DynamicMessage) -> Value {
    let written = abide_json::message_of(message.descriptor(), &message.encode_to_vec(), Payloads::Raw);
    written.expect("a message decodes by its own descriptor")
}

/// A number of half the size, with as many digits as it has.
pub fn float32(value: f32) -> Value {
    float(value.to_string().parse().unwrap_or(f64::from(value)))
}

/// A number. A whole one is written without its empty fraction, and what JSON cannot write by its protobuf name.
pub fn float(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Value::from(value as i64);
    }
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::from("NaN"),
        None => Value::from(if value > 0.0 { "Infinity" } else { "-Infinity" }),
    }
}
