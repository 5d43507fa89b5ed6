//! `worker deployment update-version-metadata`.

use abide_api::temporal::api::workflowservice::v1::UpdateWorkerDeploymentVersionMetadataRequest;
use clap::Args;
use serde_json::{Value, json};

use super::Version;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::json::Payloads;
use crate::output::Card;
use crate::{client, input, json};

/// `worker deployment update-version-metadata`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    version: Version,
    /// What is noted: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    metadata: Vec<String>,
    /// What is forgotten: a key. May be repeated.
    #[arg(long, value_name = "KEY")]
    remove_entries: Vec<String>,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let request = UpdateWorkerDeploymentVersionMetadataRequest {
        namespace: session.client.namespace.clone(),
        deployment_version: Some(arguments.version.proto()),
        upsert_entries: input::json_pairs("metadata", &arguments.metadata)?,
        remove_entries: arguments.remove_entries,
        identity: session.client.identity.clone(),
        ..UpdateWorkerDeploymentVersionMetadataRequest::default()
    };
    let answer = session.client.workflow.update_worker_deployment_version_metadata(client::call(request)).await;
    let answer = answer.map_err(|status| Error::status(&status))?.into_inner();
    let entries = answer.metadata.unwrap_or_default().entries;
    let entries: Value =
        entries.iter().map(|(key, value)| (key.clone(), json::payload(value, Payloads::Raw))).collect();
    session.output.json(&json!({ "Metadata": entries }));
    session.output.heading("Metadata:");
    session.output.card(&Card::new().field("Metadata", entries));
    session.output.text("Successfully updating metadata for worker deployment version");
    Ok(())
}
