//! `operator nexus endpoint get`.

use super::{Name, card, find};
use crate::command::Session;
use crate::error::Result;
use crate::json;

/// Runs the command.
pub async fn run(session: &mut Session, name: Name) -> Result<()> {
    let endpoint = find(session, &name.name).await?;
    session.output.json(&json::message("temporal.api.nexus.v1.Endpoint", &endpoint, session.output.payloads()));
    session.output.card(&card(session.output, &endpoint));
    Ok(())
}
