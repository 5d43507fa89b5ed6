//! `workflow signal-with-start`.

use abide_api::temporal::api::workflowservice::v1::SignalWithStartWorkflowExecutionRequest;
use clap::Args;
use serde_json::json;

use super::start::Start;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::output::Card;

/// `workflow signal-with-start`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    start: Start,
    /// Signal name.
    #[arg(long, alias = "signal-type")]
    signal_name: String,
    /// An argument of the Signal, in JSON. May be repeated.
    #[arg(long, value_name = "JSON")]
    signal_input: Vec<String>,
    /// A file with an argument of the Signal. May be repeated.
    #[arg(long, value_name = "FILE")]
    signal_input_file: Vec<String>,
    /// Metadata of the arguments of the Signal, as KEY=VALUE.
    #[arg(long, value_name = "KEY=VALUE")]
    signal_input_meta: Vec<String>,
    /// Arguments of the Signal are base64.
    #[arg(long)]
    signal_input_base64: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    if arguments.start.shared.workflow_id.is_none() {
        return Err(Error::new("--workflow-id flag must be provided"));
    }
    let signal_input = Input {
        input: arguments.signal_input,
        input_file: arguments.signal_input_file,
        input_meta: arguments.signal_input_meta,
        input_base64: arguments.signal_input_base64,
    };
    let start = arguments.start.request(session)?;
    let workflow_id = start.workflow_id.clone();
    let request = SignalWithStartWorkflowExecutionRequest {
        namespace: start.namespace,
        workflow_id: start.workflow_id,
        workflow_type: start.workflow_type,
        task_queue: start.task_queue,
        input: start.input,
        workflow_execution_timeout: start.workflow_execution_timeout,
        workflow_run_timeout: start.workflow_run_timeout,
        workflow_task_timeout: start.workflow_task_timeout,
        identity: start.identity,
        request_id: start.request_id,
        workflow_id_reuse_policy: start.workflow_id_reuse_policy,
        workflow_id_conflict_policy: start.workflow_id_conflict_policy,
        signal_name: arguments.signal_name,
        signal_input: signal_input.payloads()?,
        cron_schedule: start.cron_schedule,
        memo: start.memo,
        search_attributes: start.search_attributes,
        header: start.header,
        workflow_start_delay: start.workflow_start_delay,
        user_metadata: start.user_metadata,
        priority: start.priority,
        ..SignalWithStartWorkflowExecutionRequest::default()
    };
    let answer = session.client.workflow.signal_with_start_workflow_execution(client::call(request)).await;
    let run_id = answer.map_err(|status| Error::rpc("failed starting workflow", &status))?.into_inner().run_id;
    let (kind, namespace) = (&arguments.start.shared.workflow_type, &session.client.namespace);
    session.output.json(&json!({
        "workflowId": workflow_id, "runId": run_id, "type": kind, "namespace": namespace,
    }));
    session.output.heading("Running execution:");
    let card = Card::new().field("WorkflowId", &workflow_id).field("RunId", &run_id);
    session.output.card(&card.field("Type", kind).field("Namespace", namespace));
    Ok(())
}
