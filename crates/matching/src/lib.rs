//! Task queues in memory: pollers meet tasks. Nothing here is durable; the dispatch rows of the runs are the truth, and
//! a task that is handed out twice is recognised by the run.
//!
//! The core (`queue`, `window`, `park`, `order`, `share`, `poller`, `rate`) is plain values: no clock, no async. The shell (`service`,
//! `shell`, `query`) holds it behind the sharded locks of `registry` and turns polls and queries into futures that may
//! be dropped at any moment.

mod order;
mod park;
mod poller;
mod query;
mod queue;
mod rate;
mod registry;
mod service;
mod share;
mod shell;
mod window;
mod workers;

pub use service::{Refill, TaskQueues, Totals};
