//! `activity fail`.

use abide_api::temporal::api::{
    failure::v1::{ApplicationFailureInfo, Failure, failure::FailureInfo},
    workflowservice::v1::RespondActivityTaskFailedByIdRequest,
};
use clap::Args;

use super::Reference;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::input::Input;

/// `activity fail`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    activity: Reference,
    /// What else is known of the failure, in JSON.
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    detail: Option<String>,
    /// The message of the failure.
    #[arg(long, default_value = "")]
    reason: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { activity, detail, reason } = arguments;
    let details = Input { input: detail.into_iter().collect(), ..Input::default() }.payloads()?;
    // Somebody decided that it failed; another attempt would undo that.
    let info = ApplicationFailureInfo { non_retryable: true, details, ..ApplicationFailureInfo::default() };
    let failure = Failure {
        message: reason,
        source: "CLI".into(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
        ..Failure::default()
    };
    let request = RespondActivityTaskFailedByIdRequest {
        namespace: session.client.namespace.clone(),
        workflow_id: activity.workflow_id,
        run_id: activity.run_id,
        activity_id: activity.activity_id,
        failure: Some(failure),
        identity: session.client.identity.clone(),
        ..RespondActivityTaskFailedByIdRequest::default()
    };
    let answer = session.client.workflow.respond_activity_task_failed_by_id(client::call(request)).await;
    answer.map_err(|status| Error::rpc("unable to fail Activity", &status))?;
    Ok(())
}
