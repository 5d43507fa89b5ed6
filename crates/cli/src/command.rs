//! The commands, one file each.

pub mod activity;
pub mod batch;
pub mod completion;
pub mod config;
pub mod env;
pub mod help;
pub mod nexus;
pub mod operator;
pub mod options;
mod outcome;
pub mod schedule;
pub mod server;
pub mod task_queue;
pub mod worker;
pub mod workflow;

use std::fmt::Debug;
use std::time::Duration;

use clap::{Args, Subcommand};

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

/// Commands that call a server, one of which is run.
pub trait Run {
    /// Runs the command that was named.
    async fn run(self, session: &mut Session) -> Result<()>;
}

/// A group of commands that call a server: what they share, and which of them it is.
#[derive(Args, Debug)]
pub struct Calling<C: Subcommand + Debug> {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: C,
}

impl<C: Subcommand + Debug + Run> Calling<C> {
    /// Connects, and runs the command.
    pub async fn run(self, common: &Common) -> Result<()> {
        let mut session = Session::open(&self.connection, common).await?;
        self.command.run(&mut session).await
    }
}
