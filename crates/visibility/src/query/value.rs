//! Constants: what a text or number means for a column of some type.

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus;
use abide_store::search::{Kind, Value};

use super::QueryError;
use super::expression::Constant;

/// The statuses as queries name them.
const STATUSES: [WorkflowExecutionStatus; 8] = [
    WorkflowExecutionStatus::Running,
    WorkflowExecutionStatus::Completed,
    WorkflowExecutionStatus::Failed,
    WorkflowExecutionStatus::Canceled,
    WorkflowExecutionStatus::Terminated,
    WorkflowExecutionStatus::ContinuedAsNew,
    WorkflowExecutionStatus::TimedOut,
    WorkflowExecutionStatus::Paused,
];

/// The name of a status; none of one that is not known.
pub(crate) fn status_name(number: i64) -> Option<String> {
    let status = STATUSES.into_iter().find(|status| i64::from(*status as i32) == number)?;
    let name = status.as_str_name().trim_start_matches("WORKFLOW_EXECUTION_STATUS_");
    let mut camel = String::new();
    for word in name.split('_') {
        let (first, rest) = word.split_at(1);
        camel.push_str(first);
        camel.push_str(&rest.to_ascii_lowercase());
    }
    Some(camel)
}

/// A value for a column of this name and type.
pub(super) fn value(name: &str, kind: Kind, constant: &Constant) -> Result<Value, QueryError> {
    let value = match (kind, constant) {
        (Kind::Text | Kind::Keyword | Kind::KeywordList, constant) => return text(constant).map(Value::Text),
        (Kind::Int | Kind::Double, Constant::Number(number) | Constant::Text(number)) => self::number(number),
        (Kind::Bool, Constant::Bool(value)) => Some(Value::Bool(*value)),
        (Kind::Bool, Constant::Number(text) | Constant::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        (Kind::Datetime, Constant::Text(text)) => return datetime(text),
        (Kind::Datetime, Constant::Number(number)) => match number.parse() {
            Ok(nanos) => Some(Value::Number(nanos)),
            Err(_) => {
                let text = format!("invalid expression: unexpected value type float64 for search attribute {name}");
                return Err(QueryError(text));
            }
        },
        (Kind::Int | Kind::Double | Kind::Datetime, Constant::Bool(_)) => None,
    };
    value.ok_or_else(|| {
        let (kind, constant) = (kind.name(), shown(constant));
        QueryError(format!(
            "invalid expression: invalid value type for search attribute {name} of type {kind}: {constant}"
        ))
    })
}

/// The text that a constant is.
pub(super) fn text(constant: &Constant) -> Result<String, QueryError> {
    match constant {
        Constant::Text(text) => Ok(text.clone()),
        Constant::Number(_) | Constant::Bool(_) => {
            let shown = shown(constant);
            Err(QueryError(format!("invalid expression: unexpected value type (expected string, got {shown})")))
        }
    }
}

/// The number of a status, by its name or as it is.
pub(super) fn status(constant: &Constant) -> Result<Value, QueryError> {
    let number = match constant {
        Constant::Text(name) => {
            let numbers = STATUSES.into_iter().map(|status| i64::from(status as i32));
            numbers.into_iter().find(|number| status_name(*number).as_ref() == Some(name))
        }
        Constant::Number(number) => number.parse().ok(),
        Constant::Bool(_) => None,
    };
    number.map(Value::Number).ok_or_else(|| {
        let text = match constant {
            Constant::Text(text) | Constant::Number(text) => text.clone(),
            Constant::Bool(_) => shown(constant),
        };
        QueryError(format!("invalid expression: invalid ExecutionStatus value '{text}'"))
    })
}

/// A duration in nanoseconds: a number of them, `1h30m`, or `hours:minutes:seconds`.
pub(super) fn duration(constant: &Constant) -> Result<Value, QueryError> {
    let value = match constant {
        Constant::Number(number) => self::number(number),
        Constant::Text(text) => nanos(text).map(Value::Number),
        Constant::Bool(_) => None,
    };
    value.ok_or_else(|| {
        let text = match constant {
            Constant::Text(text) | Constant::Number(text) => text.clone(),
            Constant::Bool(value) => value.to_string(),
        };
        QueryError(format!("invalid value for search attribute ExecutionDuration: {text} (invalid duration)"))
    })
}

/// A constant as it would be written.
fn shown(constant: &Constant) -> String {
    match constant {
        Constant::Text(text) => format!("'{text}'"),
        Constant::Number(number) => number.clone(),
        Constant::Bool(value) => value.to_string(),
    }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse() {
        return Some(Value::Number(whole));
    }
    // Neither "inf" nor "nan", which Rust would read.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    text.parse().ok().filter(|real: &f64| is_number && real.is_finite()).map(Value::Real)
}

// As in RFC 3339, with the zone: a time without one would mean another moment to every reader.
fn datetime(text: &str) -> Result<Value, QueryError> {
    let bytes = text.as_bytes();
    let has_zone = bytes.ends_with(b"Z") || bytes.len() > 6 && matches!(bytes[bytes.len() - 6], b'+' | b'-');
    let parsed =
        if bytes.get(10) == Some(&b'T') && has_zone { text.parse::<prost_types::Timestamp>().ok() } else { None };
    let nanos =
        |time: prost_types::Timestamp| time.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(time.nanos));
    let value = parsed.map(|time| Value::Number(nanos(time)));
    value.ok_or_else(|| QueryError(format!("invalid expression: unable to parse datetime '{text}'")))
}

fn nanos(text: &str) -> Option<i64> {
    if let Ok(nanos) = text.parse() {
        return Some(nanos);
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let seconds = if rest.contains(':') { clock(rest)? } else { units(rest)? };
    let nanos = sign * seconds * 1e9;
    (nanos.abs() < i64::MAX as f64).then_some(nanos.round() as i64)
}

/// `hours:minutes:seconds`.
fn clock(text: &str) -> Option<f64> {
    let mut parts = text.split(':');
    let [hours, minutes, seconds] = [parts.next()?, parts.next()?, parts.next()?];
    let number = |text: &str| -> Option<f64> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) { None } else { text.parse().ok() }
    };
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
    (parts.next().is_none() && minutes < 60.0 && seconds < 60.0).then_some(hours * 3600.0 + minutes * 60.0 + seconds)
}

/// `1h30m`, `1.5h`, `2d`.
fn units(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 9] = [
        ("d", 86_400.0),
        ("h", 3600.0),
        ("ms", 1e-3),
        ("m", 60.0),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("μs", 1e-6),
        ("ns", 1e-9),
        ("s", 1.0),
    ];
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let length = rest.find(|next: char| !next.is_ascii_digit() && next != '.')?;
        let number: f64 = rest[..length].parse().ok()?;
        let (unit, factor) = UNITS.iter().find(|(unit, _)| rest[length..].starts_with(unit))?;
        seconds += number * factor;
        rest = &rest[length + unit.len()..];
    }
    (!text.is_empty()).then_some(seconds)
}
