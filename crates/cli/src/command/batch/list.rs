//! `batch list`.

use abide_api::temporal::api::workflowservice::v1::ListBatchOperationsRequest;
use clap::Args;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Table};
use crate::{client, json, words};

/// `batch list`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The most batches to show; all when it is zero.
    #[arg(long, default_value = "0", hide_default_value = true)]
    limit: usize,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let limit = if arguments.limit == 0 { usize::MAX } else { arguments.limit };
    let mut all = session.output.list();
    let columns = || ["JobId", "State", "StartTime", "CloseTime"].map(Column::text);
    let (mut token, mut shown, mut header) = (bytes::Bytes::new(), 0, Header::Shown);
    loop {
        let namespace = session.client.namespace.clone();
        let request = ListBatchOperationsRequest { namespace, next_page_token: token, ..Default::default() };
        let answer = session.client.workflow.list_batch_operations(client::call(request)).await;
        let answer = answer.map_err(|status| Error::rpc("failed to list batch jobs", &status))?.into_inner();
        let mut table = Table::new(columns());
        for batch in answer.operation_info.iter().take(limit - shown) {
            shown += 1;
            all.element(&json::message("temporal.api.batch.v1.BatchOperationInfo", batch, session.output.payloads()));
            let state = words::camel(batch.state().as_str_name(), "BATCH_OPERATION_STATE_");
            let times = [batch.start_time.as_ref(), batch.close_time.as_ref()].map(|at| session.output.time(at));
            let [started, closed] = times;
            table.row([batch.job_id.clone(), state, started, closed]);
        }
        if !table.is_empty() {
            session.output.table(&table, std::mem::replace(&mut header, Header::Hidden));
        }
        token = answer.next_page_token;
        if token.is_empty() || shown == limit {
            break;
        }
    }
    all.end();
    Ok(())
}
