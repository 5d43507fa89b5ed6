//! `activity`: commands about activities, those of workflow executions and those that stand alone.

mod alone;
mod cancel;
mod complete;
mod count;
mod delete;
mod describe;
mod fail;
mod list;
mod pause;
mod reset;
mod result;
mod start;
mod terminate;
mod timeouts;
mod unpause;
mod update_options;

use clap::{Args, Subcommand};

use crate::command::workflow::many::{Reason, Target};
use crate::command::{Run, Session};
use crate::error::{Error, Result};

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Ask a standalone Activity to cancel.
    Cancel(alone::Arguments),
    /// End an Activity with a result.
    Complete(complete::Arguments),
    /// Count standalone Activities.
    Count(count::Arguments),
    /// Delete a standalone Activity, after ending it if it runs.
    Delete(alone::Arguments),
    /// Show a standalone Activity.
    Describe(describe::Arguments),
    /// Start a standalone Activity and wait for its result.
    Execute(Box<start::Arguments>),
    /// End an Activity with a failure.
    Fail(fail::Arguments),
    /// List standalone Activities.
    List(list::Arguments),
    /// Hold an Activity back.
    Pause(pause::Arguments),
    /// Begin an Activity again at its first attempt.
    Reset(reset::Arguments),
    /// Wait for the result of a standalone Activity.
    Result(Alone),
    /// Start a standalone Activity.
    Start(Box<start::Arguments>),
    /// End a standalone Activity at once.
    Terminate(alone::Arguments),
    /// Let a paused Activity go again.
    Unpause(unpause::Arguments),
    /// Change the options of an Activity.
    UpdateOptions(Box<update_options::Arguments>),
}

/// One standalone Activity.
#[derive(Args, Debug, Clone)]
pub struct Alone {
    /// Activity ID.
    #[arg(long, short = 'a')]
    activity_id: String,
    /// Run ID; the newest run by default.
    #[arg(long, short = 'r', default_value = "")]
    run_id: String,
}

/// One Activity of a Workflow Execution, or a standalone one.
#[derive(Args, Debug, Clone)]
pub struct Reference {
    /// Activity ID.
    #[arg(long, short = 'a')]
    pub activity_id: String,
    /// Workflow ID.
    #[arg(long, short = 'w', default_value = "")]
    pub workflow_id: String,
    /// Run ID; the newest run by default.
    #[arg(long, short = 'r', default_value = "")]
    pub run_id: String,
}

/// One Activity, or those of all Workflow Executions that match a query.
#[derive(Args, Debug, Clone)]
pub struct Selection {
    /// Activity ID. This or --query.
    #[arg(long, short = 'a', default_value = "")]
    pub activity_id: String,
    #[command(flatten)]
    pub target: Target,
}

impl Selection {
    /// The one, if it is one; an error if it is neither one nor many.
    fn one(&self) -> Result<Option<Reference>> {
        let Target { workflow_id, run_id, query, .. } = &self.target;
        let standalone = workflow_id.is_empty() && query.is_empty();
        if !standalone && !self.target.is_one(Reason::Allowed)? {
            return Ok(None);
        }
        if self.activity_id.is_empty() {
            return Err(Error::new(
                "must specify --activity-id to target a single Activity (optionally with --workflow-id and/or --run-id), \
                 or --query to target a batch of Activities",
            ));
        }
        let (activity_id, workflow_id, run_id) = (self.activity_id.clone(), workflow_id.clone(), run_id.clone());
        Ok(Some(Reference { activity_id, workflow_id, run_id }))
    }
}

impl Run for Command {
    async fn run(self, session: &mut Session) -> Result<()> {
        match self {
            Command::Cancel(arguments) => cancel::run(session, arguments).await,
            Command::Count(arguments) => count::run(session, arguments).await,
            Command::Delete(arguments) => delete::run(session, arguments).await,
            Command::Describe(arguments) => describe::run(session, arguments).await,
            Command::Execute(arguments) => start::execute(session, *arguments).await,
            Command::List(arguments) => list::run(session, arguments).await,
            Command::Result(which) => result::run(session, &which).await,
            Command::Start(arguments) => start::start(session, *arguments).await,
            Command::Terminate(arguments) => terminate::run(session, arguments).await,
            Command::Complete(arguments) => complete::run(session, arguments).await,
            Command::Fail(arguments) => fail::run(session, arguments).await,
            Command::Pause(arguments) => pause::run(session, arguments).await,
            Command::Reset(arguments) => reset::run(session, arguments).await,
            Command::Unpause(arguments) => unpause::run(session, arguments).await,
            Command::UpdateOptions(arguments) => update_options::run(session, *arguments).await,
        }
    }
}
