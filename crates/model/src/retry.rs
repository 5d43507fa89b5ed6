//! Retry arithmetic. Decides how long to wait before an attempt, never whether a failure may be retried.

use std::time::Duration;

/// A retry policy whose every field has a value (behaviour: defaults of the reference server are 1 s, 2.0, 100 times
/// the initial interval, no bound on attempts).
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Before the second attempt.
    pub interval_initial: Duration,
    /// What an interval is multiplied by after each attempt; at least 1.
    pub backoff_coefficient: f64,
    /// The longest interval.
    pub interval_max: Duration,
    /// Attempts in all; zero is no bound.
    pub attempts_max: i32,
    /// Failure types that end the retries.
    pub non_retryable_types: Vec<String>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let initial = Duration::from_secs(1);
        Self {
            interval_initial: initial,
            backoff_coefficient: 2.0,
            interval_max: initial * 100,
            attempts_max: 0,
            non_retryable_types: Vec::new(),
        }
    }
}

impl RetryPolicy {
    /// The wait between attempt `attempt` (from 1) and the next one.
    pub fn interval_after(&self, attempt: i32) -> Duration {
        let factor = self.backoff_coefficient.powi(attempt.saturating_sub(1).max(0));
        let seconds = self.interval_initial.as_secs_f64() * factor;
        // Powers of a coefficient overflow to infinity long before attempts do; the maximum bounds both.
        // What is no number is not smaller than it either.
        if seconds < self.interval_max.as_secs_f64() { Duration::from_secs_f64(seconds) } else { self.interval_max }
    }

    /// Whether attempt `attempt` (from 1) was the last that the policy allows.
    pub fn exhausted_by(&self, attempt: i32) -> bool {
        self.attempts_max > 0 && attempt >= self.attempts_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_double_up_to_the_maximum() {
        let policy = RetryPolicy { interval_max: Duration::from_secs(5), ..RetryPolicy::default() };
        let intervals: Vec<u64> = (1..=5).map(|attempt| policy.interval_after(attempt).as_secs()).collect();
        assert_eq!(intervals, [1, 2, 4, 5, 5]);
        assert_eq!(policy.interval_after(i32::MAX), Duration::from_secs(5));
    }

    #[test]
    fn a_coefficient_that_is_no_number_waits_for_the_maximum() {
        for backoff_coefficient in [f64::NAN, f64::INFINITY] {
            let policy = RetryPolicy { backoff_coefficient, ..RetryPolicy::default() };
            assert_eq!(policy.interval_after(2), policy.interval_max, "{backoff_coefficient}");
        }
    }

    #[test]
    fn zero_attempts_mean_no_bound() {
        assert!(!RetryPolicy::default().exhausted_by(1_000_000));
        assert!(RetryPolicy { attempts_max: 2, ..RetryPolicy::default() }.exhausted_by(2));
    }
}
