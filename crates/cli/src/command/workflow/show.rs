//! `workflow show`: the events of a run.

use abide_api::temporal::api::history::v1::{History, HistoryEvent};
use clap::Args;

use super::events::{self, Detail, Events};
use super::{Reference, close};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::history::{self, Follow, Pages};
use crate::json::{self, Payloads};

/// `workflow show`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    reference: Reference,
    /// Wait for further events until the Workflow Execution has ended.
    #[arg(long, short = 'f')]
    follow: bool,
    /// Show every field of every event.
    #[arg(long)]
    detailed: bool,
    /// Newest first.
    #[arg(long)]
    reverse: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    if arguments.reverse && arguments.follow {
        return Err(Error::new("--reverse cannot be combined with --follow"));
    }
    if session.output.is_json() { json(session, &arguments).await } else { text(session, &arguments).await }
}

async fn text(session: &mut Session, arguments: &Arguments) -> Result<()> {
    let Reference { workflow_id, run_id } = &arguments.reference;
    let failed = |status: tonic::Status| Error::rpc("displaying history failed", &status);
    let detail = match (arguments.detailed, arguments.follow) {
        (true, _) => Detail::Fields,
        (false, true) => Detail::Log,
        (false, false) => Detail::Line,
    };
    if arguments.reverse {
        let events = history::reverse(&mut session.client, workflow_id, run_id).await.map_err(failed)?;
        let mut printer = Events::begin(session.output, detail);
        events.iter().for_each(|event| printer.event(event));
        session.output.text("");
        return Ok(());
    }
    let closed = events::print(session, workflow_id, run_id, follow(arguments), detail).await.map_err(failed)?;
    session.output.text("");
    if let Some(closed) = closed {
        close::print(session.output, &closed, None);
    }
    Ok(())
}

// Never in shorthand: what is printed here is fed to replayers.
async fn json(session: &mut Session, arguments: &Arguments) -> Result<()> {
    let events = all(session, arguments).await;
    let events = events.map_err(|status| Error::rpc("failed getting next history event", &status))?;
    session.output.json(&json::message("temporal.api.history.v1.History", &History::from(events), Payloads::Raw));
    Ok(())
}

async fn all(session: &mut Session, arguments: &Arguments) -> std::result::Result<Vec<HistoryEvent>, tonic::Status> {
    let Reference { workflow_id, run_id } = &arguments.reference;
    if arguments.reverse {
        return history::reverse(&mut session.client, workflow_id, run_id).await;
    }
    let mut pages = Pages::new(&mut session.client, workflow_id, run_id, follow(arguments));
    let mut events = Vec::new();
    while let Some(page) = pages.next().await? {
        events.extend(page);
    }
    Ok(events)
}

fn follow(arguments: &Arguments) -> Follow {
    if arguments.follow { Follow::UntilClosed } else { Follow::Stored }
}
