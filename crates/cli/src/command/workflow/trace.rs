//! `workflow trace`: a run, its activities, timers and children as a tree, drawn anew until the run has ended; where there
//! is no terminal, drawn once, at the end.

mod tree;

use std::io::{self, IsTerminal};
use std::time::Duration;

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus as Status;
use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionRequest;
use clap::Args;

use super::Reference;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::history::{Follow, Pages};
use crate::output::Card;

use tree::{Execution, Folding};

/// `workflow trace`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    reference: Reference,
    /// Of children in this state show no more than a line: running, completed, failed, canceled, terminated, timedout or
    /// continueasnew. May be repeated; completed, canceled and terminated by default.
    #[arg(long)]
    fold: Vec<String>,
    /// Show everything of every child.
    #[arg(long)]
    no_fold: bool,
    /// How many generations of children to show; -1 is all.
    #[arg(long, default_value = "-1")]
    depth: i32,
    /// How many histories to read at a time.
    #[arg(long, default_value = "10")]
    concurrency: usize,
}

/// How often it is drawn anew.
const DRAWN_EVERY: Duration = Duration::from_millis(500);

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    if session.output.is_json() {
        return Err(Error::new("JSON output not supported for trace command"));
    }
    let folding = folding(&arguments)?;
    let (workflow_id, run_id) = summary(session, &arguments.reference).await?;
    let depth = usize::try_from(arguments.depth).unwrap_or(usize::MAX);
    let terminal = io::stdout().is_terminal();
    let mut drawn = 0;
    loop {
        let root = read(session, workflow_id.clone(), run_id.clone(), depth).await?;
        let open = root.status == Status::Running;
        if terminal || !open {
            let lines = root.lines(session.output.paint(), &folding);
            let up = if drawn > 0 { format!("\x1b[{drawn}A\x1b[J") } else { String::new() };
            session.output.text(format!("{up}{}", lines.join("\n")));
            drawn = lines.len();
        }
        if !open {
            return Ok(());
        }
        tokio::time::sleep(DRAWN_EVERY).await;
    }
}

fn folding(arguments: &Arguments) -> Result<Folding> {
    let words = [
        ("running", Status::Running),
        ("completed", Status::Completed),
        ("failed", Status::Failed),
        ("canceled", Status::Canceled),
        ("terminated", Status::Terminated),
        ("timedout", Status::TimedOut),
        ("continueasnew", Status::ContinuedAsNew),
    ];
    let status = |word: &String| {
        let found = words.iter().find(|(known, _)| known == word).map(|(_, status)| *status);
        found.ok_or_else(|| Error::new(format!("fold status {word:?} not recognized")))
    };
    let named = arguments.fold.iter().map(status).collect::<Result<Vec<_>>>()?;
    Ok(match (arguments.no_fold, named.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => vec![Status::Completed, Status::Canceled, Status::Terminated],
        (false, false) => named,
    })
}

async fn summary(session: &mut Session, reference: &Reference) -> Result<(String, String)> {
    let request = DescribeWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        execution: Some(client::execution(&reference.workflow_id, &reference.run_id)),
    };
    let answer = session.client.workflow.describe_workflow_execution(client::call(request)).await;
    let answer = answer.map_err(|status| Error::status(&status))?.into_inner();
    let info = answer.workflow_execution_info.unwrap_or_default();
    let execution = info.execution.unwrap_or_default();
    let card = Card::new()
        .field("WorkflowId", &execution.workflow_id)
        .field("RunId", &execution.run_id)
        .field("Type", info.r#type.unwrap_or_default().name)
        .field("Namespace", &session.client.namespace)
        .field("TaskQueue", info.task_queue);
    session.output.heading("Execution summary:");
    session.output.card(&card);
    session.output.text("");
    Ok((execution.workflow_id, execution.run_id))
}

/// One run and, down to a depth, its children. Level by level, so that no call nests in another.
async fn read(session: &mut Session, workflow_id: String, run_id: String, depth: usize) -> Result<Execution> {
    let mut root = history(session, &workflow_id, &run_id).await?;
    for level in 0..depth {
        let mut found = false;
        for child in root.children_at(level) {
            if let Some((workflow_id, run_id)) = child.started() {
                *child = history(session, &workflow_id, &run_id).await?;
                found = true;
            }
        }
        if !found {
            break;
        }
    }
    Ok(root)
}

async fn history(session: &mut Session, workflow_id: &str, run_id: &str) -> Result<Execution> {
    let mut execution = Execution::new(workflow_id, run_id);
    let mut pages = Pages::new(&mut session.client, workflow_id, run_id, Follow::Stored);
    while let Some(events) = pages.next().await.map_err(|status| Error::status(&status))? {
        events.iter().for_each(|event| execution.event(event));
    }
    Ok(execution)
}
