//! `operator namespace create | delete | describe | list | update`.

mod create;
mod delete;
mod describe;
mod list;
mod update;

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{ArchivalState, NamespaceState, ReplicationState},
    replication::v1::ClusterReplicationConfig,
    workflowservice::v1::DescribeNamespaceResponse,
};
use abide_server::config::NAMESPACE_DEFAULT;
use clap::{Args, Subcommand, ValueEnum};

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::{Card, warn};
use crate::{duration, words};

/// `operator namespace`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Register a namespace.
    Create(Box<create::Arguments>),
    /// Delete a namespace with everything inside.
    Delete(delete::Arguments),
    /// Show a namespace.
    Describe(describe::Arguments),
    /// Show all namespaces.
    List,
    /// Change a namespace.
    Update(Box<update::Arguments>),
}

/// What becomes of histories and of what lists show.
#[derive(Args, Debug)]
pub struct Archival {
    /// Whether histories are archived.
    #[arg(long, value_enum)]
    history_archival_state: Option<Archived>,
    /// Where histories are archived.
    #[arg(long, default_value = "")]
    history_uri: String,
    /// Whether what lists show is archived.
    #[arg(long, value_enum)]
    visibility_archival_state: Option<Archived>,
    /// Where what lists show is archived.
    #[arg(long, default_value = "")]
    visibility_uri: String,
}

/// Whether something is archived.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Archived {
    /// It is not.
    Disabled,
    /// It is.
    Enabled,
}

impl Archived {
    /// As the protocol says it.
    fn state(archived: Option<Self>) -> ArchivalState {
        match archived {
            None => ArchivalState::Unspecified,
            Some(Self::Disabled) => ArchivalState::Disabled,
            Some(Self::Enabled) => ArchivalState::Enabled,
        }
    }
}

const RESPONSE: &str = "temporal.api.workflowservice.v1.DescribeNamespaceResponse";

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    match command {
        Command::Create(arguments) => create::run(session, *arguments).await,
        Command::Delete(arguments) => delete::run(session, arguments).await,
        Command::Describe(arguments) => describe::run(session, arguments).await,
        Command::List => list::run(session).await,
        Command::Update(arguments) => update::run(session, *arguments).await,
    }
}

/// The namespace that a command is about.
fn named(session: &Session, argument: Option<String>) -> Result<String> {
    let flag = session.client.namespace.clone();
    let Some(name) = argument else { return Ok(flag) };
    if flag != NAMESPACE_DEFAULT {
        let both = format!("namespace was provided as both an argument ({name}) and a flag (-n {flag})");
        return Err(Error::new(format!("{both}; please specify namespace only with -n")));
    }
    warn("Passing the namespace as an argument is now deprecated; please switch to using -n instead");
    Ok(name)
}

fn clusters(names: Vec<String>) -> Vec<ClusterReplicationConfig> {
    names.into_iter().map(|cluster_name| ClusterReplicationConfig { cluster_name, ..Default::default() }).collect()
}

fn card(namespace: &DescribeNamespaceResponse) -> Card {
    let info = namespace.namespace_info.clone().unwrap_or_default();
    let config = namespace.config.clone().unwrap_or_default();
    let replication = namespace.replication_config.clone().unwrap_or_default();
    let retention = config.workflow_execution_retention_ttl.unwrap_or_default();
    let cluster = |name: &String| serde_json::json!({ "clusterName": name });
    let clusters: Vec<_> = replication.clusters.iter().map(|each| cluster(&each.cluster_name)).collect();
    let state =
        |name: &str| words::camel(name, NamespaceState::Unspecified.as_str_name().trim_end_matches("UNSPECIFIED"));
    let archival = |state: ArchivalState| words::camel(state.as_str_name(), "ARCHIVAL_STATE_");
    let replicated = |state: ReplicationState| words::camel(state.as_str_name(), "REPLICATION_STATE_");
    Card::new()
        .field("NamespaceInfo.Name", &info.name)
        .field("NamespaceInfo.Id", &info.id)
        .field("NamespaceInfo.Description", &info.description)
        .field("NamespaceInfo.OwnerEmail", &info.owner_email)
        .field("NamespaceInfo.State", state(info.state().as_str_name()))
        .field("NamespaceInfo.Data", map(&info.data))
        .field("Config.WorkflowExecutionRetentionTtl", duration::format(Duration::from_secs(retention.seconds as u64)))
        .field("ReplicationConfig.ActiveClusterName", &replication.active_cluster_name)
        .field("ReplicationConfig.Clusters", serde_json::json!(clusters))
        .field("ReplicationConfig.State", replicated(replication.state()))
        .field("Config.HistoryArchivalState", archival(config.history_archival_state()))
        .field("Config.VisibilityArchivalState", archival(config.visibility_archival_state()))
        .field("IsGlobalNamespace", namespace.is_global_namespace)
        .field("FailoverVersion", namespace.failover_version)
        .field("FailoverHistory", "[]")
        .field("Config.HistoryArchivalUri", &config.history_archival_uri)
        .field("Config.VisibilityArchivalUri", &config.visibility_archival_uri)
        .field("Config.CustomSearchAttributeAliases", map(&config.custom_search_attribute_aliases))
}

fn map(entries: &BTreeMap<String, String>) -> String {
    let shown: Vec<String> = entries.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    format!("map[{}]", shown.join(" "))
}
