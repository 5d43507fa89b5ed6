//! `activity result`: waits for the end of an activity that stands alone.

use abide_api::temporal::api::{
    activity::v1::activity_execution_outcome::Value, workflowservice::v1::PollActivityExecutionRequest,
};
use serde_json::Map;
use tonic::Code;

use super::Alone;
use crate::client;
use crate::command::workflow::close;
use crate::command::{Session, outcome};
use crate::error::{Error, Result};
use crate::output::progress::Waiting;

/// Runs the command.
pub async fn run(session: &mut Session, which: &Alone) -> Result<()> {
    let waiting = Waiting::begin(&which.activity_id);
    let came = wait(session, which).await?;
    drop(waiting);
    let mut known = Map::new();
    known.insert("activityId".into(), which.activity_id.as_str().into());
    known.insert("runId".into(), which.run_id.as_str().into());
    match came {
        Value::Result(result) => {
            outcome::completed(session.output, known, close::friendly(&result, session.output.payloads()));
            Ok(())
        }
        Value::Failure(failure) => {
            outcome::failed(session.output, known, &failure);
            Err(Error::new("activity failed"))
        }
    }
}

async fn wait(session: &mut Session, which: &Alone) -> Result<Value> {
    let request = PollActivityExecutionRequest {
        namespace: session.client.namespace.clone(),
        activity_id: which.activity_id.clone(),
        run_id: which.run_id.clone(),
    };
    loop {
        let answer = session.client.workflow.poll_activity_execution(client::wait(request.clone())).await;
        match answer.map(tonic::Response::into_inner) {
            Ok(answer) => {
                if let Some(came) = answer.outcome.and_then(|outcome| outcome.value) {
                    return Ok(came);
                }
            }
            Err(status) if client::is_overdue(&status) => {}
            Err(status) if status.code() == Code::NotFound => {
                return Err(Error::new(format!("activity not found: {}", which.activity_id)));
            }
            Err(status) => return Err(Error::rpc("failed polling activity result", &status)),
        }
    }
}
