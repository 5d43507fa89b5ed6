//! Between protobuf's times and durations and ours.

use std::time::Duration;

use abide_api::temporal::api::failure::v1::Failure;
use abide_model::{Timestamp, limits};

/// A protobuf timestamp.
pub fn to_proto_time(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: time.nanos.div_euclid(1_000_000_000),
        nanos: time.nanos.rem_euclid(1_000_000_000) as i32,
    }
}

/// From a protobuf timestamp; none stands for the epoch.
pub fn from_proto_time(time: Option<&prost_types::Timestamp>) -> Timestamp {
    time.map_or(Timestamp::EPOCH, |time| Timestamp {
        nanos: time.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(time.nanos)),
    })
}

/// A protobuf duration.
pub fn to_proto_duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: duration.subsec_nanos() as i32,
    }
}

/// From a protobuf duration: none and negative ones are zero, very long ones are [`limits::DURATION_MAX`].
pub fn from_proto_duration(duration: Option<&prost_types::Duration>) -> Duration {
    let Some(duration) = duration else { return Duration::ZERO };
    let Ok(seconds) = u64::try_from(duration.seconds) else { return Duration::ZERO };
    let nanos = u32::try_from(duration.nanos).unwrap_or(0).min(999_999_999);
    Duration::new(seconds, nanos).min(limits::DURATION_MAX)
}

/// Whether a protobuf duration is negative (or mixes signs), which no timeout may be.
pub fn is_negative(duration: Option<&prost_types::Duration>) -> bool {
    duration.is_some_and(|duration| duration.seconds < 0 || duration.nanos < 0)
}

/// A failure with as many causes as are kept. One with more could be stored, and nobody could read it again.
pub fn without_deep_causes(mut failure: Option<Failure>) -> Option<Failure> {
    let mut last = failure.as_mut()?;
    for _ in 1..limits::FAILURE_DEPTH_MAX {
        match last.cause {
            Some(ref mut cause) => last = cause,
            None => return failure,
        }
    }
    last.cause = None;
    failure
}
