//! Numbers, texts, bytes and enums of a message, from JSON values. Numbers may be written as texts.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost_reflect::{EnumDescriptor, Kind as Type, Value};

use super::Reader;
use crate::parse::{Kind, Node};
use crate::read::ReadError;

/// Whole numbers beyond this are not exact in a number with a fraction.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

impl Reader<'_> {
    pub(super) fn scalar(&self, kind: &Type, node: &Node) -> Result<Value, ReadError> {
        let (name, value) = match kind {
            Type::Bool => ("bool", bool_of(node).map(Value::Bool)),
            Type::String => ("string", text_of(node).map(|text| Value::String(text.to_owned()))),
            Type::Bytes => ("bytes", text_of(node).and_then(bytes).map(|bytes| Value::Bytes(bytes.into()))),
            Type::Int32 | Type::Sint32 | Type::Sfixed32 => {
                ("int32", whole(node).and_then(|number| number.try_into().ok()).map(Value::I32))
            }
            Type::Int64 | Type::Sint64 | Type::Sfixed64 => {
                ("int64", whole(node).and_then(|number| number.try_into().ok()).map(Value::I64))
            }
            Type::Uint32 | Type::Fixed32 => {
                ("uint32", whole(node).and_then(|number| number.try_into().ok()).map(Value::U32))
            }
            Type::Uint64 | Type::Fixed64 => {
                ("uint64", whole(node).and_then(|number| number.try_into().ok()).map(Value::U64))
            }
            Type::Float => ("float", real(node).and_then(float).map(Value::F32)),
            Type::Double => ("double", real(node).map(Value::F64)),
            Type::Enum(descriptor) => ("enum", enum_of(descriptor, node).map(Value::EnumNumber)),
            Type::Message(_) => ("message", None),
        };
        value.ok_or_else(|| {
            let what = format!("invalid value for {name} type: {}", self.raw(node));
            ReadError::field(self.text, node.start, &what)
        })
    }
}

fn bool_of(node: &Node) -> Option<bool> {
    match node.value {
        Kind::Bool(value) => Some(value),
        _ => None,
    }
}

fn text_of<'n>(node: &'n Node) -> Option<&'n str> {
    match &node.value {
        Kind::String(text) => Some(text),
        _ => None,
    }
}

/// What is written as a number, or as a text that is one.
fn number_of<'n>(node: &'n Node) -> Option<&'n str> {
    match &node.value {
        Kind::Number(text) => Some(text),
        Kind::String(text) => Some(text),
        _ => None,
    }
}

/// `1`, `"1"`, `1.0`, `1e3`.
fn whole(node: &Node) -> Option<i128> {
    let text = number_of(node)?;
    if let Ok(number) = text.parse() {
        return (!text.starts_with('+')).then_some(number);
    }
    let number = decimal(text)?;
    (number.fract() == 0.0 && number.abs() <= EXACT_MAX).then_some(number as i128)
}

fn real(node: &Node) -> Option<f64> {
    match number_of(node)? {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        text => decimal(text),
    }
}

/// As JSON writes numbers; Rust would also take `inf` and `+1`.
fn decimal(text: &str) -> Option<f64> {
    let is_json = text.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-')
        && text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | 'e' | 'E' | '+' | '-'));
    let number: f64 = is_json.then(|| text.parse().ok())??;
    number.is_finite().then_some(number)
}

fn float(number: f64) -> Option<f32> {
    let narrow = number as f32;
    (narrow.is_finite() || !number.is_finite()).then_some(narrow)
}

/// Bytes of a text in base64, in either alphabet, with or without padding.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
    const FOR_URLS: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);
    if text.contains(['-', '_']) { FOR_URLS.decode(text).ok() } else { PLAIN.decode(text).ok() }
}

/// By name, by the name's last part in any case (`Normal`), or by number.
fn enum_of(descriptor: &EnumDescriptor, node: &Node) -> Option<i32> {
    match &node.value {
        Kind::Number(_) => whole(node)?.try_into().ok(),
        Kind::String(name) => {
            let short = || format!("{}_{}", screaming(descriptor.name()), screaming(name));
            let value = descriptor.get_value_by_name(name).or_else(|| descriptor.get_value_by_name(&short()));
            value.map(|value| value.number())
        }
        Kind::Null | Kind::Bool(_) | Kind::Array(_) | Kind::Object(_) => None,
    }
}

/// `TaskQueueKind` as `TASK_QUEUE_KIND`.
fn screaming(name: &str) -> String {
    let mut screaming = String::with_capacity(name.len() + 8);
    let mut previous_is_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && previous_is_lower {
            screaming.push('_');
        }
        previous_is_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        screaming.push(letter.to_ascii_uppercase());
    }
    screaming
}
