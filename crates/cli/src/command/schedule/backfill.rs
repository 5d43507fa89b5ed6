//! `schedule backfill`.

use abide_api::temporal::api::schedule::v1::{BackfillRequest, SchedulePatch};
use clap::Args;
use prost_types::Timestamp;

use super::{Id, Overlap};
use crate::command::Session;
use crate::error::Result;

/// `schedule backfill`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    id: Id,
    #[command(flatten)]
    overlap: Overlap,
    /// The end of the times.
    #[arg(long, value_name = "TIME")]
    end_time: Timestamp,
    /// The beginning of the times.
    #[arg(long, value_name = "TIME")]
    start_time: Timestamp,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { id, overlap, end_time, start_time } = arguments;
    let backfill = BackfillRequest {
        start_time: Some(start_time),
        end_time: Some(end_time),
        overlap_policy: overlap.policy().into(),
    };
    let patch = SchedulePatch { backfill_request: vec![backfill], ..SchedulePatch::default() };
    super::patch(session, id, patch).await?;
    session.output.text("Backfill request sent");
    Ok(())
}
