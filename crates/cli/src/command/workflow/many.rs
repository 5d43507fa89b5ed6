//! One Workflow Execution, or all that match a query: what `cancel`, `delete`, `signal` and `terminate` share.

use abide_api::temporal::api::workflowservice::v1::start_batch_operation_request::Operation;
use clap::Args;

use super::count;
use crate::command::Session;
use crate::command::batch::{self, Many};
use crate::error::{Error, Result};

/// One Workflow Execution, or many.
#[derive(Args, Debug, Clone, Default)]
pub struct Target {
    /// Workflow ID. This or --query.
    #[arg(long, short = 'w', default_value = "")]
    pub workflow_id: String,
    /// Run ID; the newest run by default. Not with --query.
    #[arg(long, short = 'r', default_value = "")]
    pub run_id: String,
    /// All that match this query.
    #[arg(long, short = 'q', default_value = "")]
    pub query: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Do not ask before a batch is started.
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// The most operations per second of a batch.
    #[arg(long, default_value = "0")]
    pub rps: f32,
    /// Workflow header: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    pub headers: Vec<String>,
}

/// Whether a command that acts on one Workflow Execution says why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// It may.
    Allowed,
    /// Only a batch does.
    BatchOnly,
}

impl Target {
    /// Whether it is one; an error if it is neither one nor many.
    pub fn is_one(&self, reason: Reason) -> Result<bool> {
        let one = !self.workflow_id.is_empty();
        let refusals = [
            (one && !self.query.is_empty(), "cannot set query when workflow ID is set"),
            (
                one && reason == Reason::BatchOnly && !self.reason.is_empty(),
                "cannot set reason when workflow ID is set",
            ),
            (one && self.yes, "cannot set 'yes' when workflow ID is set"),
            (one && self.rps > 0.0, "cannot set rps when workflow ID is set"),
            (!one && self.query.is_empty(), "must set either workflow ID or query"),
            (!one && !self.run_id.is_empty(), "cannot set run ID when query is set"),
        ];
        match refusals.into_iter().find(|(refused, _)| *refused) {
            Some((_, why)) => Err(Error::new(why)),
            None => Ok(one),
        }
    }

    /// Starts a batch of the operation, after asking.
    pub async fn batch(&self, session: &mut Session, operation: Operation) -> Result<()> {
        let count = if self.yes { None } else { Some(count::count(session, self.query.clone()).await?.count) };
        let many = Many {
            nouns: ("workflows", "workflow(s)"),
            query: &self.query,
            count,
            reason: &self.reason,
            rps: self.rps,
            operation,
        };
        batch::ask(session, many).await
    }
}
