//! What was decided about a task queue: how fast it may hand out tasks, and the weights of its fairness keys.

use std::collections::BTreeMap;

use abide_api::temporal::api::taskqueue::v1::{ConfigMetadata, RateLimit, RateLimitConfig, TaskQueueConfig};
use abide_model::{Timestamp, limits};

use crate::convert::to_proto_time;
use crate::machine::{Emit, Machine};

/// The configuration of one task queue. Its stored form is this protobuf message; tags are for ever.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueueConfig {
    /// As the protocol shows it.
    #[prost(message, required, tag = "1")]
    pub shown: TaskQueueConfig,
    /// Grows with every change.
    #[prost(uint64, tag = "2")]
    pub revision: u64,
}

/// A limit that is set, or lifted when it names no rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitUpdate {
    /// Tasks per second.
    pub rate: Option<f32>,
    /// Why.
    pub reason: String,
}

/// Changes a configuration; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update {
    /// The limit of the queue.
    pub queue: Option<LimitUpdate>,
    /// The limit of each fairness key of weight 1.
    pub keys: Option<LimitUpdate>,
    /// Weights of fairness keys.
    pub set_weights: BTreeMap<String, f32>,
    /// Fairness keys whose weights are no longer decided here.
    pub unset_weights: Vec<String>,
    /// Who.
    pub identity: String,
}

/// The whole record as it is from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct Change(pub QueueConfig);

/// A configuration owes nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {}

/// Why nothing happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// With this change the queue would have so many weights.
    TooManyWeights(usize),
}

impl QueueConfig {
    /// Tasks per second of the queue.
    pub fn queue_rate(&self) -> Option<f64> {
        rate(self.shown.queue_rate_limit.as_ref())
    }

    /// Tasks per second of each fairness key of weight 1.
    pub fn key_rate(&self) -> Option<f64> {
        rate(self.shown.fairness_keys_rate_limit_default.as_ref())
    }

    /// Weights of fairness keys.
    pub fn weights(&self) -> BTreeMap<String, f32> {
        self.shown.fairness_weight_overrides.iter().map(|(key, weight)| (key.clone(), *weight)).collect()
    }
}

impl Machine for QueueConfig {
    type Command = Update;
    type Change = Change;
    type Task = Task;
    type Reply = ();
    type Rejection = Rejection;

    fn handle(&mut self, update: Update, now: Timestamp, out: &mut Emit<Self>) -> Result<(), Rejection> {
        let mut next = self.clone();
        let Update { queue, keys, set_weights, unset_weights, identity } = update;
        if let Some(limit) = queue {
            next.shown.queue_rate_limit = Some(limited(limit, &identity, now));
        }
        if let Some(limit) = keys {
            next.shown.fairness_keys_rate_limit_default = Some(limited(limit, &identity, now));
        }
        for key in &unset_weights {
            next.shown.fairness_weight_overrides.remove(key);
        }
        next.shown.fairness_weight_overrides.extend(set_weights);
        let weights = next.shown.fairness_weight_overrides.len();
        if weights > limits::FAIRNESS_WEIGHTS_MAX {
            return Err(Rejection::TooManyWeights(weights));
        }
        if next != *self {
            next.revision += 1;
            out.emit(self, Change(next));
        }
        Ok(())
    }

    fn apply(&mut self, Change(next): &Change) {
        self.clone_from(next);
    }
}

fn limited(limit: LimitUpdate, identity: &str, now: Timestamp) -> RateLimitConfig {
    RateLimitConfig {
        rate_limit: limit.rate.map(|requests_per_second| RateLimit { requests_per_second }),
        metadata: Some(ConfigMetadata {
            reason: limit.reason,
            update_identity: identity.to_owned(),
            update_time: Some(to_proto_time(now)),
        }),
    }
}

fn rate(limit: Option<&RateLimitConfig>) -> Option<f64> {
    limit?.rate_limit.map(|limit| f64::from(limit.requests_per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(config: &mut QueueConfig, update: Update) -> Result<bool, Rejection> {
        let mut out = Emit::default();
        config.handle(update, Timestamp::from_millis(5), &mut out).map(|()| !out.changes.is_empty())
    }

    #[test]
    fn what_an_update_does_not_name_stays() {
        let mut config = QueueConfig::default();
        let limit = |rate| Some(LimitUpdate { rate, reason: "incident".into() });
        let first = Update { queue: limit(Some(5.0)), identity: "me".into(), ..Update::default() };
        assert_eq!(update(&mut config, first), Ok(true));
        let weights = BTreeMap::from([("a".to_owned(), 2.0), ("b".to_owned(), 3.0)]);
        assert_eq!(update(&mut config, Update { set_weights: weights, ..Update::default() }), Ok(true));
        assert_eq!(update(&mut config, Update { unset_weights: vec!["a".into()], ..Update::default() }), Ok(true));
        assert_eq!((config.queue_rate(), config.key_rate()), (Some(5.0), None));
        assert_eq!(config.weights(), BTreeMap::from([("b".to_owned(), 3.0)]));
        let metadata = config.shown.queue_rate_limit.clone().and_then(|limit| limit.metadata).expect("was set");
        assert_eq!((metadata.reason.as_str(), metadata.update_identity.as_str()), ("incident", "me"));
        assert_eq!(
            update(&mut config, Update { queue: limit(None), keys: limit(Some(0.0)), ..Update::default() }),
            Ok(true)
        );
        assert_eq!((config.queue_rate(), config.key_rate()), (None, Some(0.0)));
        assert_eq!(update(&mut config, Update::default()), Ok(false), "nothing was asked");
        assert_eq!(config.revision, 4);
    }

    #[test]
    fn weights_beyond_the_bound_are_refused_and_change_nothing() {
        let mut config = QueueConfig::default();
        let weights = |from: usize, to: usize| (from..to).map(|n| (format!("{n}"), 1.0)).collect();
        let max = limits::FAIRNESS_WEIGHTS_MAX;
        assert_eq!(update(&mut config, Update { set_weights: weights(0, max), ..Update::default() }), Ok(true));
        let before = config.clone();
        let one_more = Update { set_weights: weights(max, max + 1), ..Update::default() };
        assert_eq!(update(&mut config, one_more), Err(Rejection::TooManyWeights(max + 1)));
        assert_eq!(config, before);
    }
}
