//! `operator cluster list`.

use abide_api::temporal::api::operatorservice::v1::{ClusterMetadata, ListClustersRequest};
use clap::Args;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::{Column, Listing};
use crate::{client, json};

/// `operator cluster list`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The most to list; 0 is no bound.
    #[arg(long, default_value = "0")]
    limit: usize,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let columns = [
        Column::text("Name"),
        Column::text("ClusterId"),
        Column::text("Address"),
        Column::number("HistoryShardCount"),
        Column::number("InitialFailoverVersion"),
        Column::text("IsConnectionEnabled"),
        Column::text("IsReplicationEnabled"),
    ];
    let mut listing = Listing::new(session.output, columns, arguments.limit);
    let mut request = ListClustersRequest::default();
    loop {
        let answer = session.client.operator.list_clusters(client::call(request.clone())).await;
        let answer = answer.map_err(|status| Error::rpc("failed listing clusters", &status))?.into_inner();
        for cluster in &answer.clusters {
            let name = "temporal.api.operatorservice.v1.ClusterMetadata";
            listing.element(&json::message(name, cluster, session.output.payloads()), row(cluster));
        }
        request.next_page_token = answer.next_page_token;
        if !listing.page() || request.next_page_token.is_empty() {
            break;
        }
    }
    listing.end();
    Ok(())
}

fn row(cluster: &ClusterMetadata) -> [String; 7] {
    [
        cluster.cluster_name.clone(),
        cluster.cluster_id.clone(),
        cluster.address.clone(),
        cluster.history_shard_count.to_string(),
        cluster.initial_failover_version.to_string(),
        cluster.is_connection_enabled.to_string(),
        cluster.is_replication_enabled.to_string(),
    ]
}
