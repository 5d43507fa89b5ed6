//! `batch describe`.

use abide_api::temporal::api::workflowservice::v1::DescribeBatchOperationRequest;
use clap::Args;
use tonic::Code;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::Card;
use crate::{client, json, words};

/// `batch describe`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Batch job ID.
    #[arg(long)]
    job_id: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let job_id = arguments.job_id;
    let namespace = session.client.namespace.clone();
    let request = DescribeBatchOperationRequest { namespace, job_id: job_id.clone() };
    let answer = session.client.workflow.describe_batch_operation(client::call(request)).await;
    let answer = answer.map_err(|status| match status.code() {
        Code::NotFound => Error::new(format!("could not find Batch Job '{job_id}'")),
        _ => Error::rpc("failed to describe batch job", &status),
    })?;
    let answer = answer.into_inner();
    let name = "temporal.api.workflowservice.v1.DescribeBatchOperationResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    let total = answer.total_operation_count;
    let card = Card::new()
        .field("State", words::camel(answer.state().as_str_name(), "BATCH_OPERATION_STATE_"))
        .field("Type", words::camel(answer.operation_type().as_str_name(), "BATCH_OPERATION_TYPE_"))
        .field("StartTime", session.output.time(answer.start_time.as_ref()))
        .filled("CloseTime", answer.close_time.map(|at| session.output.time(Some(&at))).unwrap_or_default())
        .field("CompletedCount", format!("{}/{total}", answer.complete_operation_count))
        .field("FailureCount", format!("{}/{total}", answer.failure_operation_count));
    session.output.card(&card);
    Ok(())
}
