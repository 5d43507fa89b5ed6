//! `operator cluster system`.

use abide_api::temporal::api::workflowservice::v1::GetSystemInfoRequest;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Table};
use crate::{client, json};

/// Runs the command.
pub async fn run(session: &mut Session) -> Result<()> {
    let answer = session.client.workflow.get_system_info(client::call(GetSystemInfoRequest {})).await;
    let answer = answer.map_err(|status| Error::rpc("unable to get system information", &status))?.into_inner();
    let name = "temporal.api.workflowservice.v1.GetSystemInfoResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    let can = answer.capabilities.unwrap_or_default();
    let mut table = Table::new([
        Column::text("ServerVersion"),
        Column::text("SupportsSchedules"),
        Column::text("UpsertMemo"),
        Column::text("EagerWorkflowStart"),
    ]);
    let known = [can.supports_schedules, can.upsert_memo, can.eager_workflow_start].map(|known| known.to_string());
    let [schedules, memo, eager] = known;
    table.row([answer.server_version, schedules, memo, eager]);
    session.output.table(&table, Header::Shown);
    Ok(())
}
