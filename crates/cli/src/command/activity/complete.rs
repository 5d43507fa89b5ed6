//! `activity complete`.

use abide_api::temporal::api::workflowservice::v1::RespondActivityTaskCompletedByIdRequest;
use clap::Args;

use super::Reference;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::input::Input;

/// `activity complete`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    activity: Reference,
    /// The result, in JSON.
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    result: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { activity, result } = arguments;
    let request = RespondActivityTaskCompletedByIdRequest {
        namespace: session.client.namespace.clone(),
        workflow_id: activity.workflow_id,
        run_id: activity.run_id,
        activity_id: activity.activity_id,
        result: Input { input: vec![result], ..Input::default() }.payloads()?,
        identity: session.client.identity.clone(),
        ..RespondActivityTaskCompletedByIdRequest::default()
    };
    let answer = session.client.workflow.respond_activity_task_completed_by_id(client::call(request)).await;
    answer.map_err(|status| Error::rpc("unable to complete Activity", &status))?;
    Ok(())
}
