//! `operator namespace create | delete | describe | list | update`.

mod delete;
mod update;

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{ArchivalState, NamespaceState, ReplicationState},
    replication::v1::ClusterReplicationConfig,
    workflowservice::v1::{
        DescribeNamespaceRequest, DescribeNamespaceResponse, ListNamespacesRequest, RegisterNamespaceRequest,
    },
};
use abide_server::config::NAMESPACE_DEFAULT;
use clap::{Args, Subcommand, ValueEnum};

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::{Card, warn};
use crate::{client, duration, input, json, words};

/// `operator namespace`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Register a namespace.
    Create(Box<Create>),
    /// Delete a namespace with everything inside.
    Delete(delete::Arguments),
    /// Show a namespace.
    Describe(Describe),
    /// Show all namespaces.
    List,
    /// Change a namespace.
    Update(Box<update::Arguments>),
}

/// `operator namespace create`.
#[derive(Args, Debug)]
pub struct Create {
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

/// `operator namespace describe`.
#[derive(Args, Debug)]
pub struct Describe {
    /// Its name (deprecated; use -n).
    name: Option<String>,
    /// Its id, instead of a name.
    #[arg(long)]
    namespace_id: Option<String>,
}

const RESPONSE: &str = "temporal.api.workflowservice.v1.DescribeNamespaceResponse";

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    match command {
        Command::Create(arguments) => create(session, *arguments).await,
        Command::Delete(arguments) => delete::run(session, arguments).await,
        Command::Describe(arguments) => describe(session, arguments).await,
        Command::List => list(session).await,
        Command::Update(arguments) => update::run(session, *arguments).await,
    }
}

async fn create(session: &mut Session, arguments: Create) -> Result<()> {
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

async fn describe(session: &mut Session, arguments: Describe) -> Result<()> {
    let id = arguments.namespace_id.unwrap_or_default();
    let mut name = named(session, arguments.name)?;
    if !id.is_empty() && name == NAMESPACE_DEFAULT {
        name.clear();
    }
    if id.is_empty() == name.is_empty() {
        return Err(Error::new("provide one of --namespace-id=<uuid> or -n name, but not both"));
    }
    let request = DescribeNamespaceRequest { namespace: name.clone(), id: id.clone(), ..Default::default() };
    let answer = session.client.workflow.describe_namespace(client::call(request)).await;
    let what = format!("unable to describe namespace {name}{id}");
    let answer = answer.map_err(|status| Error::rpc(&what, &status))?.into_inner();
    session.output.json(&json::message(RESPONSE, &answer, session.output.payloads()));
    session.output.card(&card(&answer));
    Ok(())
}

async fn list(session: &mut Session) -> Result<()> {
    let mut all = session.output.list();
    let (mut token, mut first) = (bytes::Bytes::new(), true);
    loop {
        let request = ListNamespacesRequest { next_page_token: token, ..ListNamespacesRequest::default() };
        let answer = session.client.workflow.list_namespaces(client::call(request)).await;
        let answer = answer.map_err(|status| Error::rpc("failed listing namespaces", &status))?.into_inner();
        for namespace in &answer.namespaces {
            if !std::mem::take(&mut first) {
                session.output.text("");
            }
            all.element(&json::message(RESPONSE, namespace, session.output.payloads()));
            session.output.card(&card(namespace));
        }
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    all.end();
    Ok(())
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
