//! The registry of namespaces: all of them in memory, every change durable before anyone sees it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use abide_cluster::{BoxFuture, Error, Namespaces};
use abide_engine::namespace::{Change, Command, Namespace, Register, Rejection, Update};
use abide_engine::{Emit, Machine};
use abide_model::{Clock, NamespaceId, Partition, fresh, limits};
use abide_store::key::{Key, NamespaceKey, NamespaceRecord};
use abide_store::{Batch, CommitError, Fence, Scan, Space, Store, Urgency};
use prost::Message;
use tokio::sync::{Mutex, oneshot};

use crate::shard::store_failed;

/// See the file's first line.
pub(crate) struct NamespaceRegistry {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    known: RwLock<Known>,
    /// Held while a change is under way; none after a failed commit, until it was looked up what is stored.
    writing: Mutex<Option<Arc<Fence>>>,
}

#[derive(Default)]
struct Known {
    by_id: BTreeMap<NamespaceId, Arc<Namespace>>,
    by_name: BTreeMap<String, NamespaceId>,
}

impl Known {
    fn insert(&mut self, namespace: Arc<Namespace>) {
        self.by_name.insert(namespace.name.clone(), namespace.id());
        self.by_id.insert(namespace.id(), namespace);
    }
}

impl NamespaceRegistry {
    /// Reads all namespaces.
    pub(crate) async fn open(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Result<Self, abide_store::Error> {
        let registry = Self { store, clock, known: RwLock::default(), writing: Mutex::new(None) };
        let fence = registry.reload().await?;
        *registry.writing.lock().await = Some(fence);
        Ok(registry)
    }

    /// Takes the right to write and reads what is stored.
    async fn reload(&self) -> Result<Arc<Fence>, abide_store::Error> {
        // No partitions: rows of the shared one may be written under any fence, and this one is in nobody's way.
        let fence = self.store.acquire(std::ops::RangeInclusive::new(1, 0)).await?;
        let (from, to) = NamespaceKey::range();
        let shared = Partition::SHARED.0;
        let limit = limits::SCAN_PAGE_ROWS;
        let mut scan =
            Scan { space: Space::Meta, partitions: shared..=shared, from, to, after: None, limit, reverse: false };
        let mut known = Known::default();
        loop {
            let rows = self.store.scan(scan.clone()).await?;
            let ended = rows.len() < limit;
            scan.after = rows.last().map(|row| (row.partition, row.key.clone()));
            for row in rows {
                let (_, record) = NamespaceKey::decode_row(row)?;
                let namespace = Namespace::decode(record.state)
                    .map_err(|error| abide_store::Error::Corrupt(format!("namespace: {error}")))?;
                known.insert(Arc::new(namespace));
            }
            if ended {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
                return Ok(Arc::new(fence));
            }
        }
    }

    fn find(&self, name: &str) -> Option<Arc<Namespace>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.by_name.get(name).and_then(|id| known.by_id.get(id)).cloned()
    }

    /// Lets a namespace decide, and makes the change durable. One at a time: the caller holds `writing`.
    async fn change(
        &self,
        writing: &mut Option<Arc<Fence>>,
        mut namespace: Namespace,
        command: Command,
    ) -> Result<Arc<Namespace>, Error> {
        let mut out = Emit::default();
        namespace
            .handle(command, self.clock.now(), &mut out)
            .map_err(|Rejection::Invalid(why)| Error::NamespaceInvalid(why))?;
        let namespace = Arc::new(namespace);
        if let Some(Change(last)) = out.changes.last() {
            let fence = writing.clone().ok_or_else(unavailable)?;
            let record = NamespaceRecord { state: last.encode_to_vec().into() };
            let writes = vec![NamespaceKey(namespace.id()).put(Partition::SHARED, &record)];
            if let Err(error) = self.commit(Batch { fence, writes }).await {
                tracing::warn!(%error, "a namespace may not be stored");
                *writing = None;
                return Err(unavailable());
            }
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(namespace.clone());
        }
        Ok(namespace)
    }

    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let (done, committed) = oneshot::channel();
        self.store.commit(batch, Urgency::Now, Box::new(move |result| drop(done.send(result))));
        committed.await.unwrap_or_else(|_| Err(CommitError::Closed("the commit was dropped".into())))
    }

    /// After a failed commit: finds out what is stored.
    async fn mend(&self, writing: &mut Option<Arc<Fence>>) -> Result<(), Error> {
        if writing.is_none() {
            *writing = Some(self.reload().await.map_err(store_failed)?);
        }
        Ok(())
    }
}

impl Namespaces for NamespaceRegistry {
    fn by_name(&self, name: &str) -> Result<Arc<Namespace>, Error> {
        self.find(name).ok_or_else(|| Error::NamespaceNotFound(name.to_owned()))
    }

    fn by_id(&self, id: NamespaceId) -> Result<Arc<Namespace>, Error> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.by_id.get(&id).cloned().ok_or_else(|| Error::NamespaceNotFound(id.to_string()))
    }

    fn list(&self) -> Vec<Arc<Namespace>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.by_name.values().filter_map(|id| known.by_id.get(id)).cloned().collect()
    }

    fn register(&self, mut register: Register) -> BoxFuture<'_, Result<Arc<Namespace>, Error>> {
        Box::pin(async move {
            let mut writing = self.writing.lock().await;
            self.mend(&mut writing).await?;
            if self.find(&register.name).is_some() {
                return Err(Error::NamespaceExists(register.name));
            }
            register.id.get_or_insert_with(|| NamespaceId(fresh::uuid()));
            self.change(&mut writing, Namespace::default(), Command::Register(register)).await
        })
    }

    fn update(&self, name: String, update: Update) -> BoxFuture<'_, Result<Arc<Namespace>, Error>> {
        Box::pin(async move {
            let mut writing = self.writing.lock().await;
            self.mend(&mut writing).await?;
            let namespace = self.by_name(&name)?;
            self.change(&mut writing, Namespace::clone(&namespace), Command::Update(update)).await
        })
    }
}

fn unavailable() -> Error {
    Error::Unavailable("the namespace could not be stored, please retry".into())
}
