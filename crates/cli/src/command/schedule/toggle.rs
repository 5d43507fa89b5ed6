//! `schedule toggle`.

use abide_api::temporal::api::schedule::v1::SchedulePatch;
use clap::Args;

use super::Id;
use crate::command::Session;
use crate::error::{Error, Result};

/// `schedule toggle`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    id: Id,
    /// Pause it.
    #[arg(long)]
    pause: bool,
    /// Why.
    #[arg(long, default_value = "(no reason provided)")]
    reason: String,
    /// Let it go again.
    #[arg(long)]
    unpause: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { id, pause, reason, unpause } = arguments;
    let patch = match (pause, unpause) {
        (true, false) => SchedulePatch { pause: reason, ..SchedulePatch::default() },
        (false, true) => SchedulePatch { unpause: reason, ..SchedulePatch::default() },
        (true, true) | (false, false) => {
            return Err(Error::new("exactly one of --pause or --unpause is required"));
        }
    };
    super::patch(session, id, patch).await
}
