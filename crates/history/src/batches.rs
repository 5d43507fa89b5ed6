//! The registry of batches: all of them in memory, every change durable before anyone sees it. Does not carry them out.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use abide_cluster::{Batches, BoxFuture, Error};
use abide_engine::batch::{Batch, Change, Command, Rejection, Start};
use abide_engine::run;
use abide_engine::{Emit, Machine};
use abide_model::{Clock, NamespaceId, Partition, RunId, limits};
use abide_store::key::{BatchKey, BatchRecord, Key};
use abide_store::{Fence, Store, Write};
use prost::Message;
use tokio::sync::{Mutex, Notify, oneshot};
use uuid::Uuid;

use crate::shard::store_failed;

type Known = BTreeMap<BatchKey, Arc<Batch>>;

/// See the file's first line.
pub(crate) struct BatchRegistry {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    known: RwLock<Known>,
    /// Held while a change is under way; none after a failed commit, until it was looked up what is stored.
    writing: Mutex<Option<Arc<Fence>>>,
    begun: Notify,
}

impl BatchRegistry {
    /// Reads all batches.
    pub(crate) async fn open(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Result<Self, abide_store::Error> {
        let (known, writing, begun) = (RwLock::default(), Mutex::new(None), Notify::new());
        let registry = Self { store, clock, known, writing, begun };
        let fence = registry.reload().await?;
        *registry.writing.lock().await = Some(fence);
        Ok(registry)
    }

    /// Takes the right to write and reads what is stored.
    async fn reload(&self) -> Result<Arc<Fence>, abide_store::Error> {
        // No partitions: rows of the shared one may be written under any fence, and this one is in nobody's way.
        let fence = self.store.acquire(std::ops::RangeInclusive::new(1, 0)).await?;
        let mut known = Known::new();
        for row in crate::meta::rows(&*self.store, BatchKey::range()).await? {
            let (key, record) = BatchKey::decode_row(row)?;
            let batch =
                Batch::decode(record.state).map_err(|error| abide_store::Error::Corrupt(format!("batch: {error}")))?;
            known.insert(key, Arc::new(batch));
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(Arc::new(fence))
    }

    fn known<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets a batch decide, and makes the change durable, with the end of what is to be forgotten.
    async fn change(
        &self,
        writing: &mut Option<Arc<Fence>>,
        key: BatchKey,
        mut batch: Batch,
        command: Command,
    ) -> Result<Arc<Batch>, Error> {
        let mut out = Emit::default();
        batch.handle(command, self.clock.now(), &mut out).map_err(|rejection| match rejection {
            Rejection::Ended => Error::Rejected(run::Rejection::Closed),
            Rejection::NotNew => already_started(key.job_id.clone()),
        })?;
        let batch = Arc::new(batch);
        if let Some(Change(last)) = out.changes.last() {
            let record = BatchRecord { state: last.encode_to_vec().into() };
            let forgotten = self.too_old(key.namespace);
            let mut writes = vec![key.put(Partition::SHARED, &record)];
            writes.extend(forgotten.iter().map(|key| key.delete(Partition::SHARED)));
            self.write(writing, writes).await?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.insert(key, batch.clone());
            forgotten.iter().for_each(|key| drop(known.remove(key)));
        }
        Ok(batch)
    }

    /// Of the ended batches of a namespace those beyond what is remembered.
    fn too_old(&self, namespace: NamespaceId) -> Vec<BatchKey> {
        let ended = self.list(namespace).into_iter().filter(|batch| !batch.is_running());
        let old = ended.skip(limits::BATCHES_ENDED_MAX);
        old.map(|batch| BatchKey { namespace, job_id: batch.job_id().to_owned() }).collect()
    }

    async fn write(&self, writing: &mut Option<Arc<Fence>>, writes: Vec<Write>) -> Result<(), Error> {
        // Until it is known to be stored: whoever comes after a caller who hung up looks up what is.
        let fence = writing.take().ok_or_else(unavailable)?;
        let (done, committed) = oneshot::channel();
        let batch = abide_store::Batch { fence: fence.clone(), writes };
        self.store.commit(batch, abide_store::Urgency::Now, Box::new(move |result| drop(done.send(result))));
        if !matches!(committed.await, Ok(Ok(()))) {
            tracing::warn!("a batch may not be stored");
            return Err(unavailable());
        }
        *writing = Some(fence);
        Ok(())
    }

    /// Forgets the batches of a namespace that goes.
    pub(crate) async fn forget(&self, namespace: NamespaceId) -> Result<(), Error> {
        let mut writing = self.writing.lock().await;
        self.mend(&mut writing).await?;
        let of_it = |known: &Known| known.keys().filter(|key| key.namespace == namespace).cloned().collect();
        let keys: Vec<BatchKey> = self.known(of_it);
        if keys.is_empty() {
            return Ok(());
        }
        self.write(&mut writing, keys.iter().map(|key| key.delete(Partition::SHARED)).collect()).await?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        keys.iter().for_each(|key| drop(known.remove(key)));
        Ok(())
    }

    /// After a failed commit: finds out what is stored.
    async fn mend(&self, writing: &mut Option<Arc<Fence>>) -> Result<(), Error> {
        if writing.is_none() {
            *writing = Some(self.reload().await.map_err(store_failed)?);
        }
        Ok(())
    }
}

impl Batches for BatchRegistry {
    fn start(&self, start: Start, running_max: usize) -> BoxFuture<'_, Result<Arc<Batch>, Error>> {
        Box::pin(async move {
            let mut writing = self.writing.lock().await;
            self.mend(&mut writing).await?;
            let key = BatchKey { namespace: start.namespace, job_id: start.request.job_id.clone() };
            let of_it = |batch: &&Arc<Batch>| batch.namespace() == key.namespace && batch.is_running();
            if self.known(|known| known.values().filter(of_it).count()) >= running_max {
                return Err(Error::TooManyBatches);
            }
            if self.known(|known| known.contains_key(&key)) {
                return Err(already_started(key.job_id));
            }
            let begun = self.change(&mut writing, key, Batch::default(), Command::Start(Box::new(start))).await?;
            self.begun.notify_one();
            Ok(begun)
        })
    }

    fn ask(
        &self,
        namespace: NamespaceId,
        job_id: String,
        command: Command,
    ) -> BoxFuture<'_, Result<Arc<Batch>, Error>> {
        Box::pin(async move {
            let mut writing = self.writing.lock().await;
            self.mend(&mut writing).await?;
            let batch = self.get(namespace, &job_id)?;
            self.change(&mut writing, BatchKey { namespace, job_id }, Batch::clone(&batch), command).await
        })
    }

    fn get(&self, namespace: NamespaceId, job_id: &str) -> Result<Arc<Batch>, Error> {
        let key = BatchKey { namespace, job_id: job_id.to_owned() };
        let found = self.known(|known| known.get(&key).cloned());
        found.ok_or_else(|| Error::RunNotFound { workflow_id: job_id.to_owned(), run_id: String::new() })
    }

    fn list(&self, namespace: NamespaceId) -> Vec<Arc<Batch>> {
        let of_it = |batch: &&Arc<Batch>| batch.namespace() == namespace;
        let mut batches: Vec<Arc<Batch>> = self.known(|known| known.values().filter(of_it).cloned().collect());
        batches.sort_by_key(|batch| (!batch.is_running(), Reverse(batch.closed_at), Reverse(batch.started_at)));
        batches
    }

    fn running(&self) -> Vec<Arc<Batch>> {
        self.known(|known| known.values().filter(|batch| batch.is_running()).cloned().collect())
    }

    fn begun(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.begun.notified())
    }
}

// A batch is a workflow in the reference, and says so.
fn already_started(job_id: String) -> Error {
    let nobody = RunId(Uuid::nil());
    let (id, policy) = (&job_id, "reject duplicate workflow Id");
    let message = format!("Workflow execution already finished. WorkflowId: {id}. Workflow Id reuse policy: {policy}.");
    Error::AlreadyStarted { message, start_request_id: String::new(), run_id: nobody, first_run_id: nobody }
}

fn unavailable() -> Error {
    Error::Unavailable("the batch could not be stored, please retry".into())
}
