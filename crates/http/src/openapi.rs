//! The API described as OpenAPI, made of the routes and the descriptors when somebody first asks: version 3 in YAML, and
//! version 2 in JSON.

mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use crate::binding::{PREFIX, Verb};
use crate::route::{FieldPath, Route, Segment, all};
use schema::Schemas;

/// What the document in JSON is.
pub(crate) const SWAGGER_TYPE: &str = "application/json";
/// What the document in YAML is.
pub(crate) const YAML_TYPE: &str = "application/yaml";
/// How deeply fields of a message's messages are offered as parameters of a query.
const QUERY_DEPTH_MAX: usize = 3;
const STATUS: &str = "google.rpc.Status";

/// Which version of OpenAPI.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Version {
    Two,
    Three,
}

/// Version 2 in JSON.
pub(crate) fn swagger() -> &'static str {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| serde_json::to_string_pretty(&document(Version::Two)).expect("a JSON value can be written"));
    &TEXT
}

/// Version 3 in YAML.
pub(crate) fn yaml() -> &'static str {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| serde_yaml_ng::to_string(&document(Version::Three)).expect("a JSON value is one of YAML"));
    &TEXT
}

fn document(version: Version) -> Value {
    let mut schemas = Schemas::new(version);
    let status = schemas.reference(&abide_json::descriptor(STATUS));
    let mut routes: Vec<&Route> = all().collect();
    // The paths with a version first: their operations get the plain names.
    routes.sort_by_key(|route| (!route.template.starts_with(PREFIX), route.template.clone()));
    let mut paths = Map::new();
    let mut operations: BTreeMap<String, usize> = BTreeMap::new();
    for route in routes {
        let count = operations.entry(route.method.name().to_owned()).or_default();
        *count += 1;
        let id = if *count == 1 { route.method.name().to_owned() } else { format!("{}{count}", route.method.name()) };
        let operation = operation(route, id, &status, &mut schemas);
        let item = paths.entry(path(route)).or_insert_with(|| Value::Object(Map::new()));
        item.as_object_mut().expect("a path is an object").insert(verb(route.verb).into(), operation);
    }
    let info = json!({
        "title": "Temporal API",
        "description": "The public API as HTTP and JSON.",
        "version": "v1",
    });
    match version {
        Version::Two => json!({
            "swagger": "2.0",
            "info": info,
            "consumes": ["application/json"],
            "produces": ["application/json"],
            "paths": paths,
            "definitions": schemas.all(),
        }),
        Version::Three => json!({
            "openapi": "3.0.3",
            "info": info,
            "paths": paths,
            "components": { "schemas": schemas.all() },
        }),
    }
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::Post => "post",
        Verb::Delete => "delete",
    }
}

/// With the last name of each field alone, so that paths which look the same are the same.
fn path(route: &Route) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(text) => format!("/{text}"),
        Segment::Field(field) => format!("/{{{}}}", name_in_path(field)),
    };
    route.segments().iter().map(segment).collect()
}

fn name_in_path(path: &FieldPath) -> String {
    path.0.last().map(|field| field.json_name().to_owned()).unwrap_or_default()
}

fn operation(route: &Route, id: String, status: &Value, schemas: &mut Schemas) -> Value {
    let mut operation = Map::new();
    operation.insert("tags".into(), json!([route.method.parent_service().name()]));
    operation.insert("operationId".into(), id.into());
    let mut parameters: Vec<Value> = route
        .fields()
        .map(|field| schemas.parameter(&name_in_path(field), Place::Path, &json!({"type": "string"})))
        .collect();
    let body = schemas.reference(&route.method.input());
    match (route.verb, schemas.version()) {
        (Verb::Get | Verb::Delete, _) => query(route, schemas, &mut parameters),
        (Verb::Post, Version::Two) => {
            parameters.push(json!({ "name": "body", "in": "body", "required": true, "schema": body }));
        }
        (Verb::Post, Version::Three) => {
            let content = json!({ "application/json": { "schema": body } });
            operation.insert("requestBody".into(), json!({ "required": true, "content": content }));
        }
    }
    operation.insert("parameters".into(), parameters.into());
    let answer = schemas.reference(&route.method.output());
    let responses = json!({
        "200": schemas.response("What was asked for.", &answer),
        "default": schemas.response("What went wrong.", status),
    });
    operation.insert("responses".into(), responses);
    operation.into()
}

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Path,
    Query,
}

fn query(route: &Route, schemas: &mut Schemas, parameters: &mut Vec<Value>) {
    let in_path: Vec<&FieldPath> = route.fields().collect();
    let mut found = Vec::new();
    fields(&route.method.input(), &mut Vec::new(), &in_path, &mut found);
    for path in found {
        let name = path.iter().map(FieldDescriptor::json_name).collect::<Vec<_>>().join(".");
        let last = path.last().expect("a path leads somewhere");
        let schema = schemas.field(last);
        parameters.push(schemas.parameter(&name, Place::Query, &schema));
    }
}

/// The fields that a query can set: scalars and lists of them, of the message and of the messages inside it.
fn fields(
    message: &MessageDescriptor,
    before: &mut Vec<FieldDescriptor>,
    in_path: &[&FieldPath],
    found: &mut Vec<Vec<FieldDescriptor>>,
) {
    for field in message.fields() {
        before.push(field.clone());
        let is_taken = in_path.iter().any(|path| path.0 == *before);
        match field.kind() {
            _ if is_taken || field.is_map() => {}
            Kind::Message(inner) if !schema::is_scalar(&inner) => {
                if !field.is_list() && before.len() < QUERY_DEPTH_MAX {
                    fields(&inner, before, in_path, found);
                }
            }
            _ => found.push(before.clone()),
        }
        before.pop();
    }
}
