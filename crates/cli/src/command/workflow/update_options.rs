//! `workflow update-options`.

use abide_api::temporal::api::{
    batch::v1::BatchOperationUpdateWorkflowExecutionOptions,
    deployment::v1::WorkerDeploymentVersion,
    workflow::v1::{
        VersioningOverride, WorkflowExecutionOptions,
        versioning_override::{OneTimeOverride, Override, PinnedOverride, PinnedOverrideBehavior},
    },
    workflowservice::v1::{UpdateWorkflowExecutionOptionsRequest, start_batch_operation_request::Operation},
};
use clap::{Args, ValueEnum};
use prost_types::FieldMask;

use super::many::{Reason, Target};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `workflow update-options`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    options: Options,
}

/// What is changed.
#[derive(Args, Debug)]
pub struct Options {
    /// Which version of its workers it stays with; `unspecified` takes an override away.
    #[arg(long, value_enum)]
    versioning_override_behavior: Behavior,
    /// The deployment of that version.
    #[arg(long, default_value = "")]
    versioning_override_deployment_name: String,
    /// The build of that version.
    #[arg(long, default_value = "")]
    versioning_override_build_id: String,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[value(rename_all = "snake_case")]
enum Behavior {
    Unspecified,
    Pinned,
    OneTime,
    AutoUpgrade,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let (options, mask) = arguments.options.change()?;
    let target = arguments.target;
    let identity = session.client.identity.clone();
    if !target.is_one(Reason::BatchOnly)? {
        let operation = BatchOperationUpdateWorkflowExecutionOptions {
            identity,
            workflow_execution_options: Some(options),
            update_mask: Some(mask),
        };
        return target.batch(session, Operation::UpdateWorkflowOptionsOperation(operation)).await;
    }
    let request = UpdateWorkflowExecutionOptionsRequest {
        namespace: session.client.namespace.clone(),
        workflow_execution: Some(client::execution(&target.workflow_id, &target.run_id)),
        workflow_execution_options: Some(options),
        update_mask: Some(mask),
        identity,
    };
    let answer = session.client.workflow.update_workflow_execution_options(client::call(request)).await;
    answer.map_err(|status| Error::rpc("failed to update workflow options", &status))?;
    session.output.text("Update workflow options succeeded");
    Ok(())
}

impl Options {
    /// The options, and which of them are meant.
    pub fn change(&self) -> Result<(WorkflowExecutionOptions, FieldMask)> {
        let versioning_override = versioning_override(self)?;
        let options = WorkflowExecutionOptions { versioning_override, ..WorkflowExecutionOptions::default() };
        Ok((options, FieldMask { paths: vec!["versioning_override".into()] }))
    }
}

fn versioning_override(arguments: &Options) -> Result<Option<VersioningOverride>> {
    let (deployment_name, build_id) =
        (&arguments.versioning_override_deployment_name, &arguments.versioning_override_build_id);
    let behavior = arguments.versioning_override_behavior;
    let names_version = matches!(behavior, Behavior::Pinned | Behavior::OneTime);
    if names_version && (deployment_name.is_empty() || build_id.is_empty()) {
        let behavior = behavior.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        return Err(Error::new(format!("missing deployment name and/or build id with '{behavior}' behavior")));
    }
    if !names_version && (!deployment_name.is_empty() || !build_id.is_empty()) {
        return Err(Error::new("cannot set deployment name or build id with this behavior"));
    }
    let version =
        Some(WorkerDeploymentVersion { deployment_name: deployment_name.clone(), build_id: build_id.clone() });
    let pinned = PinnedOverrideBehavior::Pinned.into();
    let to = match behavior {
        Behavior::Unspecified => return Ok(None),
        Behavior::Pinned => Override::Pinned(PinnedOverride { behavior: pinned, version }),
        Behavior::OneTime => Override::OneTime(OneTimeOverride { target_deployment_version: version }),
        Behavior::AutoUpgrade => Override::AutoUpgrade(true),
    };
    Ok(Some(VersioningOverride { r#override: Some(to), ..VersioningOverride::default() }))
}
