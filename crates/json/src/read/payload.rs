//! Payloads in shorthand: any JSON value is a payload that holds it, as it was written. An object that is a payload itself
//! (metadata with an encoding, and data) is that payload; `null` is the payload that holds nothing.

use prost_reflect::{DynamicMessage, MapKey, MessageDescriptor, Value};

use super::{Reader, scalar, with};
use crate::parse::{Kind, Member, Node, compact};
use crate::read::ReadError;
use crate::{BINARY_NULL, JSON_PLAIN, JSON_PROTOBUF, MESSAGE_TYPE, MESSAGE_TYPE_KEY};

impl Reader<'_> {
    pub(super) fn payload_list(
        &self,
        descriptor: &MessageDescriptor,
        node: &Node,
        depth: usize,
    ) -> Result<DynamicMessage, ReadError> {
        match &node.value {
            Kind::Null => Ok(DynamicMessage::new(descriptor.clone())),
            Kind::Array(items) => {
                let payloads = descriptor.get_field(1).expect("a list of payloads has payloads").kind();
                let items = items.iter().map(|item| self.single(&payloads, item, depth));
                Ok(with(descriptor, [(1, Value::List(items.collect::<Result<_, _>>()?))]))
            }
            _ => self.fields(descriptor, node, depth),
        }
    }

    pub(super) fn payload(
        &self,
        descriptor: &MessageDescriptor,
        node: &Node,
        depth: usize,
    ) -> Result<DynamicMessage, ReadError> {
        let holding = |encoding: &str, data: String| payload_of(descriptor, &[("encoding", encoding)], data);
        let members = match &node.value {
            Kind::Null => return Ok(holding(BINARY_NULL, String::new())),
            Kind::Object(members) => members,
            _ => return Ok(holding(JSON_PLAIN, compact(&self.text[node.start..node.end]))),
        };
        if is_payload(members) {
            return self.fields_of(descriptor, members.iter(), depth);
        }
        let Some(named) = members.iter().find(|member| member.name == MESSAGE_TYPE_KEY) else {
            return Ok(holding(JSON_PLAIN, compact(&self.text[node.start..node.end])));
        };
        let Kind::String(name) = &named.value.value else {
            let what = format!("internal key {MESSAGE_TYPE_KEY:?} should have type string");
            return Err(ReadError::field(self.text, named.value.start, &what));
        };
        let rest = members.iter().filter(|member| member.name != MESSAGE_TYPE_KEY);
        let rest: Vec<String> = rest.map(|member| compact(&self.text[member.start..member.value.end])).collect();
        let metadata = [("encoding", JSON_PROTOBUF), (MESSAGE_TYPE, name)];
        Ok(payload_of(descriptor, &metadata, format!("{{{}}}", rest.join(","))))
    }
}

fn payload_of(descriptor: &MessageDescriptor, metadata: &[(&str, &str)], data: String) -> DynamicMessage {
    let metadata = metadata
        .iter()
        .map(|(key, value)| (MapKey::String((*key).to_owned()), Value::Bytes(value.as_bytes().to_vec().into())));
    with(descriptor, [(1, Value::Map(metadata.collect())), (2, Value::Bytes(data.into_bytes().into()))])
}

fn is_payload(members: &[Member]) -> bool {
    let is_known = |member: &Member| matches!(member.name.as_ref(), "metadata" | "data" | "externalPayloads");
    let find = |name: &str| members.iter().find(|member| member.name == name).map(|member| &member.value.value);
    let Some(Kind::Object(metadata)) = find("metadata") else { return false };
    let base64 = |value: &Kind| match value {
        Kind::String(text) => scalar::bytes(text),
        _ => None,
    };
    let encoding = metadata.iter().find(|member| member.name == "encoding");
    let Some(encoding) = encoding.and_then(|member| base64(&member.value.value)) else { return false };
    let has_data = match find("data") {
        Some(data) => base64(data).is_some(),
        None => encoding == BINARY_NULL.as_bytes(),
    };
    has_data && members.iter().all(is_known) && metadata.iter().all(|member| base64(&member.value.value).is_some())
}
