//! How the roles call each other. A role knows these traits, never another role's crate. On one node an implementation
//! is the local object; between nodes it will be one generic internal RPC.

pub mod batch;
pub mod callbacks;
pub mod changes;
pub mod error;
pub mod history;
pub mod matching;
pub mod namespace;
pub mod queue_config;

use std::future::Future;
use std::pin::Pin;

pub use batch::Batches;
pub use callbacks::Callbacks;
pub use changes::Changes;
pub use error::Error;
pub use history::History;
pub use matching::Matching;
pub use namespace::Namespaces;
pub use queue_config::QueueConfigs;

/// A boxed future, so that the traits can be used as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
