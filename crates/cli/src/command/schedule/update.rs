//! `schedule update`.

use abide_api::temporal::api::workflowservice::v1::UpdateScheduleRequest;
use clap::Args;

use super::spec::Configuration;
use super::{Id, Overlap, describe};
use crate::client;
use crate::command::Session;
use crate::command::workflow::shared::Shared;
use crate::error::{Error, Result};
use crate::input::Input;

/// `schedule update`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    id: Id,
    #[command(flatten)]
    configuration: Configuration,
    #[command(flatten)]
    overlap: Overlap,
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    input: Input,
}

/// Runs the command. What was read is what is replaced: a change in between makes it fail, not vanish.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let schedule = arguments.configuration.schedule(&arguments.overlap, &arguments.shared, &arguments.input)?;
    let known = describe::ask(session, &arguments.id).await?;
    let request = UpdateScheduleRequest {
        namespace: session.client.namespace.clone(),
        schedule_id: arguments.id.schedule_id,
        schedule: Some(schedule),
        conflict_token: known.conflict_token,
        identity: session.client.identity.clone(),
        request_id: client::request_id(),
        ..UpdateScheduleRequest::default()
    };
    let answer = session.client.workflow.update_schedule(client::call(request)).await;
    answer.map_err(|status| Error::status(&status))?;
    Ok(())
}
