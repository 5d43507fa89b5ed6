//! `operator namespace update`.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::ReplicationState,
    namespace::v1::{NamespaceConfig, UpdateNamespaceInfo},
    replication::v1::NamespaceReplicationConfig,
    workflowservice::v1::{DescribeNamespaceRequest, UpdateNamespaceRequest},
};
use clap::{Args, ValueEnum};

use super::{Archival, Archived, clusters, named};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::{client, duration, input, json};

/// `operator namespace update`.
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
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    retention: Option<Duration>,
    /// The cluster in which it is to be active. Everything else is left out then.
    #[arg(long, default_value = "")]
    active_cluster: String,
    /// A cluster in which it is. May be repeated.
    #[arg(long)]
    cluster: Vec<String>,
    /// Make it one of several clusters. Everything else is left out then.
    #[arg(long)]
    promote_global: bool,
    /// How it is replicated.
    #[arg(long, value_enum)]
    replication_state: Option<Replication>,
    /// What becomes of histories.
    #[command(flatten)]
    archival: Archival,
}

/// How a namespace is replicated.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Replication {
    /// As always.
    Normal,
    /// It changes hands.
    Handover,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let name = named(session, arguments.name.clone())?;
    if arguments.promote_global && !arguments.active_cluster.is_empty() {
        return Err(Error::new("both --promote-global and --active-cluster flags cannot be set together"));
    }
    let request = if arguments.promote_global {
        session.output.text(format!(
            "Will promote local namespace to global namespace for:{name}, other flag will be omitted. If it is already \
             global namespace, this will be no-op.\n"
        ));
        UpdateNamespaceRequest { promote_namespace: true, ..UpdateNamespaceRequest::default() }
    } else if !arguments.active_cluster.is_empty() {
        let cluster = arguments.active_cluster;
        session.output.text(format!("Will set active cluster name to: {cluster}, other flag will be omitted.\n"));
        let replication = NamespaceReplicationConfig { active_cluster_name: cluster, ..Default::default() };
        UpdateNamespaceRequest { replication_config: Some(replication), ..UpdateNamespaceRequest::default() }
    } else {
        changes(session, &name, arguments).await?
    };
    let request = UpdateNamespaceRequest { namespace: name.clone(), ..request };
    let answer = session.client.workflow.update_namespace(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("namespace update failed", &status))?.into_inner();
    let message = "temporal.api.workflowservice.v1.UpdateNamespaceResponse";
    session.output.json(&json::message(message, &answer, session.output.payloads()));
    session.output.text(session.output.paint().green(&format!("Namespace {name} update succeeded.")));
    Ok(())
}

/// What the flags name; what they leave open is sent as it is, which changes nothing.
async fn changes(session: &mut Session, name: &str, arguments: Arguments) -> Result<UpdateNamespaceRequest> {
    let request = DescribeNamespaceRequest { namespace: name.to_owned(), ..DescribeNamespaceRequest::default() };
    let answer = session.client.workflow.describe_namespace(client::call(request)).await;
    let known = answer.map_err(|status| Error::rpc("namespace update failed", &status))?.into_inner();
    let info = known.namespace_info.unwrap_or_default();
    let retention = known.config.unwrap_or_default().workflow_execution_retention_ttl;
    let data: BTreeMap<String, String> = input::pairs("namespace data", &arguments.data)?.into_iter().collect();
    let wanted = arguments.retention.filter(|retention| !retention.is_zero()).map(duration::proto);
    let or = |given: String, known: String| if given.is_empty() { known } else { given };
    let Archival { history_archival_state, history_uri, visibility_archival_state, visibility_uri } =
        arguments.archival;
    Ok(UpdateNamespaceRequest {
        update_info: Some(UpdateNamespaceInfo {
            description: or(arguments.description, info.description),
            owner_email: or(arguments.email, info.owner_email),
            data,
            ..UpdateNamespaceInfo::default()
        }),
        config: Some(NamespaceConfig {
            workflow_execution_retention_ttl: wanted.or(retention),
            history_archival_state: Archived::state(history_archival_state) as i32,
            history_archival_uri: history_uri,
            visibility_archival_state: Archived::state(visibility_archival_state) as i32,
            visibility_archival_uri: visibility_uri,
            ..NamespaceConfig::default()
        }),
        replication_config: Some(NamespaceReplicationConfig {
            clusters: clusters(arguments.cluster),
            state: match arguments.replication_state {
                None => ReplicationState::Unspecified,
                Some(Replication::Normal) => ReplicationState::Normal,
                Some(Replication::Handover) => ReplicationState::Handover,
            } as i32,
            ..NamespaceReplicationConfig::default()
        }),
        ..UpdateNamespaceRequest::default()
    })
}
