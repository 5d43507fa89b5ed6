//! `task-queue update-build-ids`: sets of compatible builds, the first way to version workers.

use abide_api::temporal::api::workflowservice::v1::{
    UpdateWorkerBuildIdCompatibilityRequest,
    update_worker_build_id_compatibility_request::{AddNewCompatibleVersion, Operation},
};
use clap::{Args, Subcommand};

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Add a Build ID to the set of another one.
    AddNewCompatible(Compatible),
    /// Add a Build ID in a set of its own, which becomes the default (deprecated).
    AddNewDefault(Build),
    /// Make a Build ID the default of its set (deprecated).
    PromoteIdInSet(Build),
    /// Make the set of a Build ID the default (deprecated).
    PromoteSet(Build),
}

/// A build.
#[derive(Args, Debug)]
pub struct Build {
    /// Build ID.
    #[arg(long)]
    build_id: String,
    /// Task Queue.
    #[arg(long, short = 't')]
    task_queue: String,
}

/// `task-queue update-build-ids add-new-compatible`.
#[derive(Args, Debug)]
pub struct Compatible {
    #[command(flatten)]
    build: Build,
    /// A Build ID of the set.
    #[arg(long)]
    existing_compatible_build_id: String,
    /// Make the set the default.
    #[arg(long)]
    set_as_default: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    let (task_queue, operation) = match command {
        Command::AddNewCompatible(Compatible { build, existing_compatible_build_id, set_as_default }) => {
            let added = AddNewCompatibleVersion {
                new_build_id: build.build_id,
                existing_compatible_build_id,
                make_set_default: set_as_default,
            };
            (build.task_queue, Operation::AddNewCompatibleBuildId(added))
        }
        Command::AddNewDefault(build) => (build.task_queue, Operation::AddNewBuildIdInNewDefaultSet(build.build_id)),
        Command::PromoteIdInSet(build) => (build.task_queue, Operation::PromoteBuildIdWithinSet(build.build_id)),
        Command::PromoteSet(build) => (build.task_queue, Operation::PromoteSetByBuildId(build.build_id)),
    };
    let namespace = session.client.namespace.clone();
    let request = UpdateWorkerBuildIdCompatibilityRequest { namespace, task_queue, operation: Some(operation) };
    let answer = session.client.workflow.update_worker_build_id_compatibility(client::call(request)).await;
    answer.map_err(|status| Error::rpc("error updating task queue build IDs", &status))?;
    session.output.text("Successfully updated task queue build IDs");
    Ok(())
}
