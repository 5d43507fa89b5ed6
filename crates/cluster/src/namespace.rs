//! The registry of namespaces: known on every node, in memory.

use std::sync::Arc;
use std::time::Duration;

use abide_engine::namespace::{Namespace, Register, Update};
use abide_model::NamespaceId;

use crate::{BoxFuture, Error};

/// The registry of namespaces. Reads are from memory and see every acknowledged change.
pub trait Namespaces: Send + Sync + 'static {
    /// By name. Errors: `NamespaceNotFound`.
    fn by_name(&self, name: &str) -> Result<Arc<Namespace>, Error>;

    /// By id. Errors: `NamespaceNotFound`.
    fn by_id(&self, id: NamespaceId) -> Result<Arc<Namespace>, Error>;

    /// All of them, also those that are deleted and not gone yet, by name.
    fn list(&self) -> Vec<Arc<Namespace>>;

    /// Registers one. Errors: `NamespaceExists`, `NamespaceInvalid`.
    fn register(&self, register: Register) -> BoxFuture<'_, Result<Arc<Namespace>, Error>>;

    /// Changes one. Errors: `NamespaceNotFound`, `NamespaceInvalid`.
    fn update(&self, name: String, update: Update) -> BoxFuture<'_, Result<Arc<Namespace>, Error>>;

    /// Takes its name away, and has it emptied in the background; after `delay` more it is gone. Asking again changes the
    /// delay. Errors: `NamespaceNotFound`, `NamespaceForbidden`.
    fn delete(&self, id: NamespaceId, delay: Duration) -> BoxFuture<'_, Result<Arc<Namespace>, Error>>;
}
