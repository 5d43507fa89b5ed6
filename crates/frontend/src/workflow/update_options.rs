//! UpdateWorkflowExecutionOptions. Only the priority can be changed; a versioning override and time skipping are refused
//! as not there yet, and taking them away changes nothing.

use std::collections::BTreeSet;

use abide_api::temporal::api::{
    workflow::v1::WorkflowExecutionOptions,
    workflowservice::v1::{UpdateWorkflowExecutionOptionsRequest, UpdateWorkflowExecutionOptionsResponse},
};
use abide_engine::run::{Command, Reply, UpdateOptions};

use crate::Frontend;
use crate::parse::{execution, field_mask, policy};
use crate::status::Refusal;

/// The paths of the protocol's message.
const KNOWN: [&str; 16] = [
    "priority",
    "priority.fairnessKey",
    "priority.fairnessWeight",
    "priority.priorityKey",
    "timeSkippingConfig",
    "timeSkippingConfig.disablePropagation",
    "timeSkippingConfig.enabled",
    "timeSkippingConfig.fastForwardConfig",
    "timeSkippingConfig.maxSessionSkipCount",
    "versioningOverride",
    "versioningOverride.autoUpgrade",
    "versioningOverride.behavior",
    "versioningOverride.deployment",
    "versioningOverride.oneTime",
    "versioningOverride.pinned",
    "versioningOverride.pinnedVersion",
];

/// Changes options of a run.
pub async fn update(
    frontend: &Frontend,
    request: UpdateWorkflowExecutionOptionsRequest,
) -> Result<UpdateWorkflowExecutionOptionsResponse, Refusal> {
    let execution = request.workflow_execution.unwrap_or_default();
    if execution.workflow_id.is_empty() {
        return Err(Refusal::invalid("WorkflowId is not set on request."));
    }
    let mask = request.update_mask.ok_or(Refusal::invalid("UpdateMask is required"))?;
    let options = request.workflow_execution_options.ok_or(Refusal::invalid("WorkflowExecutionOptions is required"))?;
    let paths = field_mask::paths(&mask);
    if let Some(unknown) = mask.paths.iter().find(|path| !KNOWN.contains(&field_mask::json(path).as_str())) {
        let name = "temporal.api.workflow.v1.WorkflowExecutionOptions";
        let text = format!("error parsing UpdateMask: proto: invalid path {unknown:?} for message {name:?}");
        return Err(Refusal::Invalid(text.into()));
    }
    policy::priority(options.priority.as_ref())?;
    let namespace = frontend.namespace(&request.namespace)?;
    check_partial(&paths)?;
    check_supported(&paths, &options)?;
    let run = execution::run(&namespace, Some(execution))?;
    let update = UpdateOptions { priority: options.priority, paths, identity: request.identity };
    match frontend.history.execute(run, Command::UpdateOptions(Box::new(update))).await? {
        (_, Reply::Options(options)) => Ok(UpdateWorkflowExecutionOptionsResponse {
            workflow_execution_options: Some(*options),
            ..UpdateWorkflowExecutionOptionsResponse::default()
        }),
        _ => Err(Refusal::bug("a change of options was answered with something else")),
    }
}

fn check_partial(paths: &BTreeSet<String>) -> Result<(), Refusal> {
    let refuse = |text: &str| Err(Refusal::Invalid(format!("error applying update_options: {text}").into()));
    let has = |path: &str| paths.contains(path);
    if has("versioningOverride.deployment") != has("versioningOverride.behavior") {
        return refuse("versioning_override fields must be updated together");
    }
    let whole = ["versioningOverride.deployment", "versioningOverride.behavior"];
    let is_part = |path: &&String| path.starts_with("versioningOverride.") && !whole.contains(&path.as_str());
    if paths.iter().any(|path| is_part(&path)) {
        return refuse("versioning_override doesn't support partial updates");
    }
    if paths.iter().any(|path| path.starts_with("timeSkippingConfig.")) {
        return refuse("time_skipping_config doesn't support partial update");
    }
    Ok(())
}

fn check_supported(paths: &BTreeSet<String>, options: &WorkflowExecutionOptions) -> Result<(), Refusal> {
    let means = |name: &str| paths.iter().any(|path| path.starts_with(name));
    if options.versioning_override.is_some() && means("versioningOverride") {
        return Err(Refusal::NotSupported("versioning overrides are not supported yet"));
    }
    if options.time_skipping_config.is_some() && means("timeSkippingConfig") {
        return Err(Refusal::NotSupported("time skipping is not supported yet"));
    }
    Ok(())
}
