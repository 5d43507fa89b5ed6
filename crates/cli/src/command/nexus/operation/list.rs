//! `nexus operation list`.

use abide_api::temporal::api::{
    nexus::v1::NexusOperationExecutionListInfo, workflowservice::v1::ListNexusOperationExecutionsRequest,
};
use clap::Args;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::{Column, Listing, Output};
use crate::{client, json, words};

/// `nexus operation list`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Which ones.
    #[arg(long, short = 'q', default_value = "")]
    query: String,
    /// The most to list; 0 is no bound.
    #[arg(long, default_value = "0")]
    limit: usize,
    /// How many to ask for at a time.
    #[arg(long, default_value = "0")]
    page_size: i32,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { query, limit, page_size } = arguments;
    let columns = ["Status", "OperationId", "Endpoint", "Service", "Operation", "StartTime"].map(Column::text);
    let mut listing = Listing::new(session.output, columns, limit);
    let mut request = ListNexusOperationExecutionsRequest {
        namespace: session.client.namespace.clone(),
        page_size: client::page_size(page_size, limit),
        query,
        ..ListNexusOperationExecutionsRequest::default()
    };
    loop {
        let answer = session.client.workflow.list_nexus_operation_executions(client::call(request.clone())).await;
        let answer = answer.map_err(|status| Error::rpc("failed listing nexus operations", &status))?.into_inner();
        for info in &answer.operations {
            let name = "temporal.api.nexus.v1.NexusOperationExecutionListInfo";
            listing.element(&json::message(name, info, session.output.payloads()), row(session.output, info));
        }
        request.next_page_token = answer.next_page_token;
        if !listing.page() || request.next_page_token.is_empty() {
            break;
        }
    }
    listing.end();
    Ok(())
}

fn row(output: Output, info: &NexusOperationExecutionListInfo) -> [String; 6] {
    [
        words::camel(info.status().as_str_name(), "NEXUS_OPERATION_EXECUTION_STATUS_"),
        info.operation_id.clone(),
        info.endpoint.clone(),
        info.service.clone(),
        info.operation.clone(),
        output.time(info.schedule_time.as_ref()),
    ]
}
