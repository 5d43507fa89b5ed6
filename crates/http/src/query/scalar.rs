//! One value of a query: a number, a text, a time. Texts of errors are those of the reference server's library.

use std::num::{IntErrorKind, ParseIntError};

use prost_reflect::{DynamicMessage, EnumDescriptor, Kind, MessageDescriptor, Value};

/// Units of a span of time, in nanoseconds.
const UNITS: [(&str, f64); 7] =
    [("h", 3.6e12), ("m", 6e10), ("s", 1e9), ("ms", 1e6), ("us", 1e3), ("µs", 1e3), ("ns", 1.0)];
const NANOS_PER_SECOND: f64 = 1e9;

pub(super) fn parse(kind: &Kind, text: &str) -> Result<Value, String> {
    let whole = |outcome: Result<Value, ParseIntError>, name: &str| {
        outcome.map_err(|error| {
            let why = match error.kind() {
                IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
                _ => "invalid syntax",
            };
            format!("strconv.{name}: parsing {text:?}: {why}")
        })
    };
    match kind {
        Kind::Bool => bool(text).map(Value::Bool),
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Bytes => bytes(text),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => whole(text.parse().map(Value::I32), "ParseInt"),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => whole(text.parse().map(Value::I64), "ParseInt"),
        Kind::Uint32 | Kind::Fixed32 => whole(text.parse().map(Value::U32), "ParseUint"),
        Kind::Uint64 | Kind::Fixed64 => whole(text.parse().map(Value::U64), "ParseUint"),
        Kind::Float => real(text).map(|number| Value::F32(number as f32)),
        Kind::Double => real(text).map(Value::F64),
        Kind::Enum(descriptor) => enumeration(descriptor, text).map(Value::EnumNumber),
        Kind::Message(descriptor) => message(descriptor, text).map(Value::Message),
    }
}

fn bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
    }
}

fn real(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"))
}

fn bytes(text: &str) -> Result<Value, String> {
    let bytes = abide_json::bytes(text).ok_or("illegal base64 data")?;
    Ok(Value::Bytes(bytes.into()))
}

fn enumeration(descriptor: &EnumDescriptor, text: &str) -> Result<i32, String> {
    let by_number = || descriptor.get_value(text.parse().ok()?);
    let value = descriptor.get_value_by_name(text).or_else(by_number);
    value.map(|value| value.number()).ok_or_else(|| format!("{text:?} is not a valid value"))
}

fn message(descriptor: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    let mut message = DynamicMessage::new(descriptor.clone());
    match descriptor.full_name() {
        "google.protobuf.Timestamp" => {
            let (seconds, nanos) =
                abide_json::timestamp(text).ok_or_else(|| format!("parsing time {text:?}: not as RFC 3339 has it"))?;
            message.set_field_by_number(1, Value::I64(seconds));
            message.set_field_by_number(2, Value::I32(nanos));
        }
        "google.protobuf.Duration" => {
            let (seconds, nanos) = abide_json::duration(text)
                .or_else(|| with_units(text))
                .ok_or_else(|| format!("time: invalid duration {text:?}"))?;
            message.set_field_by_number(1, Value::I64(seconds));
            message.set_field_by_number(2, Value::I32(nanos));
        }
        "google.protobuf.FieldMask" => {
            let paths = text.split(',').map(|path| Value::String(path.to_owned())).collect();
            message.set_field_by_number(1, Value::List(paths));
        }
        name if name.starts_with("google.protobuf.") && name.ends_with("Value") => {
            let field = descriptor.get_field(1).filter(|field| field.name() == "value");
            let field = field.ok_or_else(|| format!("unsupported message type: {name:?}"))?;
            message.set_field(&field, parse(&field.kind(), text)?);
        }
        name => return Err(format!("unsupported message type: {name:?}")),
    }
    Ok(message)
}

/// `1h30m`, `1.5s`, `-20ms`: numbers with units, one behind the other.
fn with_units(text: &str) -> Option<(i64, i32)> {
    let (sign, mut rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let mut nanos = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, behind) = rest.split_at(digits);
        let unit_end = behind.find(|letter: char| letter.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
        nanos += number.parse::<f64>().ok()? * size;
        rest = behind;
    }
    let seconds = sign * nanos / NANOS_PER_SECOND;
    let is_in_range = !text.is_empty() && seconds.abs() <= i32::MAX as f64 * 100.0;
    is_in_range.then_some((seconds.trunc() as i64, (seconds.fract() * NANOS_PER_SECOND).trunc() as i32))
}
