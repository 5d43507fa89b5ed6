//! `nexus operation describe`.

use abide_api::temporal::api::{
    nexus::v1::NexusOperationExecutionInfo, workflowservice::v1::DescribeNexusOperationExecutionRequest,
};
use clap::Args;

use super::Reference;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::json::Payloads;
use crate::output::{Card, Output};
use crate::{client, duration, json, words};

/// `nexus operation describe`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    which: Reference,
    /// Show it as JSON.
    #[arg(long)]
    raw: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let request = DescribeNexusOperationExecutionRequest {
        namespace: session.client.namespace.clone(),
        operation_id: arguments.which.operation_id,
        run_id: arguments.which.run_id,
        ..DescribeNexusOperationExecutionRequest::default()
    };
    let answer = session.client.workflow.describe_nexus_operation_execution(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("failed describing nexus operation", &status))?.into_inner();
    let info = answer.info.unwrap_or_default();
    let output = session.output;
    let whole = json::message("temporal.api.nexus.v1.NexusOperationExecutionInfo", &info, output.payloads());
    output.json(&whole);
    if arguments.raw {
        output.text(format!("{whole:#}"));
    } else {
        output.card(&card(output, &info));
    }
    Ok(())
}

fn card(output: Output, info: &NexusOperationExecutionInfo) -> Card {
    let summary = info.user_metadata.as_ref().and_then(|metadata| metadata.summary.as_ref());
    let summary = summary.map(|summary| json::payload(summary, Payloads::Shorthand));
    let summary = summary.as_ref().and_then(|summary| summary.as_str()).unwrap_or_default();
    Card::new()
        .field("OperationId", &info.operation_id)
        .field("RunId", &info.run_id)
        .field("Endpoint", &info.endpoint)
        .field("Service", &info.service)
        .field("Operation", &info.operation)
        .field("Status", words::camel(info.status().as_str_name(), "NEXUS_OPERATION_EXECUTION_STATUS_"))
        .filled("State", words::camel(info.state().as_str_name(), "PENDING_NEXUS_OPERATION_STATE_"))
        .field("Attempt", info.attempt)
        .filled("ScheduleToCloseTimeout", duration::filled(info.schedule_to_close_timeout))
        .filled("ScheduledTime", output.time(info.schedule_time.as_ref()))
        .filled("CloseTime", output.time(info.close_time.as_ref()))
        .filled("ExpirationTime", output.time(info.expiration_time.as_ref()))
        .filled("BlockedReason", &info.blocked_reason)
        .filled("OperationToken", &info.operation_token)
        .filled("Identity", &info.identity)
        .filled("Summary", summary)
}
