//! How fast tasks come and go: a counter over the last half minute, and the bound that workers put on a queue. Time
//! comes in; nothing here waits.

use std::time::Duration;

use abide_model::Timestamp;

const SECONDS: usize = 30;
/// Counting tokens in floating point must not make a queue wait for the last billionth of one.
const WHOLE: f64 = 1.0 - 1e-9;

/// Counts events over the last 30 seconds.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    counts: [u32; SECONDS],
    /// The newest second counted, since the epoch.
    newest: i64,
    /// The second of the first event.
    since: Option<i64>,
}

impl Meter {
    pub(crate) fn add(&mut self, now: Timestamp) {
        let slot = self.slot(now);
        self.counts[slot] = self.counts[slot].saturating_add(1);
    }

    /// An event that was counted a moment ago did not happen.
    pub(crate) fn undo(&mut self, now: Timestamp) {
        let slot = self.slot(now);
        self.counts[slot] = self.counts[slot].saturating_sub(1);
    }

    /// Events per second.
    pub(crate) fn per_second(&mut self, now: Timestamp) -> f32 {
        let Some(since) = self.since else { return 0.0 };
        self.slot(now);
        let seconds = (self.newest - since + 1).clamp(1, SECONDS as i64);
        let count: u64 = self.counts.iter().map(|count| u64::from(*count)).sum();
        count as f32 / seconds as f32
    }

    /// The slot of this second, with those skipped since the last call emptied.
    fn slot(&mut self, now: Timestamp) -> usize {
        let second = now.nanos.div_euclid(1_000_000_000);
        if self.since.is_none() {
            (self.since, self.newest) = (Some(second), second);
        }
        // A clock that was set back counts into the newest second until it has caught up.
        if second > self.newest {
            let skipped = (second - self.newest).min(SECONDS as i64);
            for past in 0..skipped {
                self.counts[Self::index(second - past)] = 0;
            }
            self.newest = second;
        }
        Self::index(self.newest)
    }

    fn index(second: i64) -> usize {
        second.rem_euclid(SECONDS as i64) as usize
    }
}

/// A bound on tasks per second. A token bucket of one second's worth.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// None: no bound.
    rate: Option<f64>,
    tokens: f64,
    at: Timestamp,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { rate: None, tokens: 0.0, at: Timestamp::EPOCH }
    }
}

impl Limiter {
    /// Sets the bound; zero (and less) stops everything, none lets everything through.
    pub(crate) fn set(&mut self, rate: Option<f64>, now: Timestamp) {
        let rate = rate.filter(|rate| !rate.is_nan()).map(|rate| rate.max(0.0));
        if self.rate == rate {
            return;
        }
        self.fill(now);
        let before = std::mem::replace(&mut self.rate, rate);
        self.tokens = match before {
            // From standstill as from nothing: a whole second's worth.
            None => self.burst(),
            Some(before) if before <= 0.0 => self.burst(),
            Some(_) => self.tokens.min(self.burst()),
        };
        self.at = now;
    }

    /// Whether it is as if nothing had been handed out for long.
    pub(crate) fn is_full(&mut self, now: Timestamp) -> bool {
        self.fill(now);
        self.tokens >= self.burst() * WHOLE
    }

    /// Whether a task may be handed out.
    pub(crate) fn is_ready(&mut self, now: Timestamp) -> bool {
        match self.rate {
            None => true,
            Some(rate) if rate <= 0.0 => false,
            Some(_) => {
                self.fill(now);
                self.tokens >= WHOLE
            }
        }
    }

    /// A task is handed out.
    pub(crate) fn spend(&mut self) {
        if self.rate.is_some() {
            self.tokens -= 1.0;
        }
    }

    /// A task that was handed out came back.
    pub(crate) fn refund(&mut self) {
        if self.rate.is_some() {
            self.tokens = (self.tokens + 1.0).min(self.burst());
        }
    }

    /// When the next task may be handed out, if that is later than now; none also when it never may.
    pub(crate) fn ready_at(&mut self, now: Timestamp) -> Option<Timestamp> {
        let rate = self.rate.filter(|rate| *rate > 0.0)?;
        if self.is_ready(now) {
            return None;
        }
        let wait = Duration::try_from_secs_f64((1.0 - self.tokens) / rate).unwrap_or(Duration::MAX);
        Some(now.after(wait.saturating_add(Duration::from_nanos(1))))
    }

    fn fill(&mut self, now: Timestamp) {
        let Some(rate) = self.rate else { return };
        self.tokens = (self.tokens + now.since(self.at).as_secs_f64() * rate).min(self.burst());
        self.at = now;
    }

    fn burst(&self) -> f64 {
        self.rate.unwrap_or(0.0).ceil().max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_meter_forgets_what_is_older_than_its_window() {
        let mut meter = Meter::default();
        assert_eq!(meter.per_second(at(0)), 0.0);
        for second in 0..60 {
            meter.add(at(second * 1000));
            meter.add(at(second * 1000 + 500));
        }
        assert_eq!(meter.per_second(at(59_000)), 2.0);
        assert_eq!(meter.per_second(at(74_000)), 1.0);
        assert_eq!(meter.per_second(at(200_000)), 0.0);
    }

    #[test]
    fn a_young_meter_divides_by_its_age() {
        let mut meter = Meter::default();
        for _ in 0..6 {
            meter.add(at(10_000));
        }
        assert_eq!(meter.per_second(at(10_900)), 6.0);
        assert_eq!(meter.per_second(at(11_000)), 3.0);
        meter.undo(at(11_000));
        assert_eq!(meter.per_second(at(11_000)), 3.0, "nothing was counted in this second");
    }

    #[test]
    fn a_limiter_lets_through_a_second_at_once_and_then_its_rate() {
        let mut limiter = Limiter::default();
        assert!(limiter.is_ready(at(0)));
        limiter.set(Some(2.0), at(0));
        for _ in 0..2 {
            assert!(limiter.is_ready(at(0)));
            limiter.spend();
        }
        assert!(!limiter.is_ready(at(0)));
        let next = limiter.ready_at(at(0)).unwrap();
        assert!(next > at(499) && next <= at(501), "{next:?}");
        assert!(limiter.is_ready(next));
    }

    #[test]
    fn a_rate_of_zero_stops_and_another_rate_starts_again() {
        let mut limiter = Limiter::default();
        limiter.set(Some(0.0), at(0));
        assert!(!limiter.is_ready(at(1_000_000)));
        assert_eq!(limiter.ready_at(at(0)), None);
        limiter.set(Some(10.0), at(1_000_000));
        assert!(limiter.is_ready(at(1_000_100)));
        limiter.set(Some(f64::NAN), at(1_000_100));
        assert!(limiter.is_ready(at(1_000_100)));
    }

    #[test]
    fn a_token_that_comes_back_can_be_spent_again() {
        let mut limiter = Limiter::default();
        limiter.set(Some(1.0), at(0));
        limiter.spend();
        assert!(!limiter.is_ready(at(0)));
        limiter.refund();
        assert!(limiter.is_ready(at(0)));
        assert_eq!(limiter.ready_at(at(0)), None);
    }
}
