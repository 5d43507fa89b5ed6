//! Messages as JSON, and the durations of what is printed but is no message.

use serde_json::Value;

pub use abide_json::{Payloads, message, payload};

use crate::duration;

/// A duration in the JSON form of the printed structures that are no messages.
pub fn go_duration(value: std::time::Duration) -> Value {
    Value::String(duration::format(value))
}
