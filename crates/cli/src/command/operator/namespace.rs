//! `operator namespace create | describe | list`.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{ArchivalState, NamespaceState, ReplicationState},
    workflowservice::v1::{
        DescribeNamespaceRequest, DescribeNamespaceResponse, ListNamespacesRequest, RegisterNamespaceRequest,
    },
};
use clap::{Args, Subcommand};

use crate::command::Session;
use crate::command::workflow::proto_duration;
use crate::error::{Error, Result};
use crate::output::{Card, warn};
use crate::{client, duration, input, json, words};

/// `operator namespace`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Register a namespace.
    Create(Create),
    /// Show a namespace.
    Describe(Describe),
    /// Show all namespaces.
    List,
}

/// `operator namespace create`.
#[derive(Args, Debug)]
pub struct Create {
    /// Its name (deprecated; use -n).
    name: Option<String>,
    /// For people.
    #[arg(long, default_value = "", hide_default_value = true)]
    description: String,
    /// Whom to ask.
    #[arg(long, default_value = "", hide_default_value = true)]
    email: String,
    /// A note: KEY=VALUE. May be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    data: Vec<String>,
    /// How long closed Workflow Executions are kept.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "72h")]
    retention: Duration,
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
        Command::Create(arguments) => create(session, arguments).await,
        Command::Describe(arguments) => describe(session, arguments).await,
        Command::List => list(session).await,
    }
}

async fn create(session: &mut Session, arguments: Create) -> Result<()> {
    let name = named(session, arguments.name);
    let data: BTreeMap<String, String> = input::pairs("namespace data", &arguments.data)?.into_iter().collect();
    let request = RegisterNamespaceRequest {
        namespace: name.clone(),
        description: arguments.description,
        owner_email: arguments.email,
        workflow_execution_retention_period: Some(proto_duration(arguments.retention)),
        data,
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
    let name = if id.is_empty() { named(session, arguments.name) } else { String::new() };
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

fn named(session: &Session, argument: Option<String>) -> String {
    let Some(name) = argument else { return session.client.namespace.clone() };
    warn("Passing the namespace as an argument is now deprecated; please switch to using -n instead");
    name
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
