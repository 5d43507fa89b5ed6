//! `workflow signal`.

use abide_api::temporal::api::{
    batch::v1::BatchOperationSignal,
    common::v1::Header,
    workflowservice::v1::{SignalWorkflowExecutionRequest, start_batch_operation_request::Operation},
};
use clap::Args;

use super::many::{self, Reason};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::input::{self, Input};

/// `workflow signal`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    target: many::Target,
    /// Signal name.
    #[arg(long = "name", alias = "type", value_name = "NAME")]
    name: String,
    #[command(flatten)]
    input: Input,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { target, name, input } = arguments;
    let identity = session.client.identity.clone();
    let headers = input::json_pairs("header", &target.headers)?;
    let header = (!headers.is_empty()).then_some(Header { fields: headers });
    let input = input.payloads()?;
    if !target.is_one(Reason::BatchOnly)? {
        let operation = Operation::SignalOperation(BatchOperationSignal { signal: name, input, header, identity });
        return target.batch(session, operation).await;
    }
    let request = SignalWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_execution: Some(client::execution(&target.workflow_id, &target.run_id)),
        signal_name: name,
        input,
        identity,
        request_id: client::request_id(),
        header,
        ..SignalWorkflowExecutionRequest::default()
    };
    let answer = session.client.workflow.signal_workflow_execution(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed signalling workflow", &status))?;
    session.output.text("Signal workflow succeeded");
    Ok(())
}
