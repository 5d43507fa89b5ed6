//! `activity pause`.

use abide_api::temporal::api::workflowservice::v1::PauseActivityExecutionRequest;
use clap::Args;

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `activity pause`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Activity ID.
    #[arg(long, short = 'a', default_value = "")]
    activity_id: String,
    /// Workflow ID; without it, the Activity is one that stands alone.
    #[arg(long, short = 'w', default_value = "")]
    workflow_id: String,
    /// Run ID; the newest run by default.
    #[arg(long, short = 'r', default_value = "")]
    run_id: String,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { activity_id, workflow_id, run_id, reason } = arguments;
    if activity_id.is_empty() {
        return Err(Error::new(
            "must specify --activity-id to pause an Activity (optionally with --workflow-id and/or --run-id)",
        ));
    }
    let request = PauseActivityExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_id,
        run_id,
        activity_id,
        identity: session.client.identity.clone(),
        reason,
        request_id: client::request_id(),
        ..PauseActivityExecutionRequest::default()
    };
    let answer = session.client.workflow.pause_activity_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("unable to pause Activity", &status))?;
    Ok(())
}
