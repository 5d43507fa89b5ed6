//! Search attributes: which names there are, what their values may be, how large they may get.

use abide_api::temporal::api::{
    common::v1::{Payload, SearchAttributes},
    enums::v1::IndexedValueType,
};
use abide_engine::namespace::Namespace;
use abide_model::settings::SearchAttributeLimits;
use abide_visibility::{predefined_attributes, system_attributes};
use prost::Message;
use serde_json::Value;

use super::payload;
use crate::status::Refusal;

/// Whether a name is the server's own, so that users cannot add it.
pub fn is_reserved(name: &str) -> bool {
    const INTERNAL: [&str; 4] = ["Memo", "MemoEncoding", "NamespaceId", "VisibilityTaskKey"];
    name.starts_with("Temporal") || INTERNAL.contains(&name) || is_system(name) || predefined(name).is_some()
}

/// The type of an attribute that runs in this namespace can have.
pub fn kind(namespace: &Namespace, name: &str) -> Option<IndexedValueType> {
    let custom = || namespace.search_attributes.get(name).and_then(|kind| IndexedValueType::try_from(*kind).ok());
    predefined(name).or_else(custom)
}

/// Search attributes that can be stored: known names, fitting values that say their type, within the limits, without nulls.
pub fn check(
    namespace: &Namespace,
    attributes: Option<SearchAttributes>,
    bounds: SearchAttributeLimits,
) -> Result<Option<SearchAttributes>, Refusal> {
    let Some(mut attributes) = attributes else { return Ok(None) };
    attributes.indexed_fields.retain(|_, value| !says_nothing(value));
    check_values(namespace, &attributes, bounds)?;
    check_sizes(&attributes, bounds)?;
    name_types(namespace, &mut attributes);
    Ok(if attributes.indexed_fields.is_empty() { None } else { Some(attributes) })
}

/// As [`check`], for a change of attributes: there a null means that one is removed, and the run knows how large they
/// get together.
pub fn check_change(
    namespace: &Namespace,
    attributes: &mut SearchAttributes,
    bounds: SearchAttributeLimits,
) -> Result<(), Refusal> {
    let mut set = attributes.clone();
    for name in attributes.indexed_fields.keys() {
        settable(namespace, name)?;
    }
    set.indexed_fields.retain(|_, value| !says_nothing(value));
    check_values(namespace, &set, bounds)?;
    name_types(namespace, attributes);
    Ok(())
}

/// Whether a value means that there is none: a null, or a list of nothing, whatever the type.
fn says_nothing(value: &Payload) -> bool {
    payload::is_null(value) || (payload::encoding(value) == b"json/plain" && value.data.trim_ascii() == b"[]")
}

/// Workers and the index read a value by the type in its metadata, which clients may leave out, or have wrong: a time is
/// a text otherwise. The value fits the type that is registered.
fn name_types(namespace: &Namespace, attributes: &mut SearchAttributes) {
    for (name, value) in attributes.indexed_fields.iter_mut().filter(|(_, value)| !says_nothing(value)) {
        if let Some(kind) = kind(namespace, name) {
            value.metadata.insert("type".to_owned(), type_name(kind).as_bytes().into());
        }
    }
}

fn check_values(
    namespace: &Namespace,
    attributes: &SearchAttributes,
    bounds: SearchAttributeLimits,
) -> Result<(), Refusal> {
    let count = attributes.indexed_fields.len();
    if count > bounds.number_max {
        let limit = bounds.number_max;
        return invalid(format!("number of search attributes {count} exceeds limit {limit}"));
    }
    for (name, payload) in &attributes.indexed_fields {
        let kind = settable(namespace, name)?;
        check_value(name, kind, payload)?;
    }
    Ok(())
}

fn check_sizes(attributes: &SearchAttributes, bounds: SearchAttributeLimits) -> Result<(), Refusal> {
    for (name, payload) in &attributes.indexed_fields {
        let (bytes, limit) = (payload.data.len(), bounds.value_bytes_max);
        if bytes > limit {
            return invalid(format!("search attribute {name} value size {bytes} exceeds size limit {limit}"));
        }
    }
    let (bytes, limit) = (attributes.encoded_len(), bounds.bytes_max);
    if bytes > limit {
        return invalid(format!("total size of search attributes {bytes} exceeds size limit {limit}"));
    }
    Ok(())
}

fn settable(namespace: &Namespace, name: &str) -> Result<IndexedValueType, Refusal> {
    if is_system(name) {
        return Err(Refusal::Invalid(format!("{name} attribute can't be set in SearchAttributes").into()));
    }
    kind(namespace, name).ok_or_else(|| {
        let namespace = &namespace.name;
        Refusal::Invalid(format!("Namespace {namespace} has no mapping defined for search attribute {name}").into())
    })
}

fn check_value(name: &str, kind: IndexedValueType, payload: &Payload) -> Result<(), Refusal> {
    let kind_name = type_name(kind);
    let value = match payload::encoding(payload) {
        b"json/plain" => serde_json::from_slice::<Value>(&payload.data).ok(),
        _ => None,
    };
    let Some(value) = value else {
        return invalid(format!("invalid value for search attribute {name} of type {kind_name}: value is not json"));
    };
    if !fits(kind, &value) {
        let value = shown(&value);
        return invalid(format!("invalid value for search attribute {name} of type {kind_name}: {value}"));
    }
    Ok(())
}

// A list of one stands for its element, as in the reference.
fn fits(kind: IndexedValueType, value: &Value) -> bool {
    match (kind, value) {
        (IndexedValueType::KeywordList, Value::Array(values)) => values.iter().all(Value::is_string),
        (IndexedValueType::KeywordList, value) => value.is_string(),
        (kind, Value::Array(values)) => matches!(values.as_slice(), [value] if !value.is_array() && fits(kind, value)),
        (IndexedValueType::Text | IndexedValueType::Keyword, value) => value.is_string(),
        (IndexedValueType::Int, value) => value.is_i64(),
        (IndexedValueType::Double, value) => value.is_number(),
        (IndexedValueType::Bool, value) => value.is_boolean(),
        (IndexedValueType::Datetime, value) => {
            value.as_str().is_some_and(|text| text.parse::<prost_types::Timestamp>().is_ok())
        }
        (IndexedValueType::Unspecified, _) => false,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// The type's name as users read it.
pub fn type_name(kind: IndexedValueType) -> &'static str {
    match kind {
        IndexedValueType::Unspecified => "Unspecified",
        IndexedValueType::Text => "Text",
        IndexedValueType::Keyword => "Keyword",
        IndexedValueType::Int => "Int",
        IndexedValueType::Double => "Double",
        IndexedValueType::Bool => "Bool",
        IndexedValueType::Datetime => "Datetime",
        IndexedValueType::KeywordList => "KeywordList",
    }
}

fn is_system(name: &str) -> bool {
    system_attributes().any(|(system, _)| system == name)
}

fn predefined(name: &str) -> Option<IndexedValueType> {
    predefined_attributes().find(|(predefined, _)| *predefined == name).map(|(_, kind)| kind)
}

fn invalid(text: String) -> Result<(), Refusal> {
    Err(Refusal::Invalid(text.into()))
}
