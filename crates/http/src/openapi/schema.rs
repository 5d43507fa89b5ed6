//! What messages look like as JSON: one schema for each that something refers to.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::{Place, Version};

/// Schemas that were asked for, and those that they refer to.
pub(super) struct Schemas {
    version: Version,
    all: BTreeMap<String, Value>,
}

impl Schemas {
    pub(super) fn new(version: Version) -> Self {
        Self { version, all: BTreeMap::new() }
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    pub(super) fn all(self) -> Value {
        Value::Object(self.all.into_iter().collect())
    }

    /// A reference to a message's schema, which is made if it is not there yet.
    pub(super) fn reference(&mut self, message: &MessageDescriptor) -> Value {
        if let Some(schema) = special(message.full_name()) {
            return schema;
        }
        let name = name(message.full_name());
        if !self.all.contains_key(&name) {
            // Messages that hold themselves find this one.
            self.all.insert(name.clone(), Value::Null);
            let schema = self.message(message);
            self.all.insert(name.clone(), schema);
        }
        match self.version {
            Version::Two => json!({ "$ref": format!("#/definitions/{name}") }),
            Version::Three => json!({ "$ref": format!("#/components/schemas/{name}") }),
        }
    }

    fn message(&mut self, message: &MessageDescriptor) -> Value {
        let mut properties = Map::new();
        for field in message.fields() {
            properties.insert(field.json_name().to_owned(), self.field(&field));
        }
        json!({ "type": "object", "properties": properties })
    }

    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                let values = self.kind(&entry.map_entry_value_field().kind());
                json!({ "type": "object", "additionalProperties": values })
            }
            kind if field.is_list() => json!({ "type": "array", "items": self.kind(&kind) }),
            kind => self.kind(&kind),
        }
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Message(message) => self.reference(message),
            Kind::Enum(descriptor) => enumeration(descriptor),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::String => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "format": "byte" }),
            Kind::Double => json!({ "type": "number", "format": "double" }),
            Kind::Float => json!({ "type": "number", "format": "float" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({ "type": "integer", "format": "int32" }),
            Kind::Uint32 | Kind::Fixed32 => json!({ "type": "integer", "format": "int64" }),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({ "type": "string", "format": "int64" }),
            Kind::Uint64 | Kind::Fixed64 => json!({ "type": "string", "format": "uint64" }),
        }
    }

    pub(super) fn parameter(&self, name: &str, place: Place, schema: &Value) -> Value {
        let mut parameter = Map::new();
        parameter.insert("name".into(), name.into());
        match place {
            Place::Path => {
                parameter.insert("in".into(), "path".into());
                parameter.insert("required".into(), true.into());
            }
            Place::Query => drop(parameter.insert("in".into(), "query".into())),
        }
        match (self.version, schema) {
            (Version::Two, Value::Object(schema)) => {
                let is_list = schema.get("type").is_some_and(|kind| kind == "array");
                parameter.extend(schema.clone());
                if is_list {
                    parameter.insert("collectionFormat".into(), "multi".into());
                }
            }
            (_, schema) => drop(parameter.insert("schema".into(), schema.clone())),
        }
        parameter.into()
    }

    pub(super) fn response(&self, description: &str, schema: &Value) -> Value {
        match self.version {
            Version::Two => json!({ "description": description, "schema": schema }),
            Version::Three => {
                json!({ "description": description, "content": { "application/json": { "schema": schema } } })
            }
        }
    }
}

/// Whether a message is written as one value.
pub(super) fn is_scalar(message: &MessageDescriptor) -> bool {
    let name = message.full_name();
    special(name).is_some() && !name.starts_with("temporal.") && name != "google.protobuf.Any"
}

/// What is not written as its fields.
fn special(name: &str) -> Option<Value> {
    let schema = match name {
        "google.protobuf.Timestamp" => json!({ "type": "string", "format": "date-time" }),
        "google.protobuf.Duration" => json!({ "type": "string", "pattern": "^-?[0-9]*([.][0-9]{1,9})?s$" }),
        "google.protobuf.FieldMask" => json!({ "type": "string" }),
        "google.protobuf.DoubleValue" | "google.protobuf.FloatValue" => json!({ "type": "number" }),
        "google.protobuf.Int64Value" | "google.protobuf.UInt64Value" => json!({ "type": "string", "format": "int64" }),
        "google.protobuf.Int32Value" | "google.protobuf.UInt32Value" => json!({ "type": "integer" }),
        "google.protobuf.BoolValue" => json!({ "type": "boolean" }),
        "google.protobuf.StringValue" => json!({ "type": "string" }),
        "google.protobuf.BytesValue" => json!({ "type": "string", "format": "byte" }),
        "google.protobuf.Any" => json!({
            "type": "object",
            "properties": { "@type": { "type": "string" } },
            "additionalProperties": true,
        }),
        "temporal.api.common.v1.Payload" => json!({ "description": "Any JSON value, or a payload written out." }),
        "temporal.api.common.v1.Payloads" => json!({
            "type": "array",
            "items": { "description": "Any JSON value, or a payload written out." },
        }),
        _ => return None,
    };
    Some(schema)
}

fn enumeration(descriptor: &EnumDescriptor) -> Value {
    let names: Vec<String> = descriptor.values().map(|value| value.name().to_owned()).collect();
    json!({ "type": "string", "enum": names })
}

fn name(full: &str) -> String {
    full.strip_prefix("temporal.api.").unwrap_or(full).to_owned()
}
