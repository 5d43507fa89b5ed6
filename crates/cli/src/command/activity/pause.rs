//! `activity pause`.

use abide_api::temporal::api::workflowservice::v1::PauseActivityExecutionRequest;
use clap::Args;

use super::Reference;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `activity pause`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    activity: Reference,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { activity, reason } = arguments;
    let request = PauseActivityExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_id: activity.workflow_id,
        run_id: activity.run_id,
        activity_id: activity.activity_id,
        identity: session.client.identity.clone(),
        reason,
        request_id: client::request_id(),
        ..PauseActivityExecutionRequest::default()
    };
    let answer = session.client.workflow.pause_activity_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("unable to pause Activity", &status))?;
    Ok(())
}
