//! `activity describe`.

use abide_api::temporal::api::{
    activity::v1::ActivityExecutionInfo, enums::v1::PendingActivityState,
    workflowservice::v1::DescribeActivityExecutionRequest,
};
use clap::Args;

use super::Alone;
use crate::command::Session;
use crate::command::workflow::close;
use crate::error::{Error, Result};
use crate::output::{Card, Output};
use crate::{client, duration, json, words};

/// `activity describe`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    which: Alone,
    /// Show it as JSON.
    #[arg(long)]
    raw: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let request = DescribeActivityExecutionRequest {
        namespace: session.client.namespace.clone(),
        activity_id: arguments.which.activity_id,
        run_id: arguments.which.run_id,
        include_last_failure: true,
        ..DescribeActivityExecutionRequest::default()
    };
    let answer = session.client.workflow.describe_activity_execution(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("failed describing activity", &status))?.into_inner();
    let output = session.output;
    let name = "temporal.api.workflowservice.v1.DescribeActivityExecutionResponse";
    let whole = json::message(name, &answer, output.payloads());
    output.json(&whole);
    if arguments.raw {
        output.text(format!("{whole:#}"));
    } else {
        output.heading("Activity Execution Info:");
        output.card(&card(output, &answer.info.unwrap_or_default()));
    }
    Ok(())
}

fn card(output: Output, info: &ActivityExecutionInfo) -> Card {
    let state = match info.run_state() {
        PendingActivityState::Unspecified => String::new(),
        state => words::activity_state(state),
    };
    let failure = info.last_failure.as_ref().map(|failure| close::failure_text(failure, 4)).unwrap_or_default();
    Card::new()
        .field("ActivityId", &info.activity_id)
        .field("RunId", &info.run_id)
        .field("Type", info.activity_type.as_ref().map(|kind| kind.name.as_str()).unwrap_or_default())
        .field("Status", words::camel(info.status().as_str_name(), "ACTIVITY_EXECUTION_STATUS_"))
        .filled("RunState", state)
        .field("TaskQueue", &info.task_queue)
        .filled("ScheduleToCloseTimeout", duration::filled(info.schedule_to_close_timeout))
        .filled("ScheduleToStartTimeout", duration::filled(info.schedule_to_start_timeout))
        .filled("StartToCloseTimeout", duration::filled(info.start_to_close_timeout))
        .filled("HeartbeatTimeout", duration::filled(info.heartbeat_timeout))
        .filled("StartDelay", duration::filled(info.start_delay))
        .filled("LastStartedTime", output.time(info.last_started_time.as_ref()))
        .field("Attempt", info.attempt)
        .filled("ExecutionDuration", duration::filled(info.execution_duration))
        .filled("ScheduleTime", output.time(info.schedule_time.as_ref()))
        .filled("CloseTime", output.time(info.close_time.as_ref()))
        .filled("LastFailure", failure)
        .filled("LastWorkerIdentity", &info.last_worker_identity)
        .filled("LastAttemptCompleteTime", output.time(info.last_attempt_complete_time.as_ref()))
        .field("StateTransitionCount", info.state_transition_count)
}
