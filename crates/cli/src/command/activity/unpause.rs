//! `activity unpause`.

use std::time::Duration;

use abide_api::temporal::api::workflowservice::v1::UnpauseActivityExecutionRequest;
use clap::Args;

use super::Reference;
use crate::client;
use crate::command::{Session, workflow::proto_duration};
use crate::duration;
use crate::error::{Error, Result};

/// `activity unpause`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    activity: Reference,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// The longest that it waits, by chance, before it goes again.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    jitter: Option<Duration>,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { activity, reason, jitter } = arguments;
    let request = UnpauseActivityExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_id: activity.workflow_id,
        run_id: activity.run_id,
        activity_id: activity.activity_id,
        identity: session.client.identity.clone(),
        reason,
        jitter: jitter.map(proto_duration),
        request_id: client::request_id(),
        ..UnpauseActivityExecutionRequest::default()
    };
    let answer = session.client.workflow.unpause_activity_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("unable to unpause Activity", &status))?;
    Ok(())
}
