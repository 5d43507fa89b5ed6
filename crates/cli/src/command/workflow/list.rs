//! `workflow list`: page after page, in the server's order or another.

use abide_api::temporal::api::{
    workflow::v1::WorkflowExecutionInfo,
    workflowservice::v1::{ListArchivedWorkflowExecutionsRequest, ListWorkflowExecutionsRequest},
};
use bytes::Bytes;
use clap::Args;

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::{Column, Listing, Output};
use crate::{json, words};

/// `workflow list`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Which ones.
    #[arg(long, short = 'q', default_value = "")]
    query: String,
    /// By what to sort: names of search attributes, each with ASC or DESC, separated by commas.
    #[arg(long, value_name = "NAME [DESC],...", default_value = "")]
    order_by: String,
    /// The most to list; 0 is no bound.
    #[arg(long, default_value = "0")]
    limit: usize,
    /// How many to ask for at a time.
    #[arg(long, default_value = "0")]
    page_size: i32,
    /// List archived ones.
    #[arg(long, hide = true)]
    archived: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    if arguments.archived && !arguments.order_by.is_empty() {
        return Err(Error::new("cannot set order-by when archived is set"));
    }
    let page_size = client::page_size(arguments.page_size, arguments.limit);
    let columns = ["Status", "WorkflowId", "Type", "StartTime"].map(Column::text);
    let mut listing = Listing::new(session.output, columns, arguments.limit);
    let mut token = Bytes::new();
    loop {
        let page = page(session, &arguments, page_size, token).await?;
        for info in &page.executions {
            let name = "temporal.api.workflow.v1.WorkflowExecutionInfo";
            listing.element(&json::message(name, info, session.output.payloads()), row(session.output, info));
        }
        token = page.next_page_token;
        if !listing.page() || token.is_empty() {
            break;
        }
    }
    listing.end();
    Ok(())
}

struct Page {
    executions: Vec<WorkflowExecutionInfo>,
    next_page_token: Bytes,
}

async fn page(session: &mut Session, arguments: &Arguments, page_size: i32, token: Bytes) -> Result<Page> {
    let failed = |status| Error::rpc("failed listing workflows", &status);
    let namespace = session.client.namespace.clone();
    if arguments.archived {
        let query = arguments.query.clone();
        let request = ListArchivedWorkflowExecutionsRequest { namespace, page_size, next_page_token: token, query };
        let answer = session.client.workflow.list_archived_workflow_executions(client::call(request)).await;
        let answer = answer.map_err(failed)?.into_inner();
        return Ok(Page { executions: answer.executions, next_page_token: answer.next_page_token });
    }
    let query = query(arguments);
    let request = ListWorkflowExecutionsRequest { namespace, page_size, next_page_token: token, query };
    let answer = session.client.workflow.list_workflow_executions(client::call(request)).await;
    let answer = answer.map_err(failed)?.into_inner();
    Ok(Page { executions: answer.executions, next_page_token: answer.next_page_token })
}

fn query(arguments: &Arguments) -> String {
    let Arguments { query, order_by, .. } = arguments;
    match (query.is_empty(), order_by.is_empty()) {
        (_, true) => query.clone(),
        (true, false) => format!("ORDER BY {order_by}"),
        (false, false) => format!("{query} ORDER BY {order_by}"),
    }
}

fn row(output: Output, info: &WorkflowExecutionInfo) -> Vec<String> {
    vec![
        words::status(info.status()),
        info.execution.as_ref().map(|execution| execution.workflow_id.clone()).unwrap_or_default(),
        info.r#type.as_ref().map(|kind| kind.name.clone()).unwrap_or_default(),
        output.time(info.start_time.as_ref()),
    ]
}
