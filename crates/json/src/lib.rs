//! Protobuf messages as JSON, both ways, as the reference server and its command line write them: camelCase, 64-bit
//! numbers as strings, enums by name, and payloads either as they are or in shorthand, where a JSON payload is simply its
//! value. Reads descriptors; knows no message by its Rust type, and reads no clock.

#[cfg(test)]
mod fuzz;
mod known;
mod parse;
mod read;
mod time;
mod write;

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, MessageDescriptor};

pub use known::keep_known;
pub use read::{ReadError, bytes, read};
pub use time::{duration, timestamp};
pub use write::{message, message_of, payload};

/// How payloads are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Payloads {
    /// JSON payloads as their values.
    Shorthand,
    /// Metadata and data, as SDK replayers read them.
    Raw,
}

/// The descriptors of the whole public API. They are read when they are first asked for, which takes some milliseconds.
pub fn pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        DescriptorPool::decode(abide_api::FILE_DESCRIPTOR_SET).expect("the descriptor set is complete")
    });
    &POOL
}

/// The descriptor of a message of the public API, by its full name.
pub fn descriptor(name: &str) -> MessageDescriptor {
    pool().get_message_by_name(name).expect("the descriptor set has every message of the API")
}

// Names that are treated apart, reading and writing.
const PAYLOAD: &str = "temporal.api.common.v1.Payload";
const PAYLOADS: &str = "temporal.api.common.v1.Payloads";
const ANY: &str = "google.protobuf.Any";
const TIMESTAMP: &str = "google.protobuf.Timestamp";
const DURATION: &str = "google.protobuf.Duration";
const FIELD_MASK: &str = "google.protobuf.FieldMask";
const BINARY_NULL: &str = "binary/null";
const JSON_PLAIN: &str = "json/plain";
const JSON_PROTOBUF: &str = "json/protobuf";
const MESSAGE_TYPE: &str = "messageType";
/// Where the shorthand of a protobuf message that is written as JSON says which message it is.
const MESSAGE_TYPE_KEY: &str = "_protoMessageType";

/// Whether a message is written as something else than its fields, so that within an `Any` it needs a name of its own.
fn is_special(name: &str) -> bool {
    matches!(name, ANY | TIMESTAMP | DURATION | FIELD_MASK) || is_wrapper(name)
}

/// Whether a message is one of those that stand for a scalar that may be absent.
fn is_wrapper(name: &str) -> bool {
    matches!(
        name.strip_prefix("google.protobuf."),
        Some(
            "DoubleValue"
                | "FloatValue"
                | "Int64Value"
                | "UInt64Value"
                | "Int32Value"
                | "UInt32Value"
                | "BoolValue"
                | "StringValue"
                | "BytesValue"
        )
    )
}
