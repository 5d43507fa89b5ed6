//! Task queues as requests name them.

use abide_api::temporal::api::{enums::v1::TaskQueueKind, taskqueue::v1::TaskQueue};
use abide_engine::run::QueueName;
use abide_model::settings::Limits;

use crate::status::Refusal;

/// The queue that a request names: one worker's own, or a normal one.
pub fn name(queue: Option<TaskQueue>, bounds: &Limits) -> Result<QueueName, Refusal> {
    let queue = queue.ok_or(Refusal::invalid("taskQueue is not set"))?;
    let sticky = queue.kind() == TaskQueueKind::Sticky;
    check(&queue.name, bounds)?;
    if !sticky {
        return Ok(QueueName::normal(queue.name));
    }
    // A worker that does not say which queue its own stands in for has still its own queue.
    let normal_name = if queue.normal_name.is_empty() { queue.name.clone() } else { queue.normal_name };
    Ok(QueueName { name: queue.name, normal_name })
}

/// The normal queue that a request names, whatever kind it says.
pub fn normal(queue: Option<TaskQueue>, bounds: &Limits) -> Result<String, Refusal> {
    let queue = queue.ok_or(Refusal::invalid("taskQueue is not set"))?;
    check(&queue.name, bounds)?;
    Ok(queue.name)
}

/// Whether a queue may be called so.
pub fn check(name: &str, bounds: &Limits) -> Result<(), Refusal> {
    QueueName::check(name, bounds.id_bytes_max).map_err(Refusal::invalid)
}
