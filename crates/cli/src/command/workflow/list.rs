//! `workflow list`: page after page, in the server's order or another.

use abide_api::temporal::api::{
    workflow::v1::WorkflowExecutionInfo,
    workflowservice::v1::{ListArchivedWorkflowExecutionsRequest, ListWorkflowExecutionsRequest},
};
use bytes::Bytes;
use clap::{ArgAction, Args};

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Output, Table};
use crate::{json, words};

/// `workflow list`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Which ones.
    #[arg(long, short = 'q', default_value = "", hide_default_value = true)]
    query: String,
    /// By what to sort: names of search attributes, each with ASC or DESC, separated by commas.
    #[arg(long, value_name = "NAME [DESC],...", default_value = "", hide_default_value = true)]
    order_by: String,
    /// The most to list; 0 is no bound.
    #[arg(long, default_value = "0", hide_default_value = true)]
    limit: usize,
    /// How many to ask for at a time.
    #[arg(long, default_value = "0", hide_default_value = true)]
    page_size: usize,
    /// List archived ones.
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(default_value = "false", action = ArgAction::Set)]
    archived: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    if arguments.archived && !arguments.order_by.is_empty() {
        return Err(Error::new("cannot set order-by when archived is set"));
    }
    let bound = if arguments.limit == 0 { usize::MAX } else { arguments.limit };
    let page_size = if arguments.page_size == 0 { 0 } else { arguments.page_size.min(bound) };
    let page_size = if page_size == 0 && bound < usize::MAX { bound } else { page_size };
    let mut table = Table::new([
        Column::text("Status"),
        Column::text("WorkflowId"),
        Column::text("Type"),
        Column::text("StartTime"),
    ]);
    let mut list = session.output.list();
    let (mut listed, mut token, mut header) = (0, Bytes::new(), Header::Shown);
    loop {
        let page = page(session, &arguments, i32::try_from(page_size).unwrap_or(i32::MAX), token).await?;
        for info in page.executions.iter().take(bound - listed) {
            list.element(&json::message(
                "temporal.api.workflow.v1.WorkflowExecutionInfo",
                info,
                session.output.payloads(),
            ));
            table.row(row(session.output, info));
            listed += 1;
        }
        if !table.is_empty() {
            session.output.table(&table, header);
            header = Header::Hidden;
            table.next_page();
        }
        token = page.next_page_token;
        if token.is_empty() || listed >= bound {
            break;
        }
    }
    list.end();
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
