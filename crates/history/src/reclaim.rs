//! Empties deleted namespaces: their runs, page by page, then what was decided about their task queues, then the
//! namespace itself once its delay is over. Keeps no account of how far it is: what is left is what lists show, so after
//! a crash it goes on by itself.

use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_cluster::history::RunReference;
use abide_cluster::{Error, Namespaces};
use abide_engine::namespace::Namespace;
use abide_model::{Clock, NamespaceId, RunId, Timestamp, WorkflowKey, limits};
use abide_store::Store;
use abide_store::search::{Filter, Search};

use crate::batches::BatchRegistry;
use crate::namespaces::NamespaceRegistry;
use crate::queue_configs::QueueConfigRegistry;
use crate::service::Shards;
use crate::shard::{Address, Ask, store_failed};

/// What emptying a namespace takes.
pub(crate) struct Reclaim {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) namespaces: Arc<NamespaceRegistry>,
    pub(crate) queue_configs: Arc<QueueConfigRegistry>,
    pub(crate) batches: Arc<BatchRegistry>,
    pub(crate) shards: Shards,
}

/// How far a namespace is.
enum Progress {
    /// It is gone.
    Gone,
    /// There is more to do, or there may be, at this time.
    More(Timestamp),
}

impl Reclaim {
    /// Empties what was deleted, for as long as the service lives.
    pub(crate) async fn run(self) {
        loop {
            let next = self.round().await;
            let sleep = next.map_or(Duration::MAX, |next| next.since(self.clock.now()).min(limits::TIMER_SLEEP_MAX));
            tokio::select! {
                biased;
                () = self.namespaces.deleted.notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    /// One page of each deleted namespace; says when to look again.
    async fn round(&self) -> Option<Timestamp> {
        let mut next: Option<Timestamp> = None;
        for namespace in self.namespaces.list() {
            if namespace.deletion.is_none() {
                continue;
            }
            let again = match self.step(&namespace).await {
                Ok(Progress::Gone) => continue,
                Ok(Progress::More(at)) => at,
                Err(error) => {
                    tracing::warn!(?error, namespace = namespace.name, "a deleted namespace cannot be emptied now");
                    self.clock.now().after(limits::BROKEN_RUN_PAUSE)
                }
            };
            next = Some(next.map_or(again, |next| next.min(again)));
        }
        next
    }

    async fn step(&self, namespace: &Namespace) -> Result<Progress, Error> {
        let id = namespace.id();
        let page = self.first_page(id).await?;
        if !page.is_empty() {
            let mut deleted = 0;
            for info in &page {
                deleted += usize::from(self.delete(id, info).await?);
            }
            let now = self.clock.now();
            // What could not be deleted again is on its way, or owes something to another run first.
            return Ok(Progress::More(if deleted > 0 { now } else { now.after(limits::OWING_RUN_PAUSE) }));
        }
        let namespace = self.namespaces.emptied(id).await?;
        let gone_at = namespace.deletion.as_ref().and_then(|deletion| deletion.gone_at());
        if let Some(gone_at) = gone_at.filter(|gone_at| *gone_at > self.clock.now()) {
            return Ok(Progress::More(gone_at));
        }
        self.queue_configs.forget(id).await?;
        self.batches.forget(id).await?;
        self.namespaces.remove(id).await?;
        tracing::info!(namespace = namespace.name, "a deleted namespace is gone");
        Ok(Progress::Gone)
    }

    async fn first_page(&self, namespace: NamespaceId) -> Result<Vec<WorkflowExecutionInfo>, Error> {
        let (filter, orders, limit) = (Filter::Everything, Vec::new(), limits::RECLAIM_PAGE_RUNS);
        let found = self.store.find(Search { namespace, filter, orders, after: None, limit }).await;
        let rows = found.map_err(store_failed)?.rows;
        rows.iter().map(|row| abide_visibility::info(row).map_err(store_failed)).collect()
    }

    /// Whether there was such a run: one that is shown although it is gone is about to be shown no more.
    async fn delete(&self, namespace: NamespaceId, info: &WorkflowExecutionInfo) -> Result<bool, Error> {
        let Some(execution) = &info.execution else { return Ok(false) };
        let workflow = WorkflowKey { namespace, workflow_id: execution.workflow_id.clone() };
        let shard = self.shards.of(&workflow);
        let run =
            RunReference { workflow: workflow.clone(), run_id: RunId::parse(&execution.run_id), first_run_id: None };
        match shard.ask(Address::Reference(run), Ask::Delete).await {
            Ok(()) => Ok(true),
            Err(Error::RunNotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
