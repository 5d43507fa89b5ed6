//! `activity unpause`.

use std::time::Duration;

use abide_api::temporal::api::{
    batch::v1::{BatchOperationUnpauseActivities, batch_operation_unpause_activities::Activity},
    workflowservice::v1::{UnpauseActivityExecutionRequest, start_batch_operation_request::Operation},
};
use clap::Args;

use super::Selection;
use crate::client;
use crate::command::Session;
use crate::duration;
use crate::error::{Error, Result};

/// `activity unpause`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    which: Selection,
    /// The longest that it waits, by chance, before it goes again.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    jitter: Option<Duration>,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { which, jitter } = arguments;
    let Some(activity) = which.one()? else {
        let operation = BatchOperationUnpauseActivities {
            identity: session.client.identity.clone(),
            jitter: jitter.map(duration::proto),
            activity: Some(Activity::MatchAll(true)),
            ..BatchOperationUnpauseActivities::default()
        };
        return which.target.batch(session, Operation::UnpauseActivitiesOperation(operation)).await;
    };
    let reason = which.target.reason;
    let request = UnpauseActivityExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_id: activity.workflow_id,
        run_id: activity.run_id,
        activity_id: activity.activity_id,
        identity: session.client.identity.clone(),
        reason,
        jitter: jitter.map(duration::proto),
        request_id: client::request_id(),
        ..UnpauseActivityExecutionRequest::default()
    };
    let answer = session.client.workflow.unpause_activity_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("unable to unpause an Activity", &status))?;
    Ok(())
}
