//! What rows say of failures and of the names of enums.

use abide_api::temporal::api::enums::v1::TimeoutType;
use abide_api::temporal::api::failure::v1::{Failure, failure::FailureInfo};

/// As much of a failure's message as a row can show.
const REASON_CHARACTERS_MAX: usize = 300;

/// The first line of what went wrong at the bottom: causes say more than what wraps them.
pub(super) fn reason(failure: Option<&Failure>) -> String {
    let Some(mut failure) = failure else { return String::new() };
    if let Some(FailureInfo::TimeoutFailureInfo(info)) = &failure.failure_info {
        return timeout(info.timeout_type);
    }
    while let Some(cause) = &failure.cause {
        failure = cause;
    }
    first_line(&failure.message)
}

pub(super) fn timeout(kind: i32) -> String {
    let name = words(TimeoutType::try_from(kind).ok().map(|kind| kind.as_str_name()));
    name.trim_start_matches("timeout type ").to_owned()
}

/// `SOME_ENUM_VALUE` as `some enum value`.
pub(super) fn words(name: Option<&'static str>) -> String {
    name.unwrap_or_default().to_lowercase().replace('_', " ")
}

pub(super) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(REASON_CHARACTERS_MAX).collect()
}
