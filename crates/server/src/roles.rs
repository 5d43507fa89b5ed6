//! The roles of one node and how they are handed to each other. The only place that names their types.

use std::sync::Arc;

use abide_cluster::{Matching, Namespaces};
use abide_frontend::{Frontend, ServerInfo};
use abide_history::HistoryService;
use abide_history::Options as HistoryOptions;
use abide_matching::TaskQueues;
use abide_model::{Clock, Settings, SystemClock};
use abide_store::sqlite::{Options, SqliteStore};
use abide_store::{MemoryStore, Store};
use uuid::Uuid;

use crate::config::{Config, Data};
use crate::error::Error;
use crate::refill::FromHistory;

/// The roles of one node, started.
pub(crate) struct Roles {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) matching: Arc<TaskQueues>,
    pub(crate) history: Arc<HistoryService>,
    pub(crate) namespaces: Arc<dyn Namespaces>,
    clock: Arc<dyn Clock>,
    settings: Arc<Settings>,
    shards: u16,
    kind: &'static str,
}

impl Roles {
    /// Opens the store and starts what stands on it.
    pub(crate) async fn start(config: &Config, settings: Settings) -> Result<Self, Error> {
        let (store, kind) = open_store(config).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let matching = Arc::new(TaskQueues::new(clock.clone()));
        let shards = config.shards.unwrap_or_else(cores);
        let settings = Arc::new(settings);
        let options = HistoryOptions { shards, limits: settings.limits, ..HistoryOptions::default() };
        let history = HistoryService::open(store.clone(), clock.clone(), matching.clone(), options).await;
        let history = Arc::new(history?);
        history.connect(&history);
        history.connect_outside(Arc::new(abide_nexus::Client::default()));
        matching.set_refill(Arc::new(FromHistory {
            history: Arc::downgrade(&history),
            matching: Arc::downgrade(&matching),
            runtime: tokio::runtime::Handle::current(),
        }));
        let namespaces = history.namespaces();
        Ok(Self { store, matching, history, namespaces, clock, settings, shards, kind })
    }

    /// The public service over them.
    pub(crate) fn frontend(&self) -> Frontend {
        Frontend {
            history: self.history.clone(),
            matching: self.matching.clone(),
            namespaces: self.namespaces.clone(),
            queue_configs: self.history.queue_configs(),
            index: abide_visibility::Index::new(self.store.clone()),
            clock: self.clock.clone(),
            settings: self.settings.clone(),
            server: Arc::new(ServerInfo {
                cluster_id: self.cluster_id(),
                shards: i32::from(self.shards),
                persistence_store: self.kind.into(),
                visibility_store: self.kind.into(),
            }),
        }
    }

    /// Ends waiting polls, then everything that writes, then the store: in this order nothing is told to anyone that is
    /// not stored.
    pub(crate) async fn stop(self) {
        self.matching.close();
        self.history.close().await;
        if let Err(cause) = self.store.close().await {
            tracing::error!(cause = crate::error::sentence(&cause), "the store did not close cleanly");
        }
    }

    // The first namespace of a data file is as old as the file, and its id is random: that is all that an id of the
    // cluster must be.
    fn cluster_id(&self) -> Uuid {
        let all = self.namespaces.list();
        all.iter().min_by_key(|namespace| namespace.registered_at).map(|first| first.id().0).unwrap_or_default()
    }
}

async fn open_store(config: &Config) -> Result<(Arc<dyn Store>, &'static str), Error> {
    let Data::File(path) = config.data.clone() else { return Ok((Arc::new(MemoryStore::open()?), "memory")) };
    let options = Options { pragmas: config.sqlite_pragmas.clone(), ..Options::default() };
    let opening = tokio::task::spawn_blocking(move || SqliteStore::open(&path, &options));
    let store = opening.await.map_err(|cause| Error::Role(format!("opening the store: {cause}")))??;
    Ok((Arc::new(store), "sqlite"))
}

fn cores() -> u16 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    u16::try_from(cores).unwrap_or(u16::MAX)
}
