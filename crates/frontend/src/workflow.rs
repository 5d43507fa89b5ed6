//! The RPCs about workflow runs: one file each, parse, call, convert.

pub mod activity;
pub mod cancel;
pub mod delete;
pub mod describe;
pub mod history;
pub mod history_reverse;
pub mod list;
pub mod multi_operation;
pub mod pause;
pub mod query;
pub mod reset;
pub mod signal;
pub mod signal_with_start;
pub mod start;
pub mod terminate;
pub mod update;
pub mod update_options;
