//! `schedule list-matching-times`.

use abide_api::temporal::api::workflowservice::v1::ListScheduleMatchingTimesRequest;
use clap::Args;
use prost_types::Timestamp;

use super::Id;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Table};
use crate::{client, json, time};

/// `schedule list-matching-times`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    id: Id,
    /// The beginning of the times.
    #[arg(long, value_name = "TIME")]
    start_time: Timestamp,
    /// The end of the times.
    #[arg(long, value_name = "TIME")]
    end_time: Timestamp,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let request = ListScheduleMatchingTimesRequest {
        namespace: session.client.namespace.clone(),
        schedule_id: arguments.id.schedule_id,
        start_time: Some(arguments.start_time),
        end_time: Some(arguments.end_time),
    };
    let answer = session.client.workflow.list_schedule_matching_times(client::call(request)).await;
    let answer = answer.map_err(|status| Error::status(&status))?.into_inner();
    let name = "temporal.api.workflowservice.v1.ListScheduleMatchingTimesResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    let mut table = Table::new([Column::text("Time")]);
    for at in &answer.start_time {
        table.row([time::iso_seconds(at)]);
    }
    session.output.table(&table, Header::Shown);
    Ok(())
}
