//! Counts: a total, and how it falls into groups.

use abide_api::temporal::api::common::v1::Payload;
use serde_json::Value;

use super::Output;
use crate::json::{self, Payloads};

/// The values that a group has in common, as they are shown: their type says nothing here, and would keep them from being
/// shown as themselves.
pub fn untyped<'a>(values: impl Iterator<Item = &'a mut Payload>) {
    for value in values {
        value.metadata.remove("type");
    }
}

/// Prints a total and its groups, each with its values.
pub fn print<'a>(output: Output, total: i64, groups: impl Iterator<Item = (&'a [Payload], i64)>) {
    output.text(format!("Total: {total}"));
    for (values, count) in groups {
        let values: Vec<String> =
            values.iter().map(|value| plain(&json::payload(value, Payloads::Shorthand))).collect();
        output.text(format!("Group total: {count}, values: {}", values.join(", ")));
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
