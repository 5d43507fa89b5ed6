//! `schedule delete`.

use abide_api::temporal::api::workflowservice::v1::DeleteScheduleRequest;

use super::Id;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, id: Id) -> Result<()> {
    let request = DeleteScheduleRequest {
        namespace: session.client.namespace.clone(),
        schedule_id: id.schedule_id,
        identity: session.client.identity.clone(),
    };
    let answer = session.client.workflow.delete_schedule(client::call(request)).await;
    answer.map_err(|status| Error::status(&status))?;
    session.output.text("Schedule deleted");
    Ok(())
}
