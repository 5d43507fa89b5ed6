//! `workflow execute`: start, show progress, wait for the end.

use std::time::{Duration, Instant};

use abide_api::temporal::api::history::v1::{History, HistoryEvent};
use clap::Args;
use serde_json::{Map, Value};

use super::{close, events, start};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::history::{self, Follow, Pages};
use crate::json::{self, Payloads};
use crate::output::progress::Waiting;

/// `workflow execute`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    start: start::Start,
    /// Show every field of every event.
    #[arg(long)]
    detailed: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let began = Instant::now();
    let started = start::start(session, &arguments.start).await?;
    let closed = if session.output.is_json() {
        json(session, &arguments, &started, began).await?
    } else {
        text(session, &arguments, &started, began).await?
    };
    close::verdict(&closed)
}

async fn text(
    session: &mut Session,
    arguments: &Arguments,
    started: &start::Started,
    began: Instant,
) -> Result<HistoryEvent> {
    start::announce(session, started, &arguments.start);
    session.output.text("");
    let detail = if arguments.detailed { events::Detail::Fields } else { events::Detail::Line };
    let (workflow_id, run_id) = (&started.workflow_id, &started.run_id);
    let closed = events::print(session, workflow_id, run_id, Follow::UntilClosed, detail).await;
    let closed = closed.map_err(|status| Error::rpc("displaying history failed", &status))?;
    let closed = closed.ok_or_else(|| Error::new("missing close event"))?;
    session.output.text("");
    close::print(session.output, &closed, Some(began.elapsed()));
    Ok(closed)
}

async fn json(
    session: &mut Session,
    arguments: &Arguments,
    started: &start::Started,
    began: Instant,
) -> Result<HistoryEvent> {
    let (workflow_id, run_id) = (&started.workflow_id, &started.run_id);
    let waiting = Waiting::begin(workflow_id);
    let closed = history::close_event(&mut session.client, workflow_id, run_id, Follow::UntilClosed).await;
    drop(waiting);
    let closed = closed.map_err(|status| Error::rpc("failed getting close event", &status))?;
    let closed = closed.ok_or_else(|| Error::new("missing close event"))?;
    let mut object = Map::new();
    object.insert("workflowId".into(), workflow_id.as_str().into());
    object.insert("runId".into(), run_id.as_str().into());
    object.insert("type".into(), arguments.start.shared.workflow_type.as_str().into());
    object.insert("namespace".into(), session.client.namespace.as_str().into());
    object.insert("taskQueue".into(), arguments.start.shared.task_queue.as_str().into());
    object.insert("durationMillis".into(), millis(began.elapsed()).into());
    close::into_json(session.output, &closed, &mut object);
    if arguments.detailed {
        object.insert("history".into(), history_json(session, workflow_id, run_id).await?);
    }
    session.output.json(&Value::Object(object));
    Ok(closed)
}

// Never in shorthand: what is printed here is fed to replayers.
async fn history_json(session: &mut Session, workflow_id: &str, run_id: &str) -> Result<Value> {
    let mut pages = Pages::new(&mut session.client, workflow_id, run_id, Follow::Stored);
    let mut events = Vec::new();
    loop {
        let page =
            pages.next().await.map_err(|status| Error::rpc("failed reading history after completion", &status))?;
        let Some(page) = page else { break };
        events.extend(page);
    }
    Ok(json::message("temporal.api.history.v1.History", &History::from(events), Payloads::Raw))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
