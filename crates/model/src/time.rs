//! Points in time, and the seam through which anyone learns the time. Durations are [`std::time::Duration`].

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time: nanoseconds since the Unix epoch, UTC. Its stored form is a protobuf message with one field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct Timestamp {
    /// Nanoseconds since 1970-01-01T00:00:00Z. Negative before it.
    #[prost(int64, tag = "1")]
    pub nanos: i64,
}

impl Timestamp {
    /// The start of the epoch.
    pub const EPOCH: Timestamp = Timestamp { nanos: 0 };

    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self { nanos: millis.saturating_mul(1_000_000) }
    }

    /// Whole milliseconds since the epoch, rounded up, so that a deadline stored in milliseconds never comes early.
    pub const fn millis_ceil(self) -> i64 {
        self.nanos.div_euclid(1_000_000) + if self.nanos.rem_euclid(1_000_000) > 0 { 1 } else { 0 }
    }

    /// Later by `duration`, at most the end of representable time.
    pub fn after(self, duration: Duration) -> Self {
        let nanos = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        Self { nanos: self.nanos.saturating_add(nanos) }
    }

    /// The time from `earlier` to `self`; zero when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(u64::try_from(self.nanos.saturating_sub(earlier.nanos)).unwrap_or(0))
    }
}

/// Who is asked for the time. Virtual in tests, in simulation and in the time-skipping server.
pub trait Clock: Send + Sync + 'static {
    /// Now, UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp { nanos: i64::try_from(since.as_nanos()).unwrap_or(i64::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_rounded_up_so_that_nothing_comes_early() {
        assert_eq!(Timestamp { nanos: 1 }.millis_ceil(), 1);
        assert_eq!(Timestamp { nanos: 1_000_000 }.millis_ceil(), 1);
        assert_eq!(Timestamp { nanos: -1 }.millis_ceil(), 0);
    }
}
