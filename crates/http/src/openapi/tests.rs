//! The documents against the rules of OpenAPI that a reader trips over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Version, document, swagger, yaml};

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    for version in [Version::Two, Version::Three] {
        let document = document(version);
        let mut references = BTreeSet::new();
        collect(&document, &mut references);
        assert!(references.len() > 100, "{}", references.len());
        for reference in references {
            let pointer = reference.strip_prefix('#').expect("within the document");
            assert!(document.pointer(pointer).is_some_and(Value::is_object), "{reference}");
        }
        let operations = operations(&document);
        let ids: BTreeSet<&str> =
            operations.iter().map(|(_, operation)| operation["operationId"].as_str().expect("an id")).collect();
        assert_eq!(ids.len(), operations.len());
        assert!(ids.contains("StartWorkflowExecution") && ids.contains("StartWorkflowExecution2"));
    }
}

#[test]
fn what_stands_in_a_path_is_a_parameter_and_no_two_paths_look_the_same() {
    for version in [Version::Two, Version::Three] {
        let document = document(version);
        let mut shapes: BTreeMap<String, String> = BTreeMap::new();
        for (path, operation) in operations(&document) {
            let named: Vec<&str> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            let parameters = operation["parameters"].as_array().expect("a list of parameters");
            let declared = parameters.iter().filter(|parameter| parameter["in"] == "path");
            let declared: Vec<&str> = declared.map(|parameter| parameter["name"].as_str().expect("a name")).collect();
            assert_eq!(declared, named, "{path}");
            let all: BTreeSet<String> =
                parameters.iter().map(|parameter| format!("{}{}", parameter["in"], parameter["name"])).collect();
            assert_eq!(all.len(), parameters.len(), "{path}: {all:?}");
            let shape = path
                .split('/')
                .map(|part| if part.starts_with('{') { "{}" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            let first = shapes.entry(shape).or_insert_with(|| path.clone());
            assert_eq!(*first, path, "one path, two ways to write it");
        }
    }
}

#[test]
fn the_documents_are_json_and_yaml() {
    let two: Value = serde_json::from_str(swagger()).expect("JSON");
    assert_eq!(two["swagger"], "2.0");
    let three: Value = serde_yaml_ng::from_str(yaml()).expect("YAML");
    assert_eq!(three, document(Version::Three));
    let parameters = &three["paths"]["/api/v1/namespaces/{namespace}/workflows/{workflowId}"]["get"]["parameters"];
    let names: Vec<&str> =
        parameters.as_array().expect("parameters").iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["namespace", "workflowId", "execution.runId"]);
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().into_iter().flatten().map(move |(_, operation)| (path.clone(), operation))
        })
        .collect()
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                references.insert(reference.to_owned());
            }
            object.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
