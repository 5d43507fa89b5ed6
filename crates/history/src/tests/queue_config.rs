//! What was decided about a queue is stored before the queue goes by it, and known again after a restart.

use std::sync::Arc;

use abide_cluster::QueueConfigs;
use abide_cluster::matching::{QueueKey, QueueKind};
use abide_engine::queue_config::{LimitUpdate, QueueConfig, Update};
use abide_engine::run::QueueName;
use abide_model::{NamespaceId, SystemClock};
use abide_store::{MemoryStore, Store};
use uuid::Uuid;

use super::world::Remembering;
use crate::queue_configs::QueueConfigRegistry;

fn queue(name: &str) -> QueueKey {
    QueueKey { namespace: NamespaceId(Uuid::nil()), kind: QueueKind::Activity, queue: QueueName::normal(name) }
}

async fn open(store: &Arc<dyn Store>) -> (QueueConfigRegistry, Arc<Remembering>) {
    let matching = Arc::new(Remembering::default());
    let registry = QueueConfigRegistry::open(store.clone(), Arc::new(SystemClock), matching.clone()).await.unwrap();
    (registry, matching)
}

fn limit(rate: f32) -> Update {
    Update { queue: Some(LimitUpdate { rate: Some(rate), ..LimitUpdate::default() }), ..Update::default() }
}

#[tokio::test]
async fn the_configuration_of_a_queue_outlives_the_server() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::open().unwrap());
    let (registry, matching) = open(&store).await;
    assert_eq!(*registry.get(&queue("orders")), QueueConfig::default());
    let config = registry.update(queue("orders"), limit(5.0)).await.unwrap();
    assert_eq!(config.queue_rate(), Some(5.0));
    assert_eq!(matching.configs.lock().unwrap().get(&queue("orders")), Some(&config));
    drop(registry);
    let (registry, matching) = open(&store).await;
    assert_eq!(registry.get(&queue("orders")), config);
    assert_eq!(matching.configs.lock().unwrap().get(&queue("orders")), Some(&config), "the queue is told");
    assert_eq!(*registry.get(&queue("other")), QueueConfig::default());
}
