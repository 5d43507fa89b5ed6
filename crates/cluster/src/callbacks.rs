//! The way to addresses outside that want to know how a run ended.

use abide_engine::run::{Delivery, Undelivered};

use crate::BoxFuture;

/// Who speaks to the outside.
pub trait Callbacks: Send + Sync + 'static {
    /// Tells an address how a run ended, once. It may have been told before: whoever was about to say so had crashed.
    /// Ends within [`abide_model::limits::CALLBACK_TIMEOUT`].
    fn tell(&self, delivery: Delivery) -> BoxFuture<'_, Result<(), Undelivered>>;
}
