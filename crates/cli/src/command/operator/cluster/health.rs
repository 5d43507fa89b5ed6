//! `operator cluster health`.

use serde_json::json;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

const SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

/// Runs the command.
pub async fn run(session: &mut Session) -> Result<()> {
    let request = HealthCheckRequest { service: SERVICE.into() };
    let answer = session.client.health.check(client::call(request)).await;
    let status = answer.map_err(|status| Error::rpc("unable to health check", &status))?.into_inner().status();
    session.output.json(&json!({ "status": status.as_str_name() }));
    let text = match status {
        ServingStatus::Serving => session.output.paint().green(status.as_str_name()),
        ServingStatus::Unknown | ServingStatus::NotServing | ServingStatus::ServiceUnknown => {
            session.output.paint().red(status.as_str_name())
        }
    };
    session.output.text(text);
    Ok(())
}
