//! The public gRPC service: one table row per RPC, requests parsed once into our own types, errors turned into statuses
//! in one place. Decides nothing: what a request means is asked of the traits in `abide_cluster`.

mod batch;
mod call;
mod compression;
mod convert;
mod gate;
mod grpc;
mod method;
mod namespace;
mod operator;
mod parse;
mod reflection;
mod router;
mod service;
mod status;
mod system;
mod token;
mod unary;
mod unread;
mod worker;
mod workflow;

use std::sync::Arc;

use abide_cluster::{Batches, History, Matching, Namespaces, QueueConfigs};
use abide_model::settings::Limits;
use abide_model::{Clock, RunId, SettingsView, fresh};
use abide_visibility::Visibility;
use uuid::Uuid;

pub use batch::drive as drive_batches;
pub use gate::Gates;
pub use grpc::Grpc;
pub use method::{Access, METHODS, Method, Rpc, Scope, Wait};
pub use router::{Router, router};

/// The public service. Cheap to clone.
#[derive(Clone)]
pub struct Frontend {
    /// The owner of runs.
    pub history: Arc<dyn History>,
    /// The owner of task queues.
    pub matching: Arc<dyn Matching>,
    /// The registry of namespaces.
    pub namespaces: Arc<dyn Namespaces>,
    /// The registry of batches.
    pub batches: Arc<dyn Batches>,
    /// What was decided about task queues.
    pub queue_configs: Arc<dyn QueueConfigs>,
    /// What lists and counts show.
    pub visibility: Visibility,
    /// Who is asked for the time.
    pub clock: Arc<dyn Clock>,
    /// What whoever runs the server has set.
    pub settings: SettingsView,
    /// What was let in.
    pub gates: Arc<Gates>,
    /// What the server says about itself.
    pub server: Arc<ServerInfo>,
}

/// What the server says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerInfo {
    /// Made once for each data file.
    pub cluster_id: Uuid,
    /// How many shards own the runs of this node.
    pub shards: i32,
    /// The kind of store.
    pub persistence_store: String,
    /// The kind of index.
    pub visibility_store: String,
}

impl Frontend {
    /// What bounds runs, and what they are sent.
    fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// A new run's id.
    fn new_run_id(&self) -> RunId {
        fresh::run_id(self.clock.now())
    }
}
