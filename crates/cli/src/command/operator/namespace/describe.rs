//! `operator namespace describe`.

use abide_api::temporal::api::workflowservice::v1::DescribeNamespaceRequest;
use abide_server::config::NAMESPACE_DEFAULT;
use clap::Args;

use super::{RESPONSE, card, named};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::{client, json};

/// `operator namespace describe`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Its name (deprecated; use -n).
    name: Option<String>,
    /// Its id, instead of a name.
    #[arg(long)]
    namespace_id: Option<String>,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let id = arguments.namespace_id.unwrap_or_default();
    let mut name = named(session, arguments.name)?;
    if !id.is_empty() && name == NAMESPACE_DEFAULT {
        name.clear();
    }
    if id.is_empty() == name.is_empty() {
        return Err(Error::new("provide one of --namespace-id=<uuid> or -n name, but not both"));
    }
    let request = DescribeNamespaceRequest { namespace: name.clone(), id: id.clone(), ..Default::default() };
    let answer = session.client.workflow.describe_namespace(client::call(request)).await;
    let what = format!("unable to describe namespace {name}{id}");
    let answer = answer.map_err(|status| Error::rpc(&what, &status))?.into_inner();
    session.output.json(&json::message(RESPONSE, &answer, session.output.payloads()));
    session.output.card(&card(&answer));
    Ok(())
}
