//! What SDKs write into markers: local activities above all. What cannot be read, because a codec encoded it, is a marker
//! with the name that it has.

use abide_api::temporal::api::common::v1::Payload;
use abide_api::temporal::api::history::v1::MarkerRecordedEventAttributes;
use serde_json::Value;

use super::group::{Category, Status};
use super::meaning::Beginning;
use super::words;

/// What SDKs call the marker of a local activity: Go and Java, and those on the common core.
const LOCAL_ACTIVITY: [&str; 2] = ["LocalActivity", "core_local_activity"];
/// Under which of a marker's details, and in which of its fields, its name may be.
const SUBJECTS: [(&str, &str); 6] = [
    ("change-id", ""),
    ("changeId", ""),
    ("patch-data", "id"),
    ("patch_data", "id"),
    ("side-effect-id", ""),
    ("id", ""),
];

/// What begins, and ends, with a marker.
pub(super) fn read(marker: &MarkerRecordedEventAttributes) -> Beginning {
    if LOCAL_ACTIVITY.contains(&marker.marker_name.as_str()) {
        return local_activity(marker);
    }
    let key = SUBJECTS.iter().find_map(|(detail, field)| {
        let value = detail_of(marker, detail)?;
        let value = if field.is_empty() { &value } else { value.get(field)? };
        value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))
    });
    let begins = Beginning::new(Category::Marker, marker.marker_name.clone(), Status::Recorded);
    Beginning { key: key.unwrap_or_default(), ..begins }
}

fn local_activity(marker: &MarkerRecordedEventAttributes) -> Beginning {
    let data = detail_of(marker, "data").unwrap_or(Value::Null);
    let text = |names: [&str; 2]| names.iter().find_map(|name| data.get(name)?.as_str().map(str::to_owned));
    // Java has a detail for each.
    let detail = |name| detail_of(marker, name).and_then(|value| value.as_str().map(str::to_owned));
    let name = text(["activity_type", "ActivityType"]).or_else(|| detail("type"));
    let key = text(["activity_id", "ActivityID"]).or_else(|| detail("activityId"));
    let metadata = detail_of(marker, "meta").unwrap_or(Value::Null);
    let attempt = [&data["attempt"], &data["Attempt"], &metadata["attempt"]].into_iter().find_map(Value::as_u64);
    let failed = marker.failure.as_ref();
    let status = if failed.is_some() { Status::Failed } else { Status::Completed };
    let began = text(["original_schedule_time", ""]).and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let ended = text(["complete_time", ""]).and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let span = began.zip(ended).map(|(began, ended)| (began.as_millisecond(), ended.as_millisecond()));
    Beginning {
        key: key.unwrap_or_default(),
        attempt: attempt.and_then(|attempt| u32::try_from(attempt).ok()).unwrap_or(1).max(1),
        reason: words::reason(failed),
        span: span.filter(|(began, ended)| began <= ended),
        ..Beginning::new(Category::LocalActivity, name.unwrap_or_else(|| "Local activity".to_owned()), status)
    }
}

fn detail_of(marker: &MarkerRecordedEventAttributes, name: &str) -> Option<Value> {
    json(marker.details.get(name)?.payloads.first()?)
}

/// A payload as JSON, if it is JSON that nobody encoded.
pub(super) fn json(payload: &Payload) -> Option<Value> {
    let encoding = payload.metadata.get("encoding")?;
    let readable = matches!(&encoding[..], b"json/plain" | b"json/protobuf");
    readable.then(|| serde_json::from_slice(&payload.data).ok()).flatten()
}
