//! The shares of fairness keys in a queue: their weights, and how fast each may hand out tasks.

use std::collections::BTreeMap;

use abide_model::{Timestamp, limits};

use crate::rate::Limiter;

/// The least weight of a key; less is this.
const WEIGHT_MIN: f32 = 0.001;
/// The greatest weight of a key; more is this.
const WEIGHT_MAX: f32 = 1000.0;

/// See the file's first line.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    weights: BTreeMap<String, f32>,
    /// Tasks per second of a key of weight 1.
    rate: Option<f64>,
    limiters: BTreeMap<String, Limiter>,
}

impl Shares {
    /// Weights by key, which outdo those that tasks bring, and the tasks per second of a key of weight 1.
    pub(crate) fn configure(&mut self, weights: BTreeMap<String, f32>, rate: Option<f64>) {
        (self.weights, self.rate) = (weights, rate);
        if rate.is_none() {
            self.limiters.clear();
        }
    }

    /// Whether keys have a rate.
    pub(crate) fn are_limited(&self) -> bool {
        self.rate.is_some()
    }

    /// The weight of a key, given what its task says.
    pub(crate) fn weight(&self, key: &str, said: f32) -> f32 {
        let weight = self.weights.get(key).copied().unwrap_or(said);
        if weight > 0.0 { weight.clamp(WEIGHT_MIN, WEIGHT_MAX) } else { 1.0 }
    }

    /// When the key may hand out its next task, if that is later than now.
    pub(crate) fn ready_at(&mut self, key: &str, now: Timestamp) -> Option<Timestamp> {
        let rate = self.rate?;
        let limiter = self.limiters.get_mut(key);
        if rate <= 0.0 {
            return Some(Timestamp { nanos: i64::MAX });
        }
        let limiter = limiter?;
        if limiter.is_ready(now) { None } else { limiter.ready_at(now) }
    }

    /// The key handed out a task.
    pub(crate) fn spend(&mut self, key: &str, weight: f32, now: Timestamp) {
        let Some(rate) = self.rate else { return };
        if self.limiters.len() >= limits::FAIRNESS_KEYS_LIMITED_MAX && !self.limiters.contains_key(key) {
            self.limiters.retain(|_, limiter| !limiter.is_full(now));
        }
        let limiter = self.limiters.entry(key.to_owned()).or_default();
        limiter.set(Some(rate * f64::from(weight)), now);
        limiter.spend();
    }

    /// A task that the key handed out came back.
    pub(crate) fn refund(&mut self, key: &str) {
        if let Some(limiter) = self.limiters.get_mut(key) {
            limiter.refund();
        }
    }
}
