//! The loop around machines: load, handle, commit, wake, reply. Owns the runs of this node, their timers and their
//! current pointers. Knows rows only through `store`, pollers only through [`abide_cluster::Matching`]; decides nothing
//! about workflows, which is `engine`'s part.

mod background;
mod bad_binary;
mod batches;
mod cache;
mod check;
mod dispatch;
mod load;
mod meta;
mod namespaces;
mod outbound;
mod query;
mod queue_configs;
mod read;
mod reclaim;
mod recover;
mod refill;
mod reset;
mod retention;
mod service;
mod shard;
mod start;
mod task;
mod timers;
mod update;
mod update_call;

#[cfg(test)]
mod tests;

pub use check::check;
pub use service::{HistoryService, Loaded, Options};
