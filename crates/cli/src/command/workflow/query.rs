//! `workflow query`, and the queries that have a command of their own: `workflow metadata`, `workflow stack`.

use abide_api::temporal::api::{
    common::v1::Header,
    enums::v1::QueryRejectCondition,
    query::v1::WorkflowQuery,
    workflowservice::v1::{QueryWorkflowRequest, QueryWorkflowResponse},
};
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{Reference, close};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::input::{self, Input};
use crate::output::{Card, Output};
use crate::{json, words};

/// `workflow query`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    reference: Reference,
    /// Query Type.
    #[arg(long = "name", alias = "type", value_name = "NAME")]
    name: String,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    condition: Condition,
    /// Workflow header: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    headers: Vec<String>,
}

/// `workflow metadata`.
#[derive(Args, Debug)]
pub struct Metadata {
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    condition: Condition,
    /// Workflow header: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    headers: Vec<String>,
}

/// `workflow stack`.
#[derive(Args, Debug)]
pub struct Stack {
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    condition: Condition,
}

#[derive(Args, Debug, Clone, Copy)]
struct Condition {
    /// When not to ask.
    #[arg(long, value_enum)]
    reject_condition: Option<Reject>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "snake_case")]
enum Reject {
    NotOpen,
    NotCompletedCleanly,
}

const METADATA: &str = "__temporal_workflow_metadata";
const STACK: &str = "__stack_trace";

/// Runs `workflow query`.
pub async fn query(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { reference, name, input, condition, headers } = arguments;
    let headers = input::json_pairs("header", &headers)?;
    let query = WorkflowQuery {
        query_type: name,
        query_args: input.payloads()?,
        header: (!headers.is_empty()).then_some(Header { fields: headers }),
    };
    let answer = ask(session, &reference, condition, query).await?;
    print(session.output, &answer);
    Ok(())
}

/// Runs `workflow stack`: a query that every SDK answers with where the workflow's threads stand.
pub async fn stack(session: &mut Session, arguments: Stack) -> Result<()> {
    let query = WorkflowQuery { query_type: STACK.into(), ..WorkflowQuery::default() };
    let answer = ask(session, &arguments.reference, arguments.condition, query).await?;
    print(session.output, &answer);
    Ok(())
}

/// Runs `workflow metadata`: a query that SDKs answer with what they know of the workflow.
pub async fn metadata(session: &mut Session, arguments: Metadata) -> Result<()> {
    let headers = input::json_pairs("header", &arguments.headers)?;
    let header = (!headers.is_empty()).then_some(Header { fields: headers });
    let query = WorkflowQuery { query_type: METADATA.into(), header, ..WorkflowQuery::default() };
    let answer = ask(session, &arguments.reference, arguments.condition, query).await?;
    let output = session.output;
    output.json(&json::message(RESPONSE, &answer, output.payloads()));
    let data = answer.query_result.unwrap_or_default().payloads.first().map(|payload| payload.data.clone());
    let metadata: Value = serde_json::from_slice(&data.unwrap_or_default())
        .map_err(|error| Error::new(format!("failed to unmarshal metadata: {error}")))?;
    output.heading("Metadata:");
    let kinds = [
        ("Query Definitions:", "queryDefinitions"),
        ("Signal Definitions:", "signalDefinitions"),
        ("Update Definitions:", "updateDefinitions"),
    ];
    for (heading, kind) in kinds {
        let Some(definitions) = metadata["definition"][kind].as_array() else { continue };
        output.heading(&format!("  {heading}"));
        for definition in definitions {
            let text = |field: &str| definition[field].as_str().unwrap_or_default().to_owned();
            output.text(format!("    {}  {}", text("name"), text("description")).trim_end());
        }
    }
    if let Some(details) = metadata["currentDetails"].as_str() {
        output.card(&Card::new().field("Current Details", details));
    }
    Ok(())
}

const RESPONSE: &str = "temporal.api.workflowservice.v1.QueryWorkflowResponse";

fn print(output: Output, answer: &QueryWorkflowResponse) {
    output.json(&json::message(RESPONSE, answer, output.payloads()));
    output.heading("Query result:");
    let result = answer.query_result.as_ref().map(|result| close::friendly(result, output.payloads()));
    output.card(&Card::new().field("QueryResult", result.unwrap_or_default()));
}

async fn ask(
    session: &mut Session,
    reference: &Reference,
    condition: Condition,
    query: WorkflowQuery,
) -> Result<QueryWorkflowResponse> {
    let reject = match condition.reject_condition {
        None => QueryRejectCondition::Unspecified,
        Some(Reject::NotOpen) => QueryRejectCondition::NotOpen,
        Some(Reject::NotCompletedCleanly) => QueryRejectCondition::NotCompletedCleanly,
    };
    let request = QueryWorkflowRequest {
        namespace: session.client.namespace.clone(),
        execution: Some(client::execution(&reference.workflow_id, &reference.run_id)),
        query: Some(query),
        query_reject_condition: reject.into(),
    };
    let answer = session.client.workflow.query_workflow(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("querying workflow failed", &status))?.into_inner();
    match &answer.query_rejected {
        Some(rejected) => {
            let status = words::status(rejected.status());
            Err(Error::new(format!("query was rejected, workflow has status: {status}")))
        }
        None => Ok(answer),
    }
}
