//! `workflow result`: wait for the end of a chain of runs, and say how it was.

use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionRequest;
use clap::Args;
use serde_json::{Map, Value};

use super::{Reference, close};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::history::{self, Follow};
use crate::output::progress::Waiting;

/// `workflow result`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    reference: Reference,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Reference { workflow_id, run_id } = &arguments.reference;
    // What is waited for is the run that is the newest now.
    let run_id = if run_id.is_empty() { newest(session, workflow_id).await? } else { run_id.clone() };
    let waiting = Waiting::begin(workflow_id);
    let closed = history::close_event(&mut session.client, workflow_id, &run_id, Follow::UntilClosed).await;
    drop(waiting);
    let closed = closed.map_err(|status| Error::rpc("failed getting close event", &status))?;
    let closed = closed.ok_or_else(|| Error::new("missing close event"))?;
    if session.output.is_json() {
        let mut object = Map::new();
        object.insert("workflowId".into(), workflow_id.as_str().into());
        object.insert("runId".into(), run_id.into());
        object.insert("namespace".into(), session.client.namespace.as_str().into());
        close::into_json(session.output, &closed, &mut object);
        session.output.json(&Value::Object(object));
    } else {
        close::print(session.output, &closed, None);
    }
    close::verdict(&closed)
}

async fn newest(session: &mut Session, workflow_id: &str) -> Result<String> {
    let request = DescribeWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        execution: Some(client::execution(workflow_id, "")),
    };
    let answer = session.client.workflow.describe_workflow_execution(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("failed getting close event", &status))?.into_inner();
    let execution = answer.workflow_execution_info.and_then(|info| info.execution);
    Ok(execution.map(|execution| execution.run_id).unwrap_or_default())
}
