//! `workflow count`.

use abide_api::temporal::api::workflowservice::v1::{CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse};
use clap::Args;
use serde_json::Value;

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::json::{self, Payloads};

/// `workflow count`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Which ones.
    #[arg(long, short = 'q', default_value = "", hide_default_value = true)]
    query: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let answer = count(session, arguments.query).await?;
    let output = session.output;
    output.json(&json::message(
        "temporal.api.workflowservice.v1.CountWorkflowExecutionsResponse",
        &answer,
        output.payloads(),
    ));
    output.text(format!("Total: {}", answer.count));
    for group in &answer.groups {
        let values: Vec<String> =
            group.group_values.iter().map(|value| plain(&json::payload(value, Payloads::Shorthand))).collect();
        output.text(format!("Group total: {}, values: {}", group.count, values.join(", ")));
    }
    Ok(())
}

/// How many match a query.
pub async fn count(session: &mut Session, query: String) -> Result<CountWorkflowExecutionsResponse> {
    let request = CountWorkflowExecutionsRequest { namespace: session.client.namespace.clone(), query };
    let answer = session.client.workflow.count_workflow_executions(client::call(request)).await;
    let mut answer = answer.map_err(|status| Error::rpc("failed counting workflows", &status))?.into_inner();
    for value in answer.groups.iter_mut().flat_map(|group| &mut group.group_values) {
        // The type of a search attribute says nothing here, and would keep the value from being shown as itself.
        value.metadata.remove("type");
    }
    Ok(answer)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
