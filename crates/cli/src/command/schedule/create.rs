//! `schedule create`.

use abide_api::temporal::api::common::v1::{Memo, SearchAttributes};
use abide_api::temporal::api::workflowservice::v1::CreateScheduleRequest;
use clap::Args;
use tonic::Code;

use super::spec::Configuration;
use super::{Id, Overlap};
use crate::client;
use crate::command::Session;
use crate::command::workflow::shared::Shared;
use crate::error::{Error, Result};
use crate::input::{self, Input};

/// `schedule create`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    id: Id,
    #[command(flatten)]
    configuration: Configuration,
    #[command(flatten)]
    overlap: Overlap,
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    input: Input,
    /// Search Attribute of the Schedule: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    schedule_search_attribute: Vec<String>,
    /// Memo of the Schedule: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    schedule_memo: Vec<String>,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let memo = input::json_pairs("memo", &arguments.schedule_memo)?;
    let attributes = input::json_pairs("search attribute", &arguments.schedule_search_attribute)?;
    let schedule = arguments.configuration.schedule(&arguments.overlap, &arguments.shared, &arguments.input)?;
    let request = CreateScheduleRequest {
        namespace: session.client.namespace.clone(),
        schedule_id: arguments.id.schedule_id,
        schedule: Some(schedule),
        identity: session.client.identity.clone(),
        request_id: client::request_id(),
        memo: (!memo.is_empty()).then_some(Memo { fields: memo }),
        search_attributes: (!attributes.is_empty()).then_some(SearchAttributes { indexed_fields: attributes }),
        ..CreateScheduleRequest::default()
    };
    let answer = session.client.workflow.create_schedule(client::call(request)).await;
    answer.map_err(|status| match status.code() {
        Code::AlreadyExists => Error::new("schedule with this ID is already registered"),
        _ => Error::status(&status),
    })?;
    Ok(())
}
