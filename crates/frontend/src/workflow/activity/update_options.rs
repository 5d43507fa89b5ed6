//! UpdateActivityOptions and UpdateActivityExecutionOptions.

use abide_api::temporal::api::{
    activity::v1::ActivityOptions,
    workflowservice::v1::{
        UpdateActivityExecutionOptionsRequest, UpdateActivityExecutionOptionsResponse, UpdateActivityOptionsRequest,
        UpdateActivityOptionsResponse, update_activity_options_request::Activity,
    },
};
use abide_engine::run::{Command, OptionsChange, Reply, UpdateActivityOptions, WhichActivities};
use prost_types::FieldMask;

use super::Meant;
use crate::Frontend;
use crate::parse::{field_mask, policy};
use crate::status::Refusal;

/// Changes the options of activities.
pub async fn update(
    frontend: &Frontend,
    request: UpdateActivityOptionsRequest,
) -> Result<UpdateActivityOptionsResponse, Refusal> {
    let which = request.activity.map(|activity| match activity {
        Activity::Id(id) => WhichActivities::Id(id),
        Activity::Type(name) => WhichActivities::Type(name),
        Activity::MatchAll(_) => WhichActivities::All,
    });
    let meant = frontend.meant(&request.namespace, request.execution, which)?;
    let asked =
        Asked { options: request.activity_options, mask: request.update_mask, restore: request.restore_original };
    Ok(UpdateActivityOptionsResponse { activity_options: Some(change(frontend, meant, asked).await?) })
}

/// Changes the options of an activity.
pub async fn update_one(
    frontend: &Frontend,
    request: UpdateActivityExecutionOptionsRequest,
) -> Result<UpdateActivityExecutionOptionsResponse, Refusal> {
    let meant = frontend.meant_one(&request.namespace, request.workflow_id, request.run_id, request.activity_id)?;
    let asked =
        Asked { options: request.activity_options, mask: request.update_mask, restore: request.restore_original };
    Ok(UpdateActivityExecutionOptionsResponse { activity_options: Some(change(frontend, meant, asked).await?) })
}

/// What a request asks for, as it says it.
struct Asked {
    options: Option<ActivityOptions>,
    mask: Option<FieldMask>,
    restore: bool,
}

async fn change(frontend: &Frontend, meant: Meant, asked: Asked) -> Result<ActivityOptions, Refusal> {
    let change = parse(asked)?;
    let command = UpdateActivityOptions { which: meant.which, change };
    match frontend.operate(meant.run, Command::UpdateActivityOptions(Box::new(command))).await? {
        Reply::ActivityOptions(options) => Ok(*options),
        _ => Err(Refusal::bug("a change of options was answered with something else")),
    }
}

fn parse(asked: Asked) -> Result<OptionsChange, Refusal> {
    policy::priority(asked.options.as_ref().and_then(|options| options.priority.as_ref()))?;
    if asked.restore {
        if asked.mask.is_some_and(|mask| !mask.paths.is_empty()) {
            return Err(Refusal::invalid("Both UpdateMask and RestoreOriginal are provided"));
        }
        return Ok(OptionsChange::Restore);
    }
    let options = asked.options.ok_or(Refusal::invalid("ActivityOptions are not provided"))?;
    let mask = asked.mask.ok_or(Refusal::invalid("UpdateMask is not provided"))?;
    Ok(OptionsChange::Merge { options: Box::new(options), paths: field_mask::paths(&mask) })
}
