//! Requests of every RPC that is served, made from its descriptor: right ones, nearly right ones, and wrong ones. What
//! is drawn follows from a seed, but for what answers have told.

use abide_mutation::{Random, mutated, mutated_text, noise, odd_text};
use bytes::Bytes;
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value};

use super::words::Words;

/// Messages within messages, at most; failures have causes of their own.
const DEPTH_MAX: usize = 7;
/// Fields that a request is pointless without.
const ESSENTIAL: [&str; 37] = [
    "namespace",
    "workflow_id",
    "workflow_type",
    "task_queue",
    "name",
    "execution",
    "workflow_execution",
    "task_token",
    "signal_name",
    "query",
    "query_type",
    "request",
    "meta",
    "input",
    "attributes",
    "activity_id",
    "activity_type",
    "activity",
    "operations",
    "operation",
    "start_workflow",
    "update_workflow",
    "update_ref",
    "wait_policy",
    "lifecycle_stage",
    "request_id",
    "commands",
    "start_to_close_timeout",
    "start_to_fire_timeout",
    "timer_id",
    "workflow_task_finish_event_id",
    "workflow_execution_retention_period",
    "task_queue_type",
    "search_attributes",
    "update_mask",
    "activity_options",
    "failure_info",
];

/// Values in a message, about, at most.
pub const VALUES_MAX: usize = 1500;

/// How far from right a request is.
#[derive(Clone, Copy)]
pub struct Mood {
    /// Of a thousand values, how many are odd or missing.
    pub wild: usize,
    /// Of a hundred optional fields, how many are set.
    pub filled: usize,
}

/// Draws messages.
pub struct Draw<'a> {
    pub random: &'a mut Random,
    pub words: &'a Words,
    pub mood: Mood,
    /// How many values may still be drawn: lists of lists have no end otherwise.
    pub values_left: usize,
}

impl Draw<'_> {
    fn is_wild(&mut self) -> bool {
        self.random.below(1000) < self.mood.wild
    }

    /// A message of this kind.
    pub fn message(&mut self, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
        if let Some(known) = self.well_known(descriptor, depth) {
            return known;
        }
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            let alone = field.containing_oneof().is_none_or(|oneof| oneof.is_synthetic());
            if alone && self.wants(&field, depth) {
                let value = self.field(&field, depth);
                message.set_field(&field, value);
            }
        }
        for oneof in descriptor.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            let fields: Vec<FieldDescriptor> = oneof.fields().collect();
            let field = self.random.one_of(&fields).clone();
            // Most failures are the application's.
            let of_application = fields.iter().find(|field| field.name() == "application_failure_info");
            let field = of_application.filter(|_| self.random.percent(70)).cloned().unwrap_or(field);
            if ESSENTIAL.contains(&oneof.name()) || self.wants(&field, depth) {
                let value = self.field(&field, depth);
                message.set_field(&field, value);
                self.name_kind(&mut message, &field);
            }
        }
        self.deepen(&mut message);
        message
    }

    fn wants(&mut self, field: &FieldDescriptor, depth: usize) -> bool {
        self.values_left = self.values_left.saturating_sub(1);
        if self.values_left == 0 {
            return false;
        }
        if self.is_wild() {
            return self.random.percent(50);
        }
        if matches!(field.kind(), Kind::Message(_)) && depth >= DEPTH_MAX {
            return false;
        }
        // A namespace is named by its id or by its name.
        if field.name() == "id" && field.parent_message().name().contains("Namespace") {
            return false;
        }
        ESSENTIAL.contains(&field.name()) || self.random.percent(self.mood.filled)
    }

    /// A command says what kind it is beside what it holds.
    fn name_kind(&mut self, message: &mut DynamicMessage, field: &FieldDescriptor) {
        let kind = field.name().strip_suffix("_command_attributes").map(str::to_ascii_uppercase);
        let Some(Kind::Enum(kinds)) = message.descriptor().get_field_by_name("command_type").map(|field| field.kind())
        else {
            return;
        };
        let named = kind.and_then(|kind| kinds.get_value_by_name(&format!("COMMAND_TYPE_{kind}")));
        if let Some(value) = named.filter(|_| !self.is_wild()) {
            message.set_field_by_name("command_type", Value::EnumNumber(value.number()));
        }
    }

    /// A failure may be caused by another one, and that as well.
    fn deepen(&mut self, message: &mut DynamicMessage) {
        if message.descriptor().full_name() != "temporal.api.failure.v1.Failure" || !self.is_wild() {
            return;
        }
        for _ in 0..self.random.below(130) {
            let mut outer = DynamicMessage::new(message.descriptor());
            outer.set_field_by_name("message", Value::String("because".into()));
            outer.set_field_by_name("cause", Value::Message(message.clone()));
            *message = outer;
        }
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        if field.is_map() {
            let Kind::Message(entry) = field.kind() else { unreachable!("a map has entries") };
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            let pairs = (0..self.count()).filter_map(|_| {
                let key = self.one(&key, depth + 1).into_map_key()?;
                Some((key, self.one(&value, depth + 1)))
            });
            return Value::Map(pairs.collect());
        }
        if field.is_list() {
            return Value::List((0..self.count()).map(|_| self.one(field, depth + 1)).collect());
        }
        self.one(field, depth + 1)
    }

    fn count(&mut self) -> usize {
        if self.values_left == 0 {
            return 0;
        }
        if self.is_wild() { *self.random.one_of(&[0, 1, 20, 200]) } else { 1 + self.random.below(2) }
    }

    fn one(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let wild = self.is_wild();
        match field.kind() {
            Kind::Message(descriptor) => {
                // What is too deep is there, and empty.
                let empty = depth > DEPTH_MAX || wild && self.random.percent(30);
                let message = if empty { DynamicMessage::new(descriptor) } else { self.message(&descriptor, depth) };
                Value::Message(message)
            }
            Kind::Enum(kinds) => {
                let values: Vec<i32> = kinds.values().map(|value| value.number()).collect();
                Value::EnumNumber(if wild { self.random.number() as i32 } else { *self.random.one_of(&values) })
            }
            Kind::String => Value::String(self.text(field, wild)),
            Kind::Bytes => Value::Bytes(self.bytes(field, wild)),
            Kind::Bool => Value::Bool(self.random.percent(30)),
            Kind::Float => Value::F32(self.float(wild) as f32),
            Kind::Double => Value::F64(self.float(wild)),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(self.number(wild) as i32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(self.number(wild)),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(self.number(wild) as u32),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(self.number(wild) as u64),
        }
    }

    fn number(&mut self, wild: bool) -> i64 {
        let odd = [0, -1, i64::MAX, i64::MIN, i64::from(i32::MAX), i64::from(i32::MIN), 1 << 62, 1_000_000];
        if wild { *self.random.one_of(&odd) } else { self.random.below(8) as i64 }
    }

    fn float(&mut self, wild: bool) -> f64 {
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300, f64::MIN_POSITIVE, -0.0];
        if wild { *self.random.one_of(&odd) } else { 1.0 + self.random.below(3) as f64 / 2.0 }
    }

    fn text(&mut self, field: &FieldDescriptor, wild: bool) -> String {
        let right = self.words.text(field.parent_message().full_name(), field.name(), self.random);
        match wild {
            false => right,
            true if self.random.percent(50) => mutated_text(&right, &["'", "/", "\0"], self.random),
            true if self.random.percent(10) => "x".repeat(1 << (10 + self.random.below(8))),
            true => odd_text(self.random),
        }
    }

    fn bytes(&mut self, field: &FieldDescriptor, wild: bool) -> Bytes {
        let right = self.words.token(field.name(), self.random);
        if !wild {
            return if field.name().contains("token") { right } else { Bytes::from_static(b"1") };
        }
        if right.is_empty() || self.random.percent(20) {
            return noise(self.random, 60).into();
        }
        let changed = mutated(&right, &[], self.random);
        if self.random.percent(50) { changed.into() } else { sealed_again(&changed) }
    }

    /// Messages whose fields would make no sense if they were drawn one by one.
    fn well_known(&mut self, descriptor: &MessageDescriptor, depth: usize) -> Option<DynamicMessage> {
        let mut message = DynamicMessage::new(descriptor.clone());
        let wild = self.is_wild();
        match descriptor.full_name() {
            "google.protobuf.Duration" => {
                let seconds = if wild { self.number(true) } else { 1 + self.random.below(60) as i64 };
                message.set_field_by_name("seconds", Value::I64(seconds));
                message.set_field_by_name("nanos", Value::I32(if wild { self.number(true) as i32 } else { 0 }));
            }
            "google.protobuf.Timestamp" => {
                let seconds = if wild { self.number(true) } else { 1_790_000_000 + self.random.below(1000) as i64 };
                message.set_field_by_name("seconds", Value::I64(seconds));
                message.set_field_by_name("nanos", Value::I32(if wild { self.number(true) as i32 } else { 5 }));
            }
            "google.protobuf.FieldMask" => {
                let paths = ["priority", "retryPolicy.maximumAttempts", "task_queue.name", "versioning_override", "*"];
                let path = if wild { odd_text(self.random) } else { (*self.random.one_of(&paths)).to_owned() };
                message.set_field_by_name("paths", Value::List(vec![Value::String(path)]));
            }
            "google.protobuf.Any" => {
                let names = ["Acceptance", "Rejection", "Response", "Request"];
                let name = format!("temporal.api.update.v1.{}", self.random.one_of(&names));
                let inner = descriptor.parent_pool().get_message_by_name(&name)?;
                let body = self.message(&inner, depth + 1).encode_to_vec();
                let body = if wild { mutated(&body, &[], self.random) } else { body };
                message.set_field_by_name("type_url", Value::String(format!("type.googleapis.com/{name}")));
                message.set_field_by_name("value", Value::Bytes(body.into()));
            }
            "temporal.api.common.v1.Payload" if !wild => {
                let encoding = Value::Bytes(Bytes::from_static(b"json/plain"));
                let metadata = [(prost_reflect::MapKey::String("encoding".into()), encoding)];
                message.set_field_by_name("metadata", Value::Map(metadata.into()));
                let data = *self.random.one_of(&["1", "\"a\"", "{\"a\": [null]}", "true", "[]"]);
                message.set_field_by_name("data", Value::Bytes(Bytes::from_static(data.as_bytes())));
            }
            _ => return None,
        }
        Some(message)
    }
}

/// A task token or a page of a history whose check sum is right again: version, kind, check sum (4 bytes), body.
fn sealed_again(token: &[u8]) -> Bytes {
    let Some((head, body)) = token.split_first_chunk::<6>() else { return Bytes::copy_from_slice(token) };
    let sum = body.iter().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    [&head[..2], &sum.to_be_bytes(), body].concat().into()
}

/// Remembers what an answer tells.
pub fn learn(answer: &DynamicMessage, words: &Words) {
    for (field, value) in answer.fields() {
        learn_value(field.name(), value, words);
    }
}

fn learn_value(name: &str, value: &Value, words: &Words) {
    match value {
        Value::Bytes(token) if name == "next_page_token" => words.learn_page(token.clone()),
        Value::Bytes(token) if name == "task_token" => words.learn_token(token.clone()),
        Value::String(run_id) if name == "run_id" => words.learn_run(run_id.clone()),
        Value::Message(message) => learn(message, words),
        Value::List(values) => values.iter().take(20).for_each(|value| learn_value(name, value, words)),
        _ => {}
    }
}
