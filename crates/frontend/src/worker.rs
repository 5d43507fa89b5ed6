//! The RPCs that workers call: polls, answers, and what they say about themselves.

pub mod activity;
pub mod complete_workflow_task;
pub mod describe_queue;
pub mod fail_workflow_task;
pub mod poll;
pub mod query;
pub mod queue_config;
pub mod queue_partitions;
pub mod registry;
pub mod sticky;
