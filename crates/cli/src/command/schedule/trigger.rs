//! `schedule trigger`.

use abide_api::temporal::api::schedule::v1::{SchedulePatch, TriggerImmediatelyRequest};
use clap::Args;

use super::{Id, Overlap};
use crate::command::Session;
use crate::error::Result;

/// `schedule trigger`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    id: Id,
    #[command(flatten)]
    overlap: Overlap,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let overlap_policy = arguments.overlap.policy().into();
    let trigger = TriggerImmediatelyRequest { overlap_policy, ..TriggerImmediatelyRequest::default() };
    let patch = SchedulePatch { trigger_immediately: Some(trigger), ..SchedulePatch::default() };
    super::patch(session, arguments.id, patch).await?;
    session.output.text("Trigger request sent");
    Ok(())
}
