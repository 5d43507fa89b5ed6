//! `nexus operation start` and `nexus operation execute`.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{Payload, SearchAttributes},
    enums::v1::{NexusOperationIdConflictPolicy, NexusOperationIdReusePolicy},
    sdk::v1::UserMetadata,
    workflowservice::v1::StartNexusOperationExecutionRequest,
};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Reference, result};
use crate::client;
use crate::command::Session;
use crate::duration;
use crate::error::{Error, Result};
use crate::input::{self, Input};
use crate::output::Card;

/// What is started, and how.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Endpoint.
    #[arg(long)]
    endpoint: String,
    /// Service.
    #[arg(long)]
    service: String,
    /// Operation.
    #[arg(long)]
    operation: String,
    /// Operation ID.
    #[arg(long)]
    operation_id: String,
    /// The longest that all of it may take.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    schedule_to_close_timeout: Option<Duration>,
    /// The longest that it may wait to be started.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    schedule_to_start_timeout: Option<Duration>,
    /// The longest that it may take once it is started.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    start_to_close_timeout: Option<Duration>,
    /// What an open run of the same Operation ID means.
    #[arg(long, value_enum)]
    id_conflict_policy: Option<Conflict>,
    /// What a closed run of the same Operation ID means.
    #[arg(long, value_enum)]
    id_reuse_policy: Option<Reuse>,
    /// Search Attribute: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    search_attribute: Vec<String>,
    /// A line for people.
    #[arg(long)]
    static_summary: Option<String>,
    #[command(flatten)]
    input: Input,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "PascalCase")]
enum Conflict {
    Fail,
    UseExisting,
    TerminateExisting,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
#[value(rename_all = "PascalCase")]
enum Reuse {
    AllowDuplicate,
    RejectDuplicate,
}

/// Runs `nexus operation start`.
pub async fn start(session: &mut Session, arguments: Arguments) -> Result<()> {
    let run_id = begin(session, &arguments).await?;
    let operation_id = &arguments.operation_id;
    session.output.json(&json!({
        "endpoint": arguments.endpoint,
        "service": arguments.service,
        "operation": arguments.operation,
        "operationId": operation_id,
        "runId": run_id,
        "namespace": session.client.namespace,
    }));
    announce(session, &arguments, &run_id);
    Ok(())
}

/// Runs `nexus operation execute`.
pub async fn execute(session: &mut Session, arguments: Arguments) -> Result<()> {
    let run_id = begin(session, &arguments).await?;
    announce(session, &arguments, &run_id);
    result::run(session, &Reference { operation_id: arguments.operation_id, run_id }).await
}

async fn begin(session: &mut Session, arguments: &Arguments) -> Result<String> {
    let request = arguments.request(session)?;
    let answer = session.client.workflow.start_nexus_operation_execution(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("failed starting nexus operation", &status))?;
    Ok(answer.into_inner().run_id)
}

fn announce(session: &Session, arguments: &Arguments, run_id: &str) {
    session.output.heading("Started Nexus Operation:");
    session.output.card(
        &Card::new()
            .field("Endpoint", &arguments.endpoint)
            .field("Service", &arguments.service)
            .field("Operation", &arguments.operation)
            .field("OperationId", &arguments.operation_id)
            .field("RunId", run_id)
            .field("Namespace", &session.client.namespace),
    );
}

impl Arguments {
    fn request(&self, session: &Session) -> Result<StartNexusOperationExecutionRequest> {
        let attributes = input::json_pairs("search attribute", &self.search_attribute)?;
        let summary = self.static_summary.as_ref().map(|text| input::json_payload(&json!(text).to_string()));
        Ok(StartNexusOperationExecutionRequest {
            namespace: session.client.namespace.clone(),
            identity: session.client.identity.clone(),
            request_id: client::request_id(),
            operation_id: self.operation_id.clone(),
            endpoint: self.endpoint.clone(),
            service: self.service.clone(),
            operation: self.operation.clone(),
            schedule_to_close_timeout: self.schedule_to_close_timeout.map(duration::proto),
            schedule_to_start_timeout: self.schedule_to_start_timeout.map(duration::proto),
            start_to_close_timeout: self.start_to_close_timeout.map(duration::proto),
            input: self.payload()?,
            id_reuse_policy: self.reuse().into(),
            id_conflict_policy: self.conflict(),
            search_attributes: (!attributes.is_empty()).then_some(SearchAttributes { indexed_fields: attributes }),
            user_metadata: summary.map(|summary| UserMetadata { summary: Some(summary), details: None }),
            ..StartNexusOperationExecutionRequest::default()
        })
    }

    fn payload(&self) -> Result<Option<Payload>> {
        let mut payloads = self.input.payloads()?.unwrap_or_default().payloads;
        match payloads.len() {
            0 | 1 => Ok(payloads.pop()),
            count => Err(Error::new(format!("nexus operations accept at most one input argument, got {count}"))),
        }
    }

    fn reuse(&self) -> NexusOperationIdReusePolicy {
        match self.id_reuse_policy {
            None => NexusOperationIdReusePolicy::Unspecified,
            Some(Reuse::AllowDuplicate) => NexusOperationIdReusePolicy::AllowDuplicate,
            Some(Reuse::RejectDuplicate) => NexusOperationIdReusePolicy::RejectDuplicate,
        }
    }

    fn conflict(&self) -> i32 {
        // The messages that we are built with have no name for the last one yet.
        const TERMINATE_EXISTING: i32 = 3;
        match self.id_conflict_policy {
            None => NexusOperationIdConflictPolicy::Unspecified.into(),
            Some(Conflict::Fail) => NexusOperationIdConflictPolicy::Fail.into(),
            Some(Conflict::UseExisting) => NexusOperationIdConflictPolicy::UseExisting.into(),
            Some(Conflict::TerminateExisting) => TERMINATE_EXISTING,
        }
    }
}
