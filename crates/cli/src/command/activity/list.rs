//! `activity list`.

use abide_api::temporal::api::{
    activity::v1::ActivityExecutionListInfo, workflowservice::v1::ListActivityExecutionsRequest,
};
use clap::Args;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::{Column, Listing, Output};
use crate::{client, json, words};

/// `activity list`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Which ones.
    #[arg(long, short = 'q', default_value = "")]
    query: String,
    /// The most to list; 0 is no bound.
    #[arg(long, default_value = "0")]
    limit: usize,
    /// How many to ask for at a time.
    #[arg(long, default_value = "0")]
    page_size: i32,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { query, limit, page_size } = arguments;
    let columns = ["Status", "ActivityId", "Type", "StartTime"].map(Column::text);
    let mut listing = Listing::new(session.output, columns, limit);
    let mut request = ListActivityExecutionsRequest {
        namespace: session.client.namespace.clone(),
        page_size: client::page_size(page_size, limit),
        query,
        ..ListActivityExecutionsRequest::default()
    };
    loop {
        let answer = session.client.workflow.list_activity_executions(client::call(request.clone())).await;
        let answer = answer.map_err(|status| Error::rpc("failed listing activities", &status))?.into_inner();
        for info in &answer.executions {
            let name = "temporal.api.activity.v1.ActivityExecutionListInfo";
            listing.element(&json::message(name, info, session.output.payloads()), row(session.output, info));
        }
        request.next_page_token = answer.next_page_token;
        if !listing.page() || request.next_page_token.is_empty() {
            break;
        }
    }
    listing.end();
    Ok(())
}

fn row(output: Output, info: &ActivityExecutionListInfo) -> [String; 4] {
    [
        words::camel(info.status().as_str_name(), "ACTIVITY_EXECUTION_STATUS_"),
        info.activity_id.clone(),
        info.activity_type.as_ref().map(|kind| kind.name.clone()).unwrap_or_default(),
        output.time(info.schedule_time.as_ref()),
    ]
}
