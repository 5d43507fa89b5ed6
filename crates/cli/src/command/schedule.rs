//! `schedule`: commands about schedules, which start workflows at certain times.

mod backfill;
mod create;
mod delete;
mod describe;
mod list;
mod list_matching_times;
mod shown;
mod spec;
mod toggle;
mod trigger;
mod update;

use abide_api::temporal::api::enums::v1::ScheduleOverlapPolicy;
use abide_api::temporal::api::schedule::v1::SchedulePatch;
use abide_api::temporal::api::workflowservice::v1::PatchScheduleRequest;
use clap::{Args, Subcommand, ValueEnum};

use crate::client;
use crate::command::{Run, Session};
use crate::error::{Error, Result};

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Do now what was to be done at times in the past.
    Backfill(backfill::Arguments),
    /// Make a Schedule.
    Create(Box<create::Arguments>),
    /// Remove a Schedule.
    Delete(Id),
    /// Show a Schedule, and how far it is.
    Describe(Id),
    /// List Schedules.
    List(list::Arguments),
    /// List the times at which a Schedule acts.
    ListMatchingTimes(list_matching_times::Arguments),
    /// Pause a Schedule, or let it go again.
    Toggle(toggle::Arguments),
    /// Let a Schedule act at once.
    Trigger(trigger::Arguments),
    /// Replace what a Schedule is by what the flags say; what they leave out is gone.
    Update(Box<update::Arguments>),
}

/// A Schedule.
#[derive(Args, Debug, Clone)]
pub struct Id {
    /// Schedule ID.
    #[arg(long, short = 's')]
    schedule_id: String,
}

/// What becomes of an action while an earlier one runs.
#[derive(Args, Debug, Clone)]
struct Overlap {
    /// What to do while the Workflow that was started before still runs.
    #[arg(long, value_enum, default_value = "Skip")]
    overlap_policy: Policy,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "PascalCase")]
enum Policy {
    Skip,
    BufferOne,
    BufferAll,
    CancelOther,
    TerminateOther,
    AllowAll,
}

impl Overlap {
    fn policy(&self) -> ScheduleOverlapPolicy {
        match self.overlap_policy {
            Policy::Skip => ScheduleOverlapPolicy::Skip,
            Policy::BufferOne => ScheduleOverlapPolicy::BufferOne,
            Policy::BufferAll => ScheduleOverlapPolicy::BufferAll,
            Policy::CancelOther => ScheduleOverlapPolicy::CancelOther,
            Policy::TerminateOther => ScheduleOverlapPolicy::TerminateOther,
            Policy::AllowAll => ScheduleOverlapPolicy::AllowAll,
        }
    }
}

impl Run for Command {
    async fn run(self, session: &mut Session) -> Result<()> {
        match self {
            Command::Backfill(arguments) => backfill::run(session, arguments).await,
            Command::Create(arguments) => create::run(session, *arguments).await,
            Command::Delete(id) => delete::run(session, id).await,
            Command::Describe(id) => describe::run(session, id).await,
            Command::List(arguments) => list::run(session, arguments).await,
            Command::ListMatchingTimes(arguments) => list_matching_times::run(session, arguments).await,
            Command::Toggle(arguments) => toggle::run(session, arguments).await,
            Command::Trigger(arguments) => trigger::run(session, arguments).await,
            Command::Update(arguments) => update::run(session, *arguments).await,
        }
    }
}

async fn patch(session: &mut Session, id: Id, patch: SchedulePatch) -> Result<()> {
    let request = PatchScheduleRequest {
        namespace: session.client.namespace.clone(),
        schedule_id: id.schedule_id,
        patch: Some(patch),
        identity: session.client.identity.clone(),
        request_id: client::request_id(),
    };
    let answer = session.client.workflow.patch_schedule(client::call(request)).await;
    answer.map_err(|status| Error::status(&status))?;
    Ok(())
}
