//! `workflow query`.

use abide_api::temporal::api::{
    common::v1::Header, enums::v1::QueryRejectCondition, query::v1::WorkflowQuery,
    workflowservice::v1::QueryWorkflowRequest,
};
use clap::{Args, ValueEnum};

use super::{Reference, close};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::input::{self, Input};
use crate::output::Card;
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
    /// When not to ask.
    #[arg(long, value_enum)]
    reject_condition: Option<Reject>,
    /// Workflow header: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    headers: Vec<String>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "snake_case")]
enum Reject {
    NotOpen,
    NotCompletedCleanly,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let headers = input::json_pairs("header", &arguments.headers)?;
    let reject = match arguments.reject_condition {
        None => QueryRejectCondition::Unspecified,
        Some(Reject::NotOpen) => QueryRejectCondition::NotOpen,
        Some(Reject::NotCompletedCleanly) => QueryRejectCondition::NotCompletedCleanly,
    };
    let request = QueryWorkflowRequest {
        namespace: session.client.namespace.clone(),
        execution: Some(client::execution(&arguments.reference.workflow_id, &arguments.reference.run_id)),
        query: Some(WorkflowQuery {
            query_type: arguments.name,
            query_args: arguments.input.payloads()?,
            header: (!headers.is_empty()).then_some(Header { fields: headers }),
        }),
        query_reject_condition: reject.into(),
    };
    let answer = session.client.workflow.query_workflow(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("querying workflow failed", &status))?.into_inner();
    if let Some(rejected) = &answer.query_rejected {
        let status = words::status(rejected.status());
        return Err(Error::new(format!("query was rejected, workflow has status: {status}")));
    }
    let output = session.output;
    output.json(&json::message("temporal.api.workflowservice.v1.QueryWorkflowResponse", &answer, output.payloads()));
    output.heading("Query result:");
    let result =
        answer.query_result.as_ref().map(|result| close::friendly(result, output.payloads())).unwrap_or_default();
    output.card(&Card::new().field("QueryResult", result));
    Ok(())
}
