//! `worker deployment list`.

use abide_api::temporal::api::workflowservice::v1::{
    ListWorkerDeploymentsRequest, list_worker_deployments_response::WorkerDeploymentSummary,
};
use serde_json::{Value, json};

use super::shown;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::{Column, Listing, Output};
use crate::{client, time};

/// Runs the command.
pub async fn run(session: &mut Session) -> Result<()> {
    let columns = [
        Column::text("Name"),
        Column::text("CreateTime"),
        Column::text("CurrentVersionDeploymentName"),
        Column::text("CurrentVersionBuildID"),
        Column::text("RampingVersionDeploymentName"),
        Column::text("RampingVersionBuildID"),
        Column::number("RampingVersionPercentage"),
    ];
    let mut listing = Listing::new(session.output, columns, 0);
    let namespace = session.client.namespace.clone();
    let mut request = ListWorkerDeploymentsRequest { namespace, ..ListWorkerDeploymentsRequest::default() };
    loop {
        let answer = session.client.workflow.list_worker_deployments(client::call(request.clone())).await;
        let answer = answer.map_err(|status| Error::status(&status))?.into_inner();
        for summary in &answer.worker_deployments {
            listing.element(&whole(summary), row(session.output, summary));
        }
        request.next_page_token = answer.next_page_token;
        if !listing.page() || request.next_page_token.is_empty() {
            break;
        }
    }
    listing.end();
    Ok(())
}

fn whole(summary: &WorkerDeploymentSummary) -> Value {
    json!({
        "name": summary.name,
        "createTime": time::go(summary.create_time.as_ref()),
        "lastModifierIdentity": "",
        "routingConfig": shown::routing(&summary.routing_config.clone().unwrap_or_default()),
        "versionSummaries": null,
        "managerIdentity": "",
    })
}

fn row(output: Output, summary: &WorkerDeploymentSummary) -> [String; 7] {
    let routing = summary.routing_config.clone().unwrap_or_default();
    let (current, ramping) = shown::versions(&routing);
    [
        summary.name.clone(),
        output.time(summary.create_time.as_ref()),
        current.deployment_name,
        current.build_id,
        ramping.deployment_name,
        ramping.build_id,
        routing.ramping_version_percentage.to_string(),
    ]
}
