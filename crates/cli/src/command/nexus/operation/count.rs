//! `nexus operation count`.

use abide_api::temporal::api::workflowservice::v1::CountNexusOperationExecutionsRequest;
use clap::Args;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::groups;
use crate::{client, json};

/// `nexus operation count`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Which ones.
    #[arg(long, short = 'q', default_value = "")]
    query: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let namespace = session.client.namespace.clone();
    let request = CountNexusOperationExecutionsRequest { namespace, query: arguments.query };
    let answer = session.client.workflow.count_nexus_operation_executions(client::call(request)).await;
    let mut answer = answer.map_err(|status| Error::rpc("failed counting nexus operations", &status))?.into_inner();
    groups::untyped(answer.groups.iter_mut().flat_map(|group| &mut group.group_values));
    let name = "temporal.api.workflowservice.v1.CountNexusOperationExecutionsResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    let all = answer.groups.iter().map(|group| (group.group_values.as_slice(), group.count));
    groups::print(session.output, answer.count, all);
    Ok(())
}
