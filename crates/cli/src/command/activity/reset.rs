//! `activity reset`.

use std::time::Duration;

use abide_api::temporal::api::{
    batch::v1::{BatchOperationResetActivities, batch_operation_reset_activities::Activity},
    workflowservice::v1::{ResetActivityExecutionRequest, start_batch_operation_request::Operation},
};
use clap::Args;
use serde_json::json;

use super::Selection;
use crate::client;
use crate::command::Session;
use crate::duration;
use crate::error::{Error, Result};
use crate::output::Card;

/// `activity reset`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    which: Selection,
    /// Leave it paused if it is.
    #[arg(long)]
    keep_paused: bool,
    /// The longest that it waits, by chance, before it goes again.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    jitter: Option<Duration>,
    /// Make its options again what the workflow said.
    #[arg(long)]
    restore_original_options: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { which, keep_paused, jitter, restore_original_options } = arguments;
    let Some(activity) = which.one()? else {
        let operation = BatchOperationResetActivities {
            identity: session.client.identity.clone(),
            reset_heartbeat: true,
            keep_paused,
            jitter: jitter.map(duration::proto),
            restore_original_options,
            activity: Some(Activity::MatchAll(true)),
            ..BatchOperationResetActivities::default()
        };
        return which.target.batch(session, Operation::ResetActivitiesOperation(operation)).await;
    };
    let request = ResetActivityExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_id: activity.workflow_id,
        run_id: activity.run_id,
        activity_id: activity.activity_id,
        identity: session.client.identity.clone(),
        keep_paused,
        jitter: jitter.map(duration::proto),
        restore_original_options,
        request_id: client::request_id(),
        ..ResetActivityExecutionRequest::default()
    };
    let answer = session.client.workflow.reset_activity_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("unable to reset an Activity", &status))?;
    session.output.json(&json!({ "keepPaused": keep_paused }));
    session.output.card(&Card::new().field("KeepPaused", keep_paused).field("ServerResponse", true));
    Ok(())
}
