//! A schedule in words that fit into a line.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{Memo, SearchAttributes},
    schedule::v1::{Range, ScheduleSpec, StructuredCalendarSpec},
};
use serde_json::{Map, Value, json};

use crate::output::Output;
use crate::{duration as go, json};

/// When it acts: names and texts, empty where there is nothing to say.
pub fn spec(output: Output, spec: &ScheduleSpec) -> [(&'static str, String); 6] {
    let intervals = spec.interval.iter().map(|interval| {
        let offset = duration(interval.phase.as_ref());
        let mut shown = Map::from_iter([("every".to_owned(), Value::from(duration(interval.interval.as_ref())))]);
        if offset != "0s" {
            shown.insert("offset".into(), offset.into());
        }
        Value::Object(shown)
    });
    let calendars = spec.structured_calendar.iter().map(calendar);
    let cron = spec.cron_string.iter().map(|cron| json!({ "cron": cron }));
    let jitter = spec.jitter.as_ref().map(|jitter| duration(Some(jitter))).unwrap_or_default();
    [
        ("Spec", list(calendars.chain(cron).chain(intervals))),
        ("SkipSpec", list(spec.exclude_structured_calendar.iter().map(calendar))),
        ("StartAt", output.time(spec.start_time.as_ref())),
        ("EndAt", output.time(spec.end_time.as_ref())),
        ("Jitter", jitter),
        ("TimeZoneName", spec.timezone_name.clone()),
    ]
}

/// A duration in the form in which it is easily read.
pub fn duration(value: Option<&prost_types::Duration>) -> String {
    go::spaced(value.copied().and_then(|value| Duration::try_from(value).ok()).unwrap_or_default())
}

/// Search attributes as a line.
pub fn attributes(output: Output, attributes: Option<&SearchAttributes>) -> String {
    let name = "temporal.api.common.v1.SearchAttributes";
    attributes.map(|found| json::message(name, found, output.payloads()).to_string()).unwrap_or_default()
}

/// A memo as a line.
pub fn memo(output: Output, memo: Option<&Memo>) -> String {
    let found = memo.filter(|memo| !memo.fields.is_empty());
    found
        .map(|memo| json::message("temporal.api.common.v1.Memo", memo, output.payloads()).to_string())
        .unwrap_or_default()
}

fn list(values: impl Iterator<Item = Value>) -> String {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    if values.is_empty() { String::new() } else { format!("[{}]", values.join(", ")) }
}

fn calendar(calendar: &StructuredCalendarSpec) -> Value {
    let fields = [
        ("second", &calendar.second),
        ("minute", &calendar.minute),
        ("hour", &calendar.hour),
        ("dayOfMonth", &calendar.day_of_month),
        ("month", &calendar.month),
        ("year", &calendar.year),
        ("dayOfWeek", &calendar.day_of_week),
    ];
    let filled = fields.into_iter().filter(|(_, values)| !values.is_empty());
    let mut shown: Map<String, Value> = filled.map(|(name, values)| (name.to_owned(), ranges(values).into())).collect();
    if !calendar.comment.is_empty() {
        shown.insert("comment".into(), calendar.comment.as_str().into());
    }
    Value::Object(shown)
}

fn ranges(ranges: &[Range]) -> String {
    let range = |range: &Range| {
        let end = if range.end > range.start { format!("-{}", range.end) } else { String::new() };
        let step = if range.step > 1 { format!("/{}", range.step) } else { String::new() };
        format!("{}{end}{step}", range.start)
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(",")
}
