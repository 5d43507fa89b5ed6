//! `operator namespace delete`.

use abide_api::temporal::api::operatorservice::v1::DeleteNamespaceRequest;
use clap::Args;

use super::named;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::{client, json};

/// `operator namespace delete`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Its name (deprecated; use -n).
    name: Option<String>,
    /// Do not ask.
    #[arg(long, short = 'y')]
    yes: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let name = named(session, arguments.name)?;
    let question = format!("Are you sure you want to delete namespace {name}? Type namespace name to confirm:");
    let question = session.output.paint().red(&question);
    if !session.output.confirm_by_typing(&question, &name, arguments.yes)? {
        return Err(Error::new("user denied confirmation or mistyped the namespace name"));
    }
    let request = DeleteNamespaceRequest { namespace: name.clone(), ..DeleteNamespaceRequest::default() };
    let answer = session.client.operator.delete_namespace(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc(&format!("unable to delete namespace {name}"), &status))?;
    let message = "temporal.api.operatorservice.v1.DeleteNamespaceResponse";
    session.output.json(&json::message(message, &answer.into_inner(), session.output.payloads()));
    session.output.text(session.output.paint().green(&format!("Namespace {name} has been deleted.")));
    Ok(())
}
