//! JSON into messages. A field is known by its JSON name or its protobuf name, an enum's value also by its short name; what is
//! unknown, repeated or of the wrong type is an error that says where it stands.

mod payload;
mod scalar;
#[cfg(test)]
mod tests;

pub use scalar::bytes;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind as Type, MapKey, MessageDescriptor, Value};

use crate::parse::{Kind, Member, Node, parse};
use crate::{ANY, DURATION, FIELD_MASK, PAYLOAD, PAYLOADS, Payloads, TIMESTAMP, is_special, is_wrapper, pool, time};

/// How deeply messages may be nested: more, and no decoder of the message would take it.
const DEPTH_MAX: usize = 100;
/// How much of a wrong value is shown.
const SHOWN_CHARS_MAX: usize = 100;

/// Why a text is not the message that it should be, in the reference server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(Cow<'static, str>);

impl ReadError {
    pub(crate) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }

    /// The text is JSON, but what stands there is not what should.
    fn field(text: &str, at: usize, what: &str) -> Self {
        let (line, column) = position(text, at);
        Self(format!("temporalproto: (line {line}:{column}): {what}").into())
    }

    /// What stands there is not even of the right form.
    pub(crate) fn syntax(text: &str, at: usize, what: &str) -> Self {
        let (line, column) = position(text, at);
        Self(format!("temporalproto: syntax error (line {line}:{column}): {what}").into())
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.rfind('\n').map_or(before, |newline| &before[newline + 1..]);
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// The message that the first value of a text is. Nothing at all is an empty message.
pub fn read(descriptor: &MessageDescriptor, text: &str, payloads: Payloads) -> Result<DynamicMessage, ReadError> {
    match parse(text)? {
        Some(node) => Reader { text, payloads }.message(descriptor, &node, DEPTH_MAX),
        None => Ok(DynamicMessage::new(descriptor.clone())),
    }
}

struct Reader<'a> {
    text: &'a str,
    payloads: Payloads,
}

impl Reader<'_> {
    fn message(&self, descriptor: &MessageDescriptor, node: &Node, depth: usize) -> Result<DynamicMessage, ReadError> {
        if depth == 0 {
            return Err(ReadError::new("temporalproto: exceeded max recursion depth"));
        }
        match (descriptor.full_name(), self.payloads) {
            (PAYLOAD, Payloads::Shorthand) => self.payload(descriptor, node, depth),
            (PAYLOADS, Payloads::Shorthand) => self.payload_list(descriptor, node, depth),
            (TIMESTAMP, _) => self.instant(descriptor, node, time::timestamp),
            (DURATION, _) => self.instant(descriptor, node, time::duration),
            (FIELD_MASK, _) => self.field_mask(descriptor, node),
            (ANY, _) => self.any(descriptor, node, depth),
            (name, _) if is_wrapper(name) => {
                let value = self.scalar(&descriptor.get_field(1).expect("a wrapper has a value").kind(), node)?;
                Ok(with(descriptor, [(1, value)]))
            }
            _ => self.fields(descriptor, node, depth),
        }
    }

    fn fields(&self, descriptor: &MessageDescriptor, node: &Node, depth: usize) -> Result<DynamicMessage, ReadError> {
        self.fields_of(descriptor, self.members(node)?.iter(), depth)
    }

    fn fields_of<'n>(
        &self,
        descriptor: &MessageDescriptor,
        members: impl Iterator<Item = &'n Member<'n>>,
        depth: usize,
    ) -> Result<DynamicMessage, ReadError> {
        let mut message = DynamicMessage::new(descriptor.clone());
        let (mut seen, mut seen_oneofs) = (BTreeSet::new(), BTreeSet::new());
        for member in members {
            let name = member.name.as_ref();
            let wrong = |what: String| ReadError::field(self.text, member.start, &what);
            let field = descriptor.get_field_by_json_name(name).or_else(|| descriptor.get_field_by_name(name));
            let field = field.ok_or_else(|| wrong(format!("unknown field {}", shown(name))))?;
            if !seen.insert(field.number()) {
                return Err(wrong(format!("duplicate field {}", shown(name))));
            }
            if matches!(member.value.value, Kind::Null) {
                continue;
            }
            let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
            if let Some(oneof) = oneof
                && !seen_oneofs.insert(oneof.full_name().to_owned())
            {
                let (name, oneof) = (shown(name), oneof.full_name());
                return Err(wrong(format!("error parsing {name}, oneof {oneof} is already set")));
            }
            message.set_field(&field, self.field(&field, &member.value, depth)?);
        }
        Ok(message)
    }

    fn field(&self, field: &FieldDescriptor, node: &Node, depth: usize) -> Result<Value, ReadError> {
        if field.is_map() {
            return self.map(field, node, depth);
        }
        if !field.is_list() {
            return self.single(&field.kind(), node, depth);
        }
        let Kind::Array(items) = &node.value else { return Err(self.unexpected(node)) };
        let items = items.iter().map(|item| self.single(&field.kind(), item, depth));
        items.collect::<Result<_, _>>().map(Value::List)
    }

    fn map(&self, field: &FieldDescriptor, node: &Node, depth: usize) -> Result<Value, ReadError> {
        let Type::Message(entry) = field.kind() else { unreachable!("a map field has an entry type") };
        let (key_type, value_type) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        let mut map = std::collections::HashMap::new();
        for member in self.members(node)? {
            let wrong = |what: String| ReadError::field(self.text, member.start, &what);
            let key = map_key(&key_type, &member.name);
            let key = key.ok_or_else(|| wrong(format!("invalid value for map key: {}", shown(&member.name))))?;
            // The entry is a message, too.
            let value = self.single(&value_type, &member.value, depth - 1)?;
            if map.insert(key, value).is_some() {
                return Err(wrong(format!("duplicate map key {}", shown(&member.name))));
            }
        }
        Ok(Value::Map(map))
    }

    fn single(&self, kind: &Type, node: &Node, depth: usize) -> Result<Value, ReadError> {
        match kind {
            Type::Message(descriptor) => self.message(descriptor, node, depth.saturating_sub(1)).map(Value::Message),
            kind => self.scalar(kind, node),
        }
    }

    /// Both kinds of time have seconds and nanoseconds.
    fn instant(
        &self,
        descriptor: &MessageDescriptor,
        node: &Node,
        read: fn(&str) -> Option<(i64, i32)>,
    ) -> Result<DynamicMessage, ReadError> {
        let Kind::String(text) = &node.value else { return Err(self.unexpected(node)) };
        let (seconds, nanos) = read(text).ok_or_else(|| {
            let what = format!("invalid {} value {}", descriptor.full_name(), self.raw(node));
            ReadError::field(self.text, node.start, &what)
        })?;
        Ok(with(descriptor, [(1, Value::I64(seconds)), (2, Value::I32(nanos))]))
    }

    fn field_mask(&self, descriptor: &MessageDescriptor, node: &Node) -> Result<DynamicMessage, ReadError> {
        let Kind::String(text) = &node.value else { return Err(self.unexpected(node)) };
        let text = text.trim();
        let mut paths = Vec::new();
        for path in text.split(',').filter(|_| !text.is_empty()) {
            let is_path = path.split('.').all(|name| {
                name.starts_with(|letter: char| letter.is_ascii_lowercase())
                    && name.chars().all(|letter| letter.is_ascii_alphanumeric())
            });
            if !is_path {
                let what = format!("google.protobuf.FieldMask.paths contains invalid path: {}", shown(path));
                return Err(ReadError::field(self.text, node.start, &what));
            }
            paths.push(Value::String(snake(path)));
        }
        Ok(with(descriptor, [(1, Value::List(paths))]))
    }

    fn any(&self, descriptor: &MessageDescriptor, node: &Node, depth: usize) -> Result<DynamicMessage, ReadError> {
        let members = self.members(node)?;
        let Some(named) = members.iter().find(|member| member.name == "@type") else {
            let what = "missing \"@type\" field";
            return if members.is_empty() {
                Ok(DynamicMessage::new(descriptor.clone()))
            } else {
                Err(ReadError::syntax(self.text, node.start, what))
            };
        };
        let Kind::String(url) = &named.value.value else { return Err(self.unexpected(&named.value)) };
        let name = url.rsplit('/').next().unwrap_or_default();
        let inner = pool().get_message_by_name(name).ok_or_else(|| {
            ReadError::field(self.text, named.value.start, &format!("unable to resolve {}", shown(url)))
        })?;
        let value = members.iter().find(|member| member.name == "value");
        let inner = match value {
            Some(value) if is_special(name) => self.message(&inner, &value.value, depth - 1)?,
            _ => self.fields_of(&inner, members.iter().filter(|member| member.name != "@type"), depth - 1)?,
        };
        let bytes = prost::Message::encode_to_vec(&inner);
        Ok(with(descriptor, [(1, Value::String(url.to_string())), (2, Value::Bytes(bytes.into()))]))
    }

    fn members<'n, 'a>(&self, node: &'n Node<'a>) -> Result<&'n [Member<'a>], ReadError> {
        match &node.value {
            Kind::Object(members) => Ok(members),
            _ => Err(self.unexpected(node)),
        }
    }

    fn unexpected(&self, node: &Node) -> ReadError {
        ReadError::syntax(self.text, node.start, &format!("unexpected token {}", self.raw(node)))
    }

    /// A value as it was written, or how it begins.
    fn raw(&self, node: &Node) -> String {
        match &node.value {
            Kind::Array(_) => "[".into(),
            Kind::Object(_) => "{".into(),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {
                self.text[node.start..node.end].chars().take(SHOWN_CHARS_MAX).collect()
            }
        }
    }
}

fn shown(name: &str) -> String {
    format!("{:?}", name.chars().take(SHOWN_CHARS_MAX).collect::<String>())
}

fn with<const N: usize>(descriptor: &MessageDescriptor, fields: [(u32, Value); N]) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for (number, value) in fields {
        message.set_field_by_number(number, value);
    }
    message
}

/// `workflowTaskTimeout` as `workflow_task_timeout`.
fn snake(path: &str) -> String {
    let mut snake = String::with_capacity(path.len() + 8);
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn map_key(kind: &Type, text: &str) -> Option<MapKey> {
    match kind {
        Type::String => Some(MapKey::String(text.to_owned())),
        Type::Bool => text.parse().ok().map(MapKey::Bool),
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => text.parse().ok().map(MapKey::I32),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => text.parse().ok().map(MapKey::I64),
        Type::Uint32 | Type::Fixed32 => text.parse().ok().map(MapKey::U32),
        Type::Uint64 | Type::Fixed64 => text.parse().ok().map(MapKey::U64),
        Type::Double | Type::Float | Type::Bytes | Type::Message(_) | Type::Enum(_) => None,
    }
}
