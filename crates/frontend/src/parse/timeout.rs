//! Durations that must not be negative. Everything else about timeouts is the run's.

use prost_types::Duration;

use crate::status::Refusal;

/// Refuses a negative duration, in the reference server's words for `field`.
pub fn check(field: &str, duration: Option<&Duration>) -> Result<(), Refusal> {
    match fault(duration) {
        Some(cause) => Err(Refusal::Invalid(format!("An invalid {field} is set on request. cause: {cause}").into())),
        None => Ok(()),
    }
}

/// What is wrong with a duration.
pub fn fault(duration: Option<&Duration>) -> Option<&'static str> {
    let duration = duration?;
    match (duration.seconds.signum(), duration.nanos.signum()) {
        (1, -1) | (-1, 1) => Some("duration has seconds and nanos with different signs"),
        (-1, _) | (_, -1) => Some("negative duration"),
        _ => None,
    }
}
