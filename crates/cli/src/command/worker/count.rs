//! `worker count`.

use abide_api::temporal::api::workflowservice::v1::CountWorkersRequest;

use super::Wanted;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::{client, json};

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Wanted) -> Result<()> {
    let request = CountWorkersRequest {
        namespace: session.client.namespace.clone(),
        query: arguments.query,
        include_system_workers: arguments.include_system_workers,
    };
    let answer = session.client.workflow.count_workers(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("unable to count workers", &status))?.into_inner();
    let name = "temporal.api.workflowservice.v1.CountWorkersResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    session.output.text(answer.count.to_string());
    Ok(())
}
