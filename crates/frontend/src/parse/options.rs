//! Options of a run that are to change. Only the priority can be changed; a versioning override and time skipping are
//! refused as not there yet, and taking them away changes nothing.

use std::collections::BTreeSet;

use abide_api::temporal::api::workflow::v1::WorkflowExecutionOptions;
use abide_engine::run::UpdateOptions;
use prost_types::FieldMask;

use super::{field_mask, policy};
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

/// The change, asked for by `identity`. An unknown path is named behind the words `wrong_path`.
pub fn parse(
    options: Option<WorkflowExecutionOptions>,
    mask: Option<FieldMask>,
    identity: String,
    wrong_path: &str,
) -> Result<UpdateOptions, Refusal> {
    let mask = mask.ok_or(Refusal::invalid("UpdateMask is required"))?;
    let options = options.ok_or(Refusal::invalid("WorkflowExecutionOptions is required"))?;
    let paths = field_mask::paths(&mask);
    if let Some(unknown) = mask.paths.iter().find(|path| !KNOWN.contains(&field_mask::json(path).as_str())) {
        let name = "temporal.api.workflow.v1.WorkflowExecutionOptions";
        let text = format!("{wrong_path}: proto: invalid path {unknown:?} for message {name:?}");
        return Err(Refusal::Invalid(text.into()));
    }
    policy::priority(options.priority.as_ref())?;
    check_partial(&paths)?;
    check_supported(&paths, &options)?;
    Ok(UpdateOptions { priority: options.priority, paths, identity })
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
