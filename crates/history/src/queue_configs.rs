//! What was decided about task queues: all of it in memory, every change durable before the queue goes by it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use abide_cluster::matching::{QueueKey, QueueKind};
use abide_cluster::{BoxFuture, Error, Matching, QueueConfigs};
use abide_engine::queue_config::{Change, QueueConfig, Update};
use abide_engine::run::QueueName;
use abide_engine::{Emit, Machine};
use abide_model::{Clock, NamespaceId, Partition, limits};
use abide_store::key::{Key, QueueConfigKey, QueueConfigRecord};
use abide_store::{Batch, Fence, Store, Urgency, Write};
use prost::Message;
use tokio::sync::{Mutex, oneshot};

use crate::shard::store_failed;

type Known = BTreeMap<QueueConfigKey, Arc<QueueConfig>>;

/// See the file's first line.
pub(crate) struct QueueConfigRegistry {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    matching: Arc<dyn Matching>,
    known: RwLock<Known>,
    /// Held while a change is under way; none after a failed commit, until it was looked up what is stored.
    writing: Mutex<Option<Arc<Fence>>>,
}

impl QueueConfigRegistry {
    /// Reads all configurations, and tells those who own the queues.
    pub(crate) async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        matching: Arc<dyn Matching>,
    ) -> Result<Self, abide_store::Error> {
        let registry = Self { store, clock, matching, known: RwLock::default(), writing: Mutex::new(None) };
        let fence = registry.reload().await?;
        *registry.writing.lock().await = Some(fence);
        Ok(registry)
    }

    /// Takes the right to write and reads what is stored.
    async fn reload(&self) -> Result<Arc<Fence>, abide_store::Error> {
        // No partitions: rows of the shared one may be written under any fence, and this one is in nobody's way.
        let fence = self.store.acquire(std::ops::RangeInclusive::new(1, 0)).await?;
        let mut known = Known::new();
        for row in crate::meta::rows(&*self.store, QueueConfigKey::range()).await? {
            let (key, record) = QueueConfigKey::decode_row(row)?;
            let config = QueueConfig::decode(record.state)
                .map_err(|error| abide_store::Error::Corrupt(format!("queue config: {error}")))?;
            known.insert(key, Arc::new(config));
        }
        for (key, config) in &known {
            if let Some(queue) = queue_of(key) {
                self.matching.configure(&queue, config.clone());
            }
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(Arc::new(fence))
    }

    fn find(&self, key: &QueueConfigKey) -> Option<Arc<QueueConfig>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn is_full(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).len() >= limits::QUEUE_CONFIGS_MAX
    }

    /// Lets a configuration decide, and makes the change durable. One at a time: the caller holds `writing`.
    async fn change(
        &self,
        writing: &mut Option<Arc<Fence>>,
        queue: QueueKey,
        update: Update,
    ) -> Result<Arc<QueueConfig>, Error> {
        self.mend(writing).await?;
        let key = key_of(&queue);
        let known = self.find(&key);
        if known.is_none() && self.is_full() {
            return Err(Error::Busy);
        }
        let mut config = known.as_deref().cloned().unwrap_or_default();
        let mut out = Emit::default();
        config.handle(update, self.clock.now(), &mut out).map_err(Error::QueueConfigRejected)?;
        let config = Arc::new(config);
        if let Some(Change(last)) = out.changes.last() {
            let record = QueueConfigRecord { state: last.encode_to_vec().into() };
            self.write(writing, vec![key.put(Partition::SHARED, &record)]).await?;
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(key, config.clone());
            self.matching.configure(&queue, config.clone());
        }
        Ok(config)
    }

    async fn write(&self, writing: &mut Option<Arc<Fence>>, writes: Vec<Write>) -> Result<(), Error> {
        // Until it is known to be stored: whoever comes after a caller who hung up looks up what is.
        let fence = writing.take().ok_or_else(unavailable)?;
        let (done, committed) = oneshot::channel();
        let batch = Batch { fence: fence.clone(), writes };
        self.store.commit(batch, Urgency::Now, Box::new(move |result| drop(done.send(result))));
        if !matches!(committed.await, Ok(Ok(()))) {
            tracing::warn!("the configuration of a task queue may not be stored");
            return Err(unavailable());
        }
        *writing = Some(fence);
        Ok(())
    }

    /// Forgets all that was decided about the queues of a namespace that goes.
    pub(crate) async fn forget(&self, namespace: NamespaceId) -> Result<(), Error> {
        let mut writing = self.writing.lock().await;
        self.mend(&mut writing).await?;
        let keys = self.keys_of(namespace);
        if keys.is_empty() {
            return Ok(());
        }
        self.write(&mut writing, keys.iter().map(|key| key.delete(Partition::SHARED)).collect()).await?;
        for key in keys {
            if let Some(queue) = queue_of(&key) {
                self.matching.configure(&queue, Arc::default());
            }
            self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
        }
        Ok(())
    }

    fn keys_of(&self, namespace: NamespaceId) -> Vec<QueueConfigKey> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.keys().filter(|key| key.namespace == namespace).cloned().collect()
    }

    /// After a failed commit: finds out what is stored.
    async fn mend(&self, writing: &mut Option<Arc<Fence>>) -> Result<(), Error> {
        if writing.is_none() {
            *writing = Some(self.reload().await.map_err(store_failed)?);
        }
        Ok(())
    }
}

impl QueueConfigs for QueueConfigRegistry {
    fn update(&self, queue: QueueKey, update: Update) -> BoxFuture<'_, Result<Arc<QueueConfig>, Error>> {
        Box::pin(async move {
            let mut writing = self.writing.lock().await;
            self.change(&mut writing, queue, update).await
        })
    }

    fn get(&self, queue: &QueueKey) -> Arc<QueueConfig> {
        self.find(&key_of(queue)).unwrap_or_default()
    }
}

fn key_of(queue: &QueueKey) -> QueueConfigKey {
    let kind = match queue.kind {
        QueueKind::Workflow => 1,
        QueueKind::Activity => 2,
        QueueKind::Nexus => 3,
    };
    QueueConfigKey { namespace: queue.namespace, kind, name: queue.queue.name.clone() }
}

/// The queue that a configuration is of; none when a later version has written it for a kind that is not known here.
fn queue_of(key: &QueueConfigKey) -> Option<QueueKey> {
    let kind = match key.kind {
        1 => QueueKind::Workflow,
        2 => QueueKind::Activity,
        3 => QueueKind::Nexus,
        _ => return None,
    };
    Some(QueueKey { namespace: key.namespace, kind, queue: QueueName::normal(key.name.clone()) })
}

fn unavailable() -> Error {
    Error::Unavailable("the configuration of the task queue could not be stored, please retry".into())
}
