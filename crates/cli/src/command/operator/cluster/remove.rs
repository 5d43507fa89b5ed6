//! `operator cluster remove`.

use abide_api::temporal::api::operatorservice::v1::RemoveRemoteClusterRequest;
use clap::Args;
use serde_json::json;

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `operator cluster remove`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The other cluster.
    #[arg(long)]
    name: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let name = arguments.name;
    let request = RemoveRemoteClusterRequest { cluster_name: name.clone() };
    let answer = session.client.operator.remove_remote_cluster(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed removing cluster", &status))?;
    session.output.json(&json!({ "clusterName": name }));
    session.output.text(session.output.paint().green(&format!("Removed cluster {name}")));
    Ok(())
}
