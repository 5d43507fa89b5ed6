//! `operator cluster`: `health`, `system` and `describe` are here, the rest next door.

mod list;
mod remove;
mod upsert;

use abide_api::temporal::api::workflowservice::v1::{GetClusterInfoRequest, GetSystemInfoRequest};
use clap::{Args, Subcommand};
use serde_json::json;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::json;
use crate::output::table::Header;
use crate::output::{Column, Table};

/// `operator cluster`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show what the cluster is made of.
    Describe(Describe),
    /// Ask whether the server serves.
    Health,
    /// List the clusters that this one knows.
    List(list::Arguments),
    /// Forget another cluster.
    Remove(remove::Arguments),
    /// Show what the server can do.
    System,
    /// Make another cluster known, or change what is known of it.
    Upsert(upsert::Arguments),
}

/// `operator cluster describe`.
#[derive(Args, Debug)]
pub struct Describe {
    /// Show more of it.
    #[arg(long)]
    detail: bool,
}

const SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    match command {
        Command::Describe(arguments) => describe(session, arguments).await,
        Command::Health => health(session).await,
        Command::List(arguments) => list::run(session, arguments).await,
        Command::Remove(arguments) => remove::run(session, arguments).await,
        Command::System => system(session).await,
        Command::Upsert(arguments) => upsert::run(session, arguments).await,
    }
}

async fn health(session: &mut Session) -> Result<()> {
    let request = HealthCheckRequest { service: SERVICE.into() };
    let answer = session.client.health.check(client::call(request)).await;
    let status = answer.map_err(|status| Error::rpc("unable to health check", &status))?.into_inner().status();
    session.output.json(&json!({ "status": status.as_str_name() }));
    let text = match status {
        ServingStatus::Serving => session.output.paint().green(status.as_str_name()),
        ServingStatus::Unknown | ServingStatus::NotServing | ServingStatus::ServiceUnknown => {
            session.output.paint().red(status.as_str_name())
        }
    };
    session.output.text(text);
    Ok(())
}

async fn system(session: &mut Session) -> Result<()> {
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

async fn describe(session: &mut Session, arguments: Describe) -> Result<()> {
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
