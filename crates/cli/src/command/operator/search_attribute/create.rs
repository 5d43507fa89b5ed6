//! `operator search-attribute create`.

use std::collections::BTreeMap;

use abide_api::temporal::api::{enums::v1::IndexedValueType, operatorservice::v1::AddSearchAttributesRequest};
use clap::{Args, ValueEnum};

use super::existing;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::{client, words};

/// `operator search-attribute create`.
#[derive(Args, Debug)]
pub struct Arguments {
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
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
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
