//! `workflow result`: wait for the end of a chain of runs, and say how it was.

use clap::Args;
use serde_json::{Map, Value};

use super::{Reference, close};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::history::{self, Follow};

/// `workflow result`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    reference: Reference,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Reference { workflow_id, run_id } = &arguments.reference;
    let closed = history::close_event(&mut session.client, workflow_id, run_id, Follow::UntilClosed).await;
    let closed = closed.map_err(|status| Error::rpc("failed getting close event", &status))?;
    let closed = closed.ok_or_else(|| Error::new("missing close event"))?;
    if session.output.is_json() {
        let mut object = Map::new();
        object.insert("workflowId".into(), workflow_id.as_str().into());
        if !run_id.is_empty() {
            object.insert("runId".into(), run_id.as_str().into());
        }
        object.insert("namespace".into(), session.client.namespace.as_str().into());
        close::into_json(session.output, &closed, &mut object);
        session.output.json(&Value::Object(object));
    } else {
        close::print(session.output, &closed, None);
    }
    close::verdict(&closed)
}
