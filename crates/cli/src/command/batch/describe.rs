//! `batch describe`.

use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::BatchOperationState,
    workflowservice::v1::{DescribeBatchOperationRequest, DescribeBatchOperationResponse},
};
use clap::Args;
use tonic::Code;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::{Card, progress::Bar};
use crate::{client, json, words};

/// `batch describe`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Batch job ID.
    #[arg(long)]
    job_id: String,
    /// Wait until it has ended, and show its progress on a terminal.
    #[arg(long, short = 'f')]
    follow: bool,
}

/// How often a batch that is followed is looked at.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let mut answer = ask(session, &arguments.job_id).await?;
    if arguments.follow {
        let mut bar = Bar::begin("operations");
        while answer.state() == BatchOperationState::Running {
            let done = answer.complete_operation_count + answer.failure_operation_count;
            bar.draw(done, answer.total_operation_count);
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
            answer = ask(session, &arguments.job_id).await?;
        }
    }
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

async fn ask(session: &mut Session, job_id: &str) -> Result<DescribeBatchOperationResponse> {
    let request =
        DescribeBatchOperationRequest { namespace: session.client.namespace.clone(), job_id: job_id.to_owned() };
    let answer = session.client.workflow.describe_batch_operation(client::call(request)).await;
    let answer = answer.map_err(|status| match status.code() {
        Code::NotFound => Error::new(format!("could not find Batch Job '{job_id}'")),
        _ => Error::rpc("failed to describe batch job", &status),
    })?;
    Ok(answer.into_inner())
}
