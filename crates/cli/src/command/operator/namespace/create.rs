//! `operator namespace create`.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::workflowservice::v1::RegisterNamespaceRequest;
use clap::Args;

use super::{Archived, clusters, named};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::{client, duration, input};

/// `operator namespace create`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Its name (deprecated; use -n).
    name: Option<String>,
    /// For people.
    #[arg(long, default_value = "")]
    description: String,
    /// Whom to ask.
    #[arg(long, default_value = "")]
    email: String,
    /// A note: KEY=VALUE. May be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    data: Vec<String>,
    /// How long closed Workflow Executions are kept.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "72h")]
    retention: Duration,
    /// The cluster in which it is active.
    #[arg(long, default_value = "")]
    active_cluster: String,
    /// A cluster in which it is. May be repeated.
    #[arg(long)]
    cluster: Vec<String>,
    /// Make it one of several clusters.
    #[arg(long)]
    global: bool,
    /// Whether histories are archived.
    #[arg(long, value_enum, default_value = "disabled")]
    history_archival_state: Archived,
    /// Where histories are archived.
    #[arg(long, default_value = "")]
    history_uri: String,
    /// Whether what lists show is archived.
    #[arg(long, value_enum, default_value = "disabled")]
    visibility_archival_state: Archived,
    /// Where what lists show is archived.
    #[arg(long, default_value = "")]
    visibility_uri: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let name = named(session, arguments.name)?;
    let data: BTreeMap<String, String> = input::pairs("namespace data", &arguments.data)?.into_iter().collect();
    let request = RegisterNamespaceRequest {
        namespace: name.clone(),
        description: arguments.description,
        owner_email: arguments.email,
        workflow_execution_retention_period: Some(duration::proto(arguments.retention)),
        data,
        active_cluster_name: arguments.active_cluster,
        clusters: clusters(arguments.cluster),
        is_global_namespace: arguments.global,
        history_archival_state: Archived::state(Some(arguments.history_archival_state)) as i32,
        history_archival_uri: arguments.history_uri,
        visibility_archival_state: Archived::state(Some(arguments.visibility_archival_state)) as i32,
        visibility_archival_uri: arguments.visibility_uri,
        ..RegisterNamespaceRequest::default()
    };
    let answer = session.client.workflow.register_namespace(client::call(request)).await;
    answer.map_err(|status| Error::rpc(&format!("unable to create namespace {name}"), &status))?;
    let done = format!("Namespace {name} successfully registered.");
    session.output.text(session.output.paint().green(&done));
    Ok(())
}
