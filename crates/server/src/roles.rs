//! The roles of one node and how they are handed to each other. The only place that names their types.

use std::sync::Arc;

use abide_cluster::{Changes, Matching, Namespaces};
use abide_frontend::{Frontend, ServerInfo};
use abide_history::HistoryService;
use abide_history::Options as HistoryOptions;
use abide_matching::TaskQueues;
use abide_model::{Clock, LiveSettings, SettingsView, Timestamp, limits};
use abide_store::Store;
use abide_visibility::{StoreIndex, Visibility};
use uuid::Uuid;

use crate::config::Config;
use crate::dynamic::Known;
use crate::error::Error;
use crate::inside::Inside;
use crate::refill::FromHistory;
use crate::seams::Seams;

/// The roles of one node, started.
pub(crate) struct Roles {
    pub(crate) store: Arc<dyn Store>,
    matching: Arc<TaskQueues>,
    history: Arc<HistoryService>,
    pub(crate) namespaces: Arc<dyn Namespaces>,
    clock: Arc<dyn Clock>,
    settings: Arc<LiveSettings>,
    shards: u16,
    kind: &'static str,
    started_at: Timestamp,
}

impl Roles {
    /// Starts what stands on the store.
    pub(crate) async fn start(config: &Config, settings: Arc<LiveSettings>, seams: Seams) -> Result<Self, Error> {
        let Seams { store, store_kind: kind, clock, to_matching, outside } = seams;
        let matching = Arc::new(TaskQueues::new(clock.clone()));
        let shards = config.shards.unwrap_or_else(cores);
        let cache_bytes = config.cache_bytes.unwrap_or(limits::CACHE_BYTES_DEFAULT);
        let options = HistoryOptions { shards, cache_bytes, settings: settings.clone() };
        let history = HistoryService::open(store.clone(), clock.clone(), to_matching(matching.clone()), options).await;
        let history = Arc::new(history?);
        history.connect(&history);
        history.connect_outside(outside);
        matching.set_refill(Arc::new(FromHistory {
            history: Arc::downgrade(&history),
            matching: Arc::downgrade(&matching),
            runtime: tokio::runtime::Handle::current(),
        }));
        let namespaces = history.namespaces();
        let started_at = clock.now();
        Ok(Self { store, matching, history, namespaces, clock, settings, shards, kind, started_at })
    }

    /// The public service over them.
    pub(crate) fn frontend(&self) -> Frontend {
        Frontend {
            history: self.history.clone(),
            matching: self.matching.clone(),
            namespaces: self.namespaces.clone(),
            batches: self.history.batches(),
            queue_configs: self.history.queue_configs(),
            visibility: Visibility::new(Arc::new(StoreIndex(self.store.clone()))),
            clock: self.clock.clone(),
            settings: SettingsView::everywhere(self.settings.clone()),
            gates: Arc::default(),
            server: Arc::new(ServerInfo {
                cluster_id: self.cluster_id(),
                shards: i32::from(self.shards),
                persistence_store: self.kind.into(),
                visibility_store: self.kind.into(),
            }),
        }
    }

    /// What the node says of itself.
    pub(crate) fn inside(&self, config: &Config, settings: Known) -> Inside {
        Inside {
            started_at: self.started_at,
            data: config.data.clone(),
            store: self.store.clone(),
            history: self.history.clone(),
            matching: self.matching.clone(),
            namespaces: self.namespaces.clone(),
            cache_bytes: config.cache_bytes.unwrap_or(limits::CACHE_BYTES_DEFAULT),
            settings,
        }
    }

    /// Who knows the names of task queues.
    pub(crate) fn task_queues(&self) -> Arc<TaskQueues> {
        self.matching.clone()
    }

    /// Where pages hear of changes.
    pub(crate) fn changes(&self) -> Arc<Changes> {
        self.history.changes()
    }

    /// Ends waiting polls.
    pub(crate) fn end_polls(&self) {
        self.matching.close();
    }

    /// Ends waiting polls, then everything that writes, then the store: in this order nothing is told to anyone that is
    /// not stored.
    pub(crate) async fn stop(self) {
        self.end_polls();
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

fn cores() -> u16 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    u16::try_from(cores).unwrap_or(u16::MAX)
}
