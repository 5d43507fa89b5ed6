//! What a node is given by the world around it. In production: a disk, the machine's clock, function calls between
//! the roles, and connections to the outside. A simulation gives it others; everything above them is the same.

use std::sync::Arc;

use abide_cluster::{Callbacks, Matching};
use abide_model::{Clock, SystemClock};
use abide_store::sqlite::SqliteStore;
use abide_store::{MemoryStore, Store};

use crate::config::{Config, Data};
use crate::error::Error;

/// What a node is given by the world around it.
pub struct Seams {
    /// Where the rows are.
    pub store: Arc<dyn Store>,
    /// The kind of store, as clients are told it.
    pub store_kind: &'static str,
    /// Who is asked for the time.
    pub clock: Arc<dyn Clock>,
    /// The way from history to the owner of task queues. What is lost or doubled on it must do no harm.
    pub to_matching: ToMatching,
    /// The way to addresses outside.
    pub outside: Arc<dyn Callbacks>,
}

/// Makes of the owner of task queues what history talks to.
pub type ToMatching = Box<dyn FnOnce(Arc<dyn Matching>) -> Arc<dyn Matching> + Send>;

impl Seams {
    /// Those of production.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let (store, store_kind) = open_store(config).await?;
        Ok(Self {
            store,
            store_kind,
            clock: Arc::new(SystemClock),
            to_matching: Box::new(|matching| matching),
            outside: Arc::new(abide_nexus::Client::default()),
        })
    }
}

async fn open_store(config: &Config) -> Result<(Arc<dyn Store>, &'static str), Error> {
    let Data::File(path) = config.data.clone() else { return Ok((Arc::new(MemoryStore::open()?), "memory")) };
    let options = config.sqlite.clone();
    let opening = tokio::task::spawn_blocking(move || SqliteStore::open(&path, &options));
    let store = opening.await.map_err(|cause| Error::Role(format!("opening the store: {cause}")))??;
    Ok((Arc::new(store), "sqlite"))
}
