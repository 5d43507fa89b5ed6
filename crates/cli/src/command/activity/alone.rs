//! One activity that stands alone, or all that match a query: what `cancel`, `delete` and `terminate` share.

use abide_api::temporal::api::workflowservice::v1::start_batch_operation_request::Operation;
use clap::Args;

use super::count;
use crate::command::Session;
use crate::command::batch::{self, Many};
use crate::error::{Error, Result};

/// One standalone Activity, or many.
#[derive(Args, Debug, Clone)]
pub struct Arguments {
    /// Activity ID. This or --query.
    #[arg(long, short = 'a', default_value = "")]
    pub activity_id: String,
    /// Run ID; the newest run by default. Not with --query.
    #[arg(long, short = 'r', default_value = "")]
    pub run_id: String,
    /// All that match this query.
    #[arg(long, short = 'q', default_value = "")]
    query: String,
    /// The most operations per second of a batch.
    #[arg(long, default_value = "0")]
    rps: f32,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Do not ask.
    #[arg(long, short = 'y')]
    pub yes: bool,
}

/// Whether `--yes` means something for one activity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Yes {
    /// It does: it is asked about as well.
    Allowed,
    /// Only a batch is asked about.
    BatchOnly,
}

impl Arguments {
    /// Whether it is one; an error if it is neither one nor many.
    pub fn is_one(&self, yes: Yes) -> Result<bool> {
        let one = !self.activity_id.is_empty();
        let refusals = [
            (one && !self.query.is_empty(), "cannot set query when activity ID is set"),
            (one && self.yes && yes == Yes::BatchOnly, "cannot set 'yes' when activity ID is set"),
            (one && self.rps != 0.0, "cannot set rps when activity ID is set"),
            (!one && self.query.is_empty(), "must set either activity ID or query"),
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
            nouns: ("standalone activities", "standalone activities(s)"),
            query: &self.query,
            count,
            reason: &self.reason,
            rps: self.rps,
            operation,
        };
        batch::ask(session, many).await
    }
}
