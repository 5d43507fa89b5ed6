//! `operator search-attribute`: the attributes that a namespace's executions can have.

mod create;
mod list;
mod remove;

use abide_api::temporal::api::operatorservice::v1::{ListSearchAttributesRequest, ListSearchAttributesResponse};
use clap::Subcommand;

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `operator search-attribute`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Add custom search attributes to the namespace.
    Create(create::Arguments),
    /// Show the namespace's search attributes.
    List,
    /// Remove custom search attributes from the namespace.
    Remove(remove::Arguments),
}

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    match command {
        Command::Create(arguments) => create::run(session, arguments).await,
        Command::List => list::run(session).await,
        Command::Remove(arguments) => remove::run(session, arguments).await,
    }
}

async fn existing(session: &mut Session, what: &str) -> Result<ListSearchAttributesResponse> {
    let request = ListSearchAttributesRequest { namespace: session.client.namespace.clone() };
    let answer = session.client.operator.list_search_attributes(client::call(request)).await;
    let mut answer = answer.map_err(|status| Error::rpc(what, &status))?.into_inner();
    // How the server stores them is nobody's business.
    answer.storage_schema.clear();
    Ok(answer)
}
