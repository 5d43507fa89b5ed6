//! The flags that bound an activity in time: `start` and `execute` say them first, `update-options` changes them.

use std::time::Duration;

use clap::Args;

use crate::duration;

/// Bounds in time.
#[derive(Args, Debug, Default)]
pub struct Timeouts {
    /// The longest that all attempts together may take.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub schedule_to_close_timeout: Option<Duration>,
    /// The longest that an attempt may wait for a worker.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub schedule_to_start_timeout: Option<Duration>,
    /// The longest that an attempt may take.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub start_to_close_timeout: Option<Duration>,
    /// The longest that a worker may be silent.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub heartbeat_timeout: Option<Duration>,
    /// The wait before the first attempt, of an Activity that no Workflow scheduled.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub start_delay: Option<Duration>,
}
