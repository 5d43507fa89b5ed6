//! `activity count`.

use abide_api::temporal::api::workflowservice::v1::{CountActivityExecutionsRequest, CountActivityExecutionsResponse};
use clap::Args;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::groups;
use crate::{client, json};

/// `activity count`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Which ones.
    #[arg(long, short = 'q', default_value = "")]
    query: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let mut answer = count(session, arguments.query).await?;
    groups::untyped(answer.groups.iter_mut().flat_map(|group| &mut group.group_values));
    let name = "temporal.api.workflowservice.v1.CountActivityExecutionsResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    let all = answer.groups.iter().map(|group| (group.group_values.as_slice(), group.count));
    groups::print(session.output, answer.count, all);
    Ok(())
}

/// How many match a query.
pub async fn count(session: &mut Session, query: String) -> Result<CountActivityExecutionsResponse> {
    let request = CountActivityExecutionsRequest { namespace: session.client.namespace.clone(), query };
    let answer = session.client.workflow.count_activity_executions(client::call(request)).await;
    Ok(answer.map_err(|status| Error::rpc("failed counting activities", &status))?.into_inner())
}
