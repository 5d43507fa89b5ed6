//! What the owner of task queues' configurations can be asked.

use std::sync::Arc;

use abide_engine::queue_config::{QueueConfig, Update};

use crate::matching::QueueKey;
use crate::{BoxFuture, Error};

/// The owner of what was decided about task queues. Whoever owns a queue is told of every change.
pub trait QueueConfigs: Send + Sync + 'static {
    /// Changes a configuration, and returns it as it is from now on. Errors: `QueueConfigRejected`, `Busy`.
    fn update(&self, queue: QueueKey, update: Update) -> BoxFuture<'_, Result<Arc<QueueConfig>, Error>>;

    /// The configuration of a queue.
    fn get(&self, queue: &QueueKey) -> Arc<QueueConfig>;
}
