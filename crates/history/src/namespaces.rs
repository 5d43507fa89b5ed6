//! The registry of namespaces: all of them in memory, every change durable before anyone sees it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use abide_cluster::{BoxFuture, Error, Namespaces};
use abide_engine::namespace::{Change, Command, DELETED_ID_LETTERS, Namespace, Register, Rejection, SYSTEM, Update};
use abide_engine::{Emit, Machine};
use abide_model::{Clock, LiveSettings, NamespaceId, Partition, fresh, limits};
use abide_store::key::{Key, NamespaceKey, NamespaceRecord};
use abide_store::{Batch, CommitError, Fence, Store, Urgency, Write};
use prost::Message;
use tokio::sync::{Mutex, Notify, oneshot};

use crate::shard::store_failed;

/// See the file's first line.
pub(crate) struct NamespaceRegistry {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    known: RwLock<Known>,
    /// Held while a change is under way; none after a failed commit, until it was looked up what is stored.
    writing: Mutex<Option<Arc<Fence>>>,
    settings: Arc<LiveSettings>,
    /// Somebody deleted a namespace.
    pub(crate) deleted: Notify,
}

#[derive(Default)]
struct Known {
    by_id: BTreeMap<NamespaceId, Arc<Namespace>>,
    by_name: BTreeMap<String, NamespaceId>,
}

impl Known {
    fn insert(&mut self, namespace: Arc<Namespace>) {
        let id = namespace.id();
        self.remove(id);
        self.by_name.insert(namespace.name.clone(), id);
        self.by_id.insert(id, namespace);
    }

    fn remove(&mut self, id: NamespaceId) {
        if let Some(before) = self.by_id.remove(&id) {
            self.by_name.remove(&before.name);
        }
    }
}

impl NamespaceRegistry {
    /// Reads all namespaces.
    pub(crate) async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: Arc<LiveSettings>,
    ) -> Result<Self, abide_store::Error> {
        let (known, writing, deleted) = (RwLock::default(), Mutex::new(None), Notify::new());
        let registry = Self { store, clock, known, writing, settings, deleted };
        let fence = registry.reload().await?;
        *registry.writing.lock().await = Some(fence);
        Ok(registry)
    }

    /// Takes the right to write and reads what is stored.
    async fn reload(&self) -> Result<Arc<Fence>, abide_store::Error> {
        // No partitions: rows of the shared one may be written under any fence, and this one is in nobody's way.
        let fence = self.store.acquire(std::ops::RangeInclusive::new(1, 0)).await?;
        let mut known = Known::default();
        for row in crate::meta::rows(&*self.store, NamespaceKey::range()).await? {
            let (_, record) = NamespaceKey::decode_row(row)?;
            let namespace = Namespace::decode(record.state)
                .map_err(|error| abide_store::Error::Corrupt(format!("namespace: {error}")))?;
            known.insert(Arc::new(namespace));
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(Arc::new(fence))
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
        let mut out = Emit::within(*self.settings.limits_of(&namespace.name));
        namespace.handle(command, self.clock.now(), &mut out).map_err(|rejection| match rejection {
            Rejection::Invalid(why) => Error::NamespaceInvalid(why),
            Rejection::Forbidden(why) => Error::NamespaceForbidden(why),
        })?;
        let namespace = Arc::new(namespace);
        if let Some(Change(last)) = out.changes.last() {
            let record = NamespaceRecord { state: last.encode_to_vec().into() };
            self.write(writing, vec![NamespaceKey(namespace.id()).put(Partition::SHARED, &record)]).await?;
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(namespace.clone());
        }
        Ok(namespace)
    }

    async fn write(&self, writing: &mut Option<Arc<Fence>>, writes: Vec<Write>) -> Result<(), Error> {
        // Until it is known to be stored: whoever comes after a caller who hung up looks up what is.
        let fence = writing.take().ok_or_else(unavailable)?;
        let committed = self.commit(Batch { fence: fence.clone(), writes }).await;
        committed.map(|()| *writing = Some(fence)).map_err(|error| {
            tracing::warn!(%error, "a namespace may not be stored");
            unavailable()
        })
    }

    /// Nothing is left inside of a deleted namespace.
    pub(crate) async fn emptied(&self, id: NamespaceId) -> Result<Arc<Namespace>, Error> {
        let mut writing = self.writing.lock().await;
        self.mend(&mut writing).await?;
        let namespace = self.by_id(id)?;
        self.change(&mut writing, Namespace::clone(&namespace), Command::Emptied).await
    }

    /// A deleted namespace itself goes.
    pub(crate) async fn remove(&self, id: NamespaceId) -> Result<(), Error> {
        let mut writing = self.writing.lock().await;
        self.mend(&mut writing).await?;
        self.write(&mut writing, vec![NamespaceKey(id).delete(Partition::SHARED)]).await?;
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        Ok(())
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
            if register.name == SYSTEM || self.find(&register.name).is_some() {
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

    fn delete(&self, id: NamespaceId, delay: Duration) -> BoxFuture<'_, Result<Arc<Namespace>, Error>> {
        Box::pin(async move {
            let mut writing = self.writing.lock().await;
            self.mend(&mut writing).await?;
            let namespace = self.by_id(id)?;
            let name = free_name(&namespace, |name| self.find(name).is_some());
            let command = Command::Delete { name, delay };
            let deleted = self.change(&mut writing, Namespace::clone(&namespace), command).await?;
            self.deleted.notify_one();
            Ok(deleted)
        })
    }
}

/// A name that is free for a deleted namespace.
fn free_name(namespace: &Namespace, is_taken: impl Fn(&str) -> bool) -> String {
    // The whole of an id is nobody else's.
    let mut names = (DELETED_ID_LETTERS..=limits::UUID_LETTERS).map(|letters| namespace.deleted_name(letters));
    let free = names.find(|name| !is_taken(name));
    free.unwrap_or_else(|| namespace.deleted_name(limits::UUID_LETTERS))
}

fn unavailable() -> Error {
    Error::Unavailable("the namespace could not be stored, please retry".into())
}
