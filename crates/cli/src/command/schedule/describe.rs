//! `schedule describe`.

use abide_api::temporal::api::schedule::v1::{ScheduleInfo, schedule_action::Action};
use abide_api::temporal::api::workflowservice::v1::{DescribeScheduleRequest, DescribeScheduleResponse};
use serde_json::json;

use super::{Id, shown};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::json::Payloads;
use crate::output::{Card, Output};
use crate::{client, json, words};

const RESPONSE: &str = "temporal.api.workflowservice.v1.DescribeScheduleResponse";
const WORKFLOW: &str = "temporal.api.workflow.v1.NewWorkflowExecutionInfo";

/// Runs the command.
pub async fn run(session: &mut Session, id: Id) -> Result<()> {
    let answer = ask(session, &id).await?;
    // Whole payloads, whatever the flag says: what is read here is written back by `update`.
    session.output.json(&json::message(RESPONSE, &answer, Payloads::Raw));
    session.output.card(&card(session.output, &id, &answer));
    Ok(())
}

/// The schedule as the server knows it.
pub async fn ask(session: &mut Session, id: &Id) -> Result<DescribeScheduleResponse> {
    let namespace = session.client.namespace.clone();
    let request = DescribeScheduleRequest { namespace, schedule_id: id.schedule_id.clone() };
    let answer = session.client.workflow.describe_schedule(client::call(request)).await;
    Ok(answer.map_err(|status| Error::status(&status))?.into_inner())
}

fn card(output: Output, id: &Id, answer: &DescribeScheduleResponse) -> Card {
    let schedule = answer.schedule.clone().unwrap_or_default();
    let (policies, state) = (schedule.policies.unwrap_or_default(), schedule.state.unwrap_or_default());
    let info = answer.info.clone().unwrap_or_default();
    let action = match schedule.action.and_then(|action| action.action) {
        Some(Action::StartWorkflow(workflow)) => json::message(WORKFLOW, &workflow, output.payloads()).to_string(),
        None => String::new(),
    };
    let overlap = words::camel(policies.overlap_policy().as_str_name(), "SCHEDULE_OVERLAP_POLICY_");
    let remaining = if state.limited_actions { state.remaining_actions.to_string() } else { String::new() };
    let mut card = Card::new().field("ScheduleId", &id.schedule_id).field("Action", action);
    for (name, text) in shown::spec(output, &schedule.spec.unwrap_or_default()) {
        card = card.filled(name, text);
    }
    card = card
        .field("OverlapPolicy", overlap)
        .field("CatchupWindow", shown::duration(policies.catchup_window.as_ref()))
        .field("PauseOnFailure", policies.pause_on_failure)
        .filled("Notes", &state.notes)
        .field("Paused", state.paused)
        .filled("LimitedActions", if state.limited_actions { "true" } else { "" })
        .filled("RemainingActions", remaining);
    let card = times(card, output, &info);
    card.filled("SearchAttributes", shown::attributes(output, answer.search_attributes.as_ref()))
        .filled("Memo", shown::memo(output, answer.memo.as_ref()))
}

fn times(card: Card, output: Output, info: &ScheduleInfo) -> Card {
    let last = info.recent_actions.last().and_then(|action| action.schedule_time.as_ref());
    let running: Vec<&str> = info.running_workflows.iter().map(|workflow| workflow.workflow_id.as_str()).collect();
    let counts = json!({
        "Total": info.action_count,
        "MissedCatchupWindow": info.missed_catchup_window,
        "SkippedOverlap": info.overlap_skipped,
    });
    card.field("NextRunTime", output.time(info.future_action_times.first()))
        .field("LastRunTime", output.time(last))
        .field("RunningWorkflows", format!("[{}]", running.join(", ")))
        .filled("CreatedAt", output.time(info.create_time.as_ref()))
        .filled("LastUpdateAt", output.time(info.update_time.as_ref()))
        .field("ActionCounts", counts)
}
