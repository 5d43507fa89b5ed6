//! `workflow pause` and `workflow unpause`.

use abide_api::temporal::api::workflowservice::v1::{PauseWorkflowExecutionRequest, UnpauseWorkflowExecutionRequest};
use clap::Args;

use super::Reference;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Of both commands.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    workflow: Reference,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
}

/// Runs `workflow pause`.
pub async fn pause(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { workflow, reason } = arguments;
    let request = PauseWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_id: workflow.workflow_id,
        run_id: workflow.run_id,
        identity: session.client.identity.clone(),
        reason,
        request_id: client::request_id(),
    };
    let answer = session.client.workflow.pause_workflow_execution(client::call(request)).await;
    answer.map_err(|status| Error::status(&status))?;
    session.output.text("Paused workflow");
    Ok(())
}

/// Runs `workflow unpause`.
pub async fn unpause(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { workflow, reason } = arguments;
    let request = UnpauseWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_id: workflow.workflow_id,
        run_id: workflow.run_id,
        identity: session.client.identity.clone(),
        reason,
        request_id: client::request_id(),
    };
    let answer = session.client.workflow.unpause_workflow_execution(client::call(request)).await;
    answer.map_err(|status| Error::status(&status))?;
    session.output.text("Unpaused workflow");
    Ok(())
}
