//! UpdateTaskQueueConfig: how fast a queue may hand out tasks, and the weights of its fairness keys.

use std::collections::BTreeSet;

use abide_api::temporal::api::{
    enums::v1::TaskQueueType,
    workflowservice::v1::{
        UpdateTaskQueueConfigRequest, UpdateTaskQueueConfigResponse, update_task_queue_config_request::RateLimitUpdate,
    },
};
use abide_cluster::matching::{QueueKey, QueueKind};
use abide_engine::queue_config::{LimitUpdate, Update};
use abide_engine::run::QueueName;
use abide_model::limits;

use crate::Frontend;
use crate::parse::queue;
use crate::status::Refusal;

/// Changes the configuration of a queue.
pub async fn update(
    frontend: &Frontend,
    request: UpdateTaskQueueConfigRequest,
) -> Result<UpdateTaskQueueConfigResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?.id();
    let asked = request.task_queue_type();
    let limit = |update: Option<RateLimitUpdate>, what: &Limit| {
        let is_set = update.as_ref().is_some_and(|update| update.rate_limit.is_some());
        if is_set && asked == TaskQueueType::Workflow {
            return Err(Refusal::invalid(what.refused));
        }
        update.map(|update| limit(update, what.label)).transpose()
    };
    let queue_limit = limit(request.update_queue_rate_limit, &QUEUE)?;
    let keys_limit = limit(request.update_fairness_key_rate_limit_default, &KEYS)?;
    check_length("Identity", &request.identity, frontend.limits().id_bytes_max)?;
    let (set_weights, unset_weights) = (request.set_fairness_weight_overrides, request.unset_fairness_weight_overrides);
    check_weights(&set_weights, &unset_weights)?;
    queue::check(&request.task_queue, frontend.limits())?;
    let kind = match asked {
        TaskQueueType::Workflow => QueueKind::Workflow,
        TaskQueueType::Activity => QueueKind::Activity,
        TaskQueueType::Unspecified => return Err(Refusal::invalid("Task queue type is not set.")),
        TaskQueueType::Nexus => return Err(Refusal::NotSupported("Nexus task queues are not supported yet")),
    };
    let update = Update {
        queue: queue_limit,
        keys: keys_limit,
        set_weights: set_weights.into_iter().collect(),
        unset_weights,
        identity: request.identity,
    };
    let key = QueueKey { namespace, kind, queue: QueueName::normal(request.task_queue) };
    let config = frontend.queue_configs.update(key, update).await?;
    Ok(UpdateTaskQueueConfigResponse { config: Some(config.shown.clone()) })
}

/// How texts speak of a limit.
struct Limit {
    label: &'static str,
    refused: &'static str,
}

const QUEUE: Limit =
    Limit { label: "UpdateQueueRateLimit", refused: "Setting rate limit on workflow task queues is not allowed." };
const KEYS: Limit = Limit {
    label: "UpdateFairnessKeyRateLimitDefault",
    refused: "Setting fairness key rate limit on workflow task queues is not allowed.",
};

fn limit(update: RateLimitUpdate, label: &str) -> Result<LimitUpdate, Refusal> {
    let rate = update.rate_limit.map(|limit| limit.requests_per_second);
    if let Some(rate) = rate {
        // What is not a number is not a rate either.
        if rate.is_nan() || rate < 0.0 {
            let text = format!("RequestsPerSecond for {label} rate limit must be non-negative.");
            return Err(Refusal::Invalid(text.into()));
        }
        check_length(&format!("{label}.Reason"), &update.reason, limits::REASON_BYTES_MAX)?;
    }
    Ok(LimitUpdate { rate, reason: update.reason })
}

fn check_length(field: &str, text: &str, bytes_max: usize) -> Result<(), Refusal> {
    if text.len() > bytes_max {
        return Err(Refusal::Invalid(format!("{field} field too long (max {bytes_max} characters).").into()));
    }
    Ok(())
}

fn check_weights<'a>(
    set: impl IntoIterator<Item = (&'a String, &'a f32)> + Copy,
    unset: &[String],
) -> Result<(), Refusal> {
    let set_keys: BTreeSet<&String> = set.into_iter().map(|(key, _)| key).collect();
    let (total, most) = (set_keys.len() + unset.len(), limits::FAIRNESS_WEIGHTS_MAX);
    if total > most {
        let text = format!("too many fairness weight overrides in request: got {total}, maximum {most}");
        return Err(Refusal::Invalid(text.into()));
    }
    for (key, weight) in set {
        check_key(key)?;
        if weight.is_nan() || *weight <= 0.0 {
            let text = format!("invalid fairness weight weight for key {key:?}: must be greater than zero");
            return Err(Refusal::Invalid(text.into()));
        }
    }
    unset.iter().try_for_each(|key| check_key(key))?;
    if let Some(both) = unset.iter().find(|key| set_keys.contains(key)) {
        let text = format!("fairness weight override key {both:?} present in both set and unset lists");
        return Err(Refusal::Invalid(text.into()));
    }
    Ok(())
}

fn check_key(key: &str) -> Result<(), Refusal> {
    if key.is_empty() {
        return Err(Refusal::invalid("fairness weight override key must not be empty"));
    }
    if key.len() > limits::FAIRNESS_KEY_BYTES_MAX {
        return Err(Refusal::invalid("fairness key length exceeds limit"));
    }
    Ok(())
}
