//! Fields of a message from a query: `execution.runId=...`, `pageSize=10`, a list by several values of one name, an entry of a
//! map as `name[key]=value`. A name that is no field is not an error: proxies and people add what they like.

mod scalar;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};

use crate::route::FieldPath;

/// Sets the fields that the path of the request names.
pub(crate) fn set_from_path(message: &mut DynamicMessage, values: Vec<(FieldPath, String)>) -> Result<(), String> {
    for (path, value) in values {
        set(message, &path.0, &[value])?;
    }
    Ok(())
}

/// Sets the fields that the query names, but not those that are in the path.
pub(crate) fn set_from_query(
    message: &mut DynamicMessage,
    query: Vec<(String, String)>,
    in_path: &[FieldPath],
) -> Result<(), String> {
    for (name, values) in grouped(query) {
        let (name, key) = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((name, key)) => (name, Some(key)),
            None => (name.as_str(), None),
        };
        let Some(fields) = fields(&message.descriptor(), name)? else { continue };
        if in_path.iter().any(|path| fields.starts_with(&path.0)) {
            continue;
        }
        match key {
            Some(key) => set_entry(message, &fields, key, &values)?,
            None => set(message, &fields, &values)?,
        }
    }
    Ok(())
}

/// All values of one name together, names in the order in which they first appear.
fn grouped(query: Vec<(String, String)>) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    // Whoever sends very many names does not make it slow.
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (name, value) in query {
        let at = *known.entry(name).or_insert_with_key(|name| {
            groups.push((name.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(value);
    }
    groups
}

/// The fields that a dotted name leads through, if it is known; by JSON or protobuf names.
fn fields(message: &MessageDescriptor, path: &str) -> Result<Option<Vec<FieldDescriptor>>, String> {
    let mut message = Some(message.clone());
    let mut fields: Vec<FieldDescriptor> = Vec::new();
    let mut previous = "";
    for name in path.split('.') {
        let Some(inner) = message.take() else { return Err(format!("invalid path: {previous:?} is not a message")) };
        let field = inner.get_field_by_name(name).or_else(|| inner.get_field_by_json_name(name));
        let Some(field) = field else { return Ok(None) };
        if let (Kind::Message(inner), false, false) = (field.kind(), field.is_list(), field.is_map()) {
            message = Some(inner);
        }
        fields.push(field);
        previous = name;
    }
    Ok(Some(fields))
}

/// The message that the last field is a field of. Made on the way if it is not there yet.
fn parent<'m>(message: &'m mut DynamicMessage, fields: &[FieldDescriptor]) -> Option<&'m mut DynamicMessage> {
    fields.iter().try_fold(message, |message, field| message.get_field_mut(field).as_message_mut())
}

fn set(message: &mut DynamicMessage, fields: &[FieldDescriptor], values: &[String]) -> Result<(), String> {
    let Some((field, before)) = fields.split_last() else { return Ok(()) };
    let value = value(field, values)?;
    if let Some(parent) = parent(message, before) {
        parent.set_field(field, value);
    }
    Ok(())
}

fn value(field: &FieldDescriptor, values: &[String]) -> Result<Value, String> {
    let name = field.name();
    if field.is_map() {
        return Err(format!("no key provided for map {name:?}"));
    }
    if field.is_list() {
        let values = values.iter().map(|value| scalar::parse(&field.kind(), value));
        let values = values.collect::<Result<_, _>>();
        return values.map(Value::List).map_err(|why| format!("parsing list {name:?}: {why}"));
    }
    match values {
        [value] => scalar::parse(&field.kind(), value).map_err(|why| format!("parsing field {name:?}: {why}")),
        several => Err(format!("too many values for field {name:?}: {}", several.join(", "))),
    }
}

fn set_entry(
    message: &mut DynamicMessage,
    fields: &[FieldDescriptor],
    key: &str,
    values: &[String],
) -> Result<(), String> {
    let Some((field, before)) = fields.split_last() else { return Ok(()) };
    let name = field.name();
    let Kind::Message(entry) = field.kind() else { return Err(format!("{name:?} is not a map")) };
    if !field.is_map() {
        return Err(format!("{name:?} is not a map"));
    }
    let [value] = values else { return Err(format!("more than one value provided for key {key:?} in map {name:?}")) };
    let value = scalar::parse(&entry.map_entry_value_field().kind(), value);
    let value = value.map_err(|why| format!("parsing map value {name:?}: {why}"))?;
    let Kind::String = entry.map_entry_key_field().kind() else {
        return Err(format!("parsing map key {name:?}: unsupported key type"));
    };
    if let Some(entries) = parent(message, before).and_then(|parent| parent.get_field_mut(field).as_map_mut()) {
        entries.insert(MapKey::String(key.to_owned()), value);
    }
    Ok(())
}
