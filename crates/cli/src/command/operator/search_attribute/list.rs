//! `operator search-attribute list`.

use abide_api::temporal::api::enums::v1::IndexedValueType;

use super::existing;
use crate::command::Session;
use crate::error::Result;
use crate::output::table::Header;
use crate::output::{Column, Table};
use crate::{json, words};

/// Runs the command.
pub async fn run(session: &mut Session) -> Result<()> {
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
