//! `operator search-attribute remove`.

use abide_api::temporal::api::operatorservice::v1::RemoveSearchAttributesRequest;
use clap::Args;

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `operator search-attribute remove`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Its name. May be repeated.
    #[arg(long, required = true)]
    name: Vec<String>,
    /// Do not ask.
    #[arg(long, short = 'y')]
    yes: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let names: Vec<String> = arguments.name.iter().map(|name| format!("{name:?}")).collect();
    let question = format!("You are about to remove search attribute [{}]? y/N", names.join(" "));
    session.output.confirm(&question, arguments.yes)?;
    let namespace = session.client.namespace.clone();
    let request = RemoveSearchAttributesRequest { search_attributes: arguments.name, namespace };
    let answer = session.client.operator.remove_search_attributes(client::call(request)).await;
    answer.map_err(|status| Error::rpc("unable to remove search attributes", &status))?;
    session.output.text(session.output.paint().green("Search attributes have been removed"));
    Ok(())
}
