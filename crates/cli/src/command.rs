//! The commands, one file each.

pub mod activity;
pub mod batch;
pub mod operator;
pub mod server;
pub mod task_queue;
pub mod worker;
pub mod workflow;

use std::time::Duration;

use crate::arguments::{Common, Connection};
use crate::client::Client;
use crate::error::Result;
use crate::output::Output;

/// What every command that calls a server works with.
pub struct Session {
    /// The connection.
    pub client: Client,
    /// Where it prints.
    pub output: Output,
}

impl Session {
    /// Connects.
    pub async fn open(connection: &Connection, common: &Common) -> Result<Self> {
        // The bound on the command also bounds its first step.
        let bounds = [common.client_connect_timeout, common.command_timeout];
        let bound = bounds.into_iter().filter(|bound| !bound.is_zero()).min().unwrap_or(Duration::ZERO);
        Ok(Self { client: Client::connect(connection, bound).await?, output: Output::new(common) })
    }
}
