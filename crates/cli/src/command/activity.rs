//! `activity`: commands about the activities of workflow executions.

mod complete;
mod fail;
mod pause;
mod reset;
mod unpause;
mod update_options;

use clap::{Args, Subcommand};

use crate::arguments::{Common, Connection};
use crate::command::Session;
use crate::command::workflow::many::{Reason, Target};
use crate::error::{Error, Result};

/// `activity`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// End an Activity with a result.
    Complete(complete::Arguments),
    /// End an Activity with a failure.
    Fail(fail::Arguments),
    /// Hold an Activity back.
    Pause(pause::Arguments),
    /// Begin an Activity again at its first attempt.
    Reset(reset::Arguments),
    /// Let a paused Activity go again.
    Unpause(unpause::Arguments),
    /// Change the options of an Activity.
    UpdateOptions(Box<update_options::Arguments>),
}

/// One Activity of a Workflow Execution.
#[derive(Args, Debug, Clone)]
pub struct Reference {
    /// Activity ID.
    #[arg(long, short = 'a')]
    pub activity_id: String,
    /// Workflow ID.
    #[arg(long, short = 'w', default_value = "", hide_default_value = true)]
    pub workflow_id: String,
    /// Run ID; the newest run by default.
    #[arg(long, short = 'r', default_value = "", hide_default_value = true)]
    pub run_id: String,
}

/// One Activity, or those of all Workflow Executions that match a query.
#[derive(Args, Debug, Clone)]
pub struct Selection {
    /// Activity ID. This or --query.
    #[arg(long, short = 'a', default_value = "", hide_default_value = true)]
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

/// Runs the command.
pub async fn run(arguments: Arguments, common: &Common) -> Result<()> {
    let mut session = Session::open(&arguments.connection, common).await?;
    match arguments.command {
        Command::Complete(arguments) => complete::run(&mut session, arguments).await,
        Command::Fail(arguments) => fail::run(&mut session, arguments).await,
        Command::Pause(arguments) => pause::run(&mut session, arguments).await,
        Command::Reset(arguments) => reset::run(&mut session, arguments).await,
        Command::Unpause(arguments) => unpause::run(&mut session, arguments).await,
        Command::UpdateOptions(arguments) => update_options::run(&mut session, *arguments).await,
    }
}
