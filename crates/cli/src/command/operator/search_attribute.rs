//! `operator search-attribute create | list | remove`.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    enums::v1::IndexedValueType,
    operatorservice::v1::{
        AddSearchAttributesRequest, ListSearchAttributesRequest, ListSearchAttributesResponse,
        RemoveSearchAttributesRequest,
    },
};
use clap::{Args, Subcommand, ValueEnum};

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Table};
use crate::{client, json, words};

/// `operator search-attribute`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Add custom search attributes to the namespace.
    Create(Create),
    /// Show the namespace's search attributes.
    List,
    /// Remove custom search attributes from the namespace.
    Remove(Remove),
}

/// `operator search-attribute remove`.
#[derive(Args, Debug)]
pub struct Remove {
    /// Its name. May be repeated.
    #[arg(long, required = true)]
    name: Vec<String>,
    /// Do not ask.
    #[arg(long, short = 'y')]
    yes: bool,
}

/// `operator search-attribute create`.
#[derive(Args, Debug)]
pub struct Create {
    /// Its name. May be repeated, each with its --type.
    #[arg(long, required = true)]
    name: Vec<String>,
    /// Its type.
    #[arg(long = "type", required = true, value_enum, value_name = "TYPE")]
    kind: Vec<Kind>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "PascalCase")]
enum Kind {
    Text,
    Keyword,
    Int,
    Double,
    Bool,
    Datetime,
    KeywordList,
}

impl Kind {
    fn proto(self) -> IndexedValueType {
        match self {
            Kind::Text => IndexedValueType::Text,
            Kind::Keyword => IndexedValueType::Keyword,
            Kind::Int => IndexedValueType::Int,
            Kind::Double => IndexedValueType::Double,
            Kind::Bool => IndexedValueType::Bool,
            Kind::Datetime => IndexedValueType::Datetime,
            Kind::KeywordList => IndexedValueType::KeywordList,
        }
    }
}

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    match command {
        Command::Create(arguments) => create(session, arguments).await,
        Command::List => list(session).await,
        Command::Remove(arguments) => remove(session, arguments).await,
    }
}

async fn create(session: &mut Session, arguments: Create) -> Result<()> {
    if arguments.name.len() != arguments.kind.len() {
        return Err(Error::new("number of --name flags must match number of --type flags"));
    }
    let known = existing(session, "unable to get existing search attributes").await?;
    let mut added = BTreeMap::new();
    for (name, kind) in arguments.name.iter().zip(&arguments.kind) {
        let kind = kind.proto();
        let there = known.custom_attributes.get(name).or_else(|| known.system_attributes.get(name));
        if let Some(there) = there.filter(|there| **there != kind as i32) {
            let there = words::value_type(IndexedValueType::try_from(*there).unwrap_or_default());
            return Err(Error::new(format!("search attribute {name} already exists and has different type {there}")));
        }
        added.insert(name.clone(), kind.into());
    }
    let namespace = session.client.namespace.clone();
    let request = AddSearchAttributesRequest { search_attributes: added, namespace };
    let answer = session.client.operator.add_search_attributes(client::call(request)).await;
    answer.map_err(|status| Error::rpc("unable to add search attributes", &status))?;
    session.output.text(session.output.paint().green("Search attributes have been added"));
    Ok(())
}

async fn remove(session: &mut Session, arguments: Remove) -> Result<()> {
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

async fn list(session: &mut Session) -> Result<()> {
    let answer = existing(session, "unable to list search attributes").await?;
    let name = "temporal.api.operatorservice.v1.ListSearchAttributesResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    let mut table = Table::new([Column::text("Name"), Column::text("Type")]);
    for attributes in [&answer.system_attributes, &answer.custom_attributes] {
        for (name, kind) in attributes {
            table.row([name.clone(), words::value_type(IndexedValueType::try_from(*kind).unwrap_or_default())]);
        }
    }
    session.output.table(&table, Header::Shown);
    Ok(())
}

async fn existing(session: &mut Session, what: &str) -> Result<ListSearchAttributesResponse> {
    let request = ListSearchAttributesRequest { namespace: session.client.namespace.clone() };
    let answer = session.client.operator.list_search_attributes(client::call(request)).await;
    let mut answer = answer.map_err(|status| Error::rpc(what, &status))?.into_inner();
    // How the server stores them is nobody's business.
    answer.storage_schema.clear();
    Ok(answer)
}
