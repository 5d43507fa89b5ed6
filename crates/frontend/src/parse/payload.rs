//! Sizes of what users send, and what counts as nothing.

use std::collections::BTreeMap;

use abide_api::temporal::api::common::v1::{Memo, Payload, Payloads};
use abide_model::settings::Limits;
use prost::Message;

use crate::status::Refusal;

/// Refuses payloads over the limit.
pub fn check(payloads: Option<&Payloads>, limits: &Limits) -> Result<(), Refusal> {
    if is_too_large(payloads, limits) { Err(Refusal::invalid("Blob data size exceeds limit.")) } else { Ok(()) }
}

/// Whether payloads are over the limit.
pub fn is_too_large(payloads: Option<&Payloads>, limits: &Limits) -> bool {
    let bytes = payloads.map_or(0, Payloads::encoded_len);
    if bytes > limits.blob_bytes_warn {
        tracing::warn!(bytes, limit = limits.blob_bytes_max, "large payload");
    }
    bytes > limits.blob_bytes_max
}

/// A memo within its limit, without the fields that say nothing.
pub fn memo(memo: Option<Memo>, limits: &Limits) -> Result<Option<Memo>, Refusal> {
    let Some(mut memo) = memo else { return Ok(None) };
    if memo.encoded_len() > limits.memo_bytes_max {
        return Err(Refusal::invalid("Memo size exceeds limit."));
    }
    drop_nulls(&mut memo.fields);
    Ok(if memo.fields.is_empty() { None } else { Some(memo) })
}

/// Removes the fields whose value is null.
pub fn drop_nulls(fields: &mut BTreeMap<String, Payload>) {
    fields.retain(|_, payload| !is_null(payload));
}

/// How a payload is encoded, as it says.
pub fn encoding(payload: &Payload) -> &[u8] {
    payload.metadata.get("encoding").map_or(&[], |encoding| encoding.as_ref())
}

/// Whether a payload says "no value".
pub fn is_null(payload: &Payload) -> bool {
    match encoding(payload) {
        b"binary/null" => true,
        b"json/plain" => payload.data.trim_ascii() == b"null",
        _ => false,
    }
}
