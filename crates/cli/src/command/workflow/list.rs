//! `workflow list`: page after page, newest first.

use abide_api::temporal::api::{
    workflow::v1::WorkflowExecutionInfo, workflowservice::v1::ListWorkflowExecutionsRequest,
};
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
    if arguments.archived {
        return Err(Error::new("archival is not supported by this version"));
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
    let (mut listed, mut token, mut header) = (0, bytes::Bytes::new(), Header::Shown);
    loop {
        let request = ListWorkflowExecutionsRequest {
            namespace: session.client.namespace.clone(),
            page_size: i32::try_from(page_size).unwrap_or(i32::MAX),
            next_page_token: token,
            query: arguments.query.clone(),
        };
        let answer = session.client.workflow.list_workflow_executions(client::call(request)).await;
        let answer = answer.map_err(|status| Error::rpc("failed listing workflows", &status))?.into_inner();
        for info in answer.executions.iter().take(bound - listed) {
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
        token = answer.next_page_token;
        if token.is_empty() || listed >= bound {
            break;
        }
    }
    list.end();
    Ok(())
}

fn row(output: Output, info: &WorkflowExecutionInfo) -> Vec<String> {
    vec![
        words::status(info.status()),
        info.execution.as_ref().map(|execution| execution.workflow_id.clone()).unwrap_or_default(),
        info.r#type.as_ref().map(|kind| kind.name.clone()).unwrap_or_default(),
        output.time(info.start_time.as_ref()),
    ]
}
