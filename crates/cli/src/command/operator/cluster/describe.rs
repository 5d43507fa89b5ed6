//! `operator cluster describe`.

use abide_api::temporal::api::workflowservice::v1::GetClusterInfoRequest;
use clap::Args;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Table};
use crate::{client, json};

/// `operator cluster describe`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Show more of it.
    #[arg(long)]
    detail: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let answer = session.client.workflow.get_cluster_info(client::call(GetClusterInfoRequest {})).await;
    let answer = answer.map_err(|status| Error::rpc("unable to get cluster information", &status))?.into_inner();
    let name = "temporal.api.workflowservice.v1.GetClusterInfoResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    let mut columns =
        vec![Column::text("ClusterName"), Column::text("PersistenceStore"), Column::text("VisibilityStore")];
    let mut cells = vec![answer.cluster_name, answer.persistence_store, answer.visibility_store];
    if arguments.detail {
        columns.extend([Column::number("HistoryShardCount"), Column::text("ServerVersion")]);
        cells.extend([answer.history_shard_count.to_string(), answer.server_version]);
    }
    let mut table = Table::new(columns);
    table.row(cells);
    session.output.table(&table, Header::Shown);
    Ok(())
}
