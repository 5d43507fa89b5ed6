//! `operator cluster upsert`.

use abide_api::temporal::api::operatorservice::v1::AddOrUpdateRemoteClusterRequest;
use clap::Args;
use serde_json::json;

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `operator cluster upsert`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Where the other cluster is.
    #[arg(long)]
    frontend_address: String,
    /// Connect to it.
    #[arg(long)]
    enable_connection: bool,
    /// Replicate with it.
    #[arg(long)]
    enable_replication: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let address = arguments.frontend_address;
    let request = AddOrUpdateRemoteClusterRequest {
        frontend_address: address.clone(),
        enable_remote_cluster_connection: arguments.enable_connection,
        enable_replication: arguments.enable_replication,
        ..AddOrUpdateRemoteClusterRequest::default()
    };
    let answer = session.client.operator.add_or_update_remote_cluster(client::call(request)).await;
    answer.map_err(|status| Error::rpc("unable to upsert cluster", &status))?;
    session.output.json(&json!({ "frontendAddress": address }));
    session.output.text(session.output.paint().green(&format!("Upserted cluster {address}")));
    Ok(())
}
