//! `batch list`.

use abide_api::temporal::api::workflowservice::v1::ListBatchOperationsRequest;
use clap::Args;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::{Column, Listing};
use crate::{client, json, words};

/// `batch list`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The most batches to show; all when it is zero.
    #[arg(long, default_value = "0")]
    limit: usize,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let columns = ["JobId", "State", "StartTime", "CloseTime"].map(Column::text);
    let mut listing = Listing::new(session.output, columns, arguments.limit);
    let namespace = session.client.namespace.clone();
    let mut request = ListBatchOperationsRequest { namespace, ..ListBatchOperationsRequest::default() };
    loop {
        let answer = session.client.workflow.list_batch_operations(client::call(request.clone())).await;
        let answer = answer.map_err(|status| Error::rpc("failed to list batch jobs", &status))?.into_inner();
        for batch in &answer.operation_info {
            let shown = json::message("temporal.api.batch.v1.BatchOperationInfo", batch, session.output.payloads());
            let state = words::camel(batch.state().as_str_name(), "BATCH_OPERATION_STATE_");
            let times = [batch.start_time.as_ref(), batch.close_time.as_ref()].map(|at| session.output.time(at));
            let [started, closed] = times;
            listing.element(&shown, [batch.job_id.clone(), state, started, closed]);
        }
        request.next_page_token = answer.next_page_token;
        if !listing.page() || request.next_page_token.is_empty() {
            break;
        }
    }
    listing.end();
    Ok(())
}
