//! `schedule list`.

use abide_api::temporal::api::{schedule::v1::ScheduleListEntry, workflowservice::v1::ListSchedulesRequest};
use clap::Args;
use serde_json::json;

use super::shown;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::json::Payloads;
use crate::output::{Column, Listing, Output};
use crate::{client, json};

const ENTRY: &str = "temporal.api.schedule.v1.ScheduleListEntry";

/// `schedule list`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Show when they act as well.
    #[arg(long, short = 'l')]
    long: bool,
    /// Show everything.
    #[arg(long)]
    really_long: bool,
    /// Which ones.
    #[arg(long, short = 'q', default_value = "")]
    query: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    Short,
    Long,
    Full,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let width = match (arguments.really_long, arguments.long) {
        (true, _) => Width::Full,
        (false, true) => Width::Long,
        (false, false) => Width::Short,
    };
    let output = session.output;
    let columns: Vec<Column> = columns(width).iter().map(|name| Column::text(name)).collect();
    let mut listing = Listing::new(output, columns, 0);
    let mut request = ListSchedulesRequest {
        namespace: session.client.namespace.clone(),
        query: arguments.query,
        ..ListSchedulesRequest::default()
    };
    loop {
        let answer = session.client.workflow.list_schedules(client::call(request.clone())).await;
        let answer = answer.map_err(|status| Error::status(&status))?.into_inner();
        for entry in &answer.schedules {
            listing.element(&json::message(ENTRY, entry, Payloads::Raw), row(output, entry, width));
        }
        request.next_page_token = answer.next_page_token;
        if !listing.page() || request.next_page_token.is_empty() {
            break;
        }
    }
    listing.end();
    Ok(())
}

fn columns(width: Width) -> &'static [&'static str] {
    match width {
        Width::Short => &["ScheduleId", "Action", "Paused", "NextRunTime", "LastRunTime"],
        Width::Long => &["ScheduleId", "Action", "Spec", "Notes", "Paused", "NextRunTime", "LastRunTime"],
        Width::Full => &[
            "ScheduleId",
            "Action",
            "Spec",
            "SkipSpec",
            "StartAt",
            "EndAt",
            "Jitter",
            "TimeZoneName",
            "Notes",
            "Paused",
            "NextRunTime",
            "LastRunTime",
            "SearchAttributes",
            "Memo",
        ],
    }
}

fn row(output: Output, entry: &ScheduleListEntry, width: Width) -> Vec<String> {
    let info = entry.info.clone().unwrap_or_default();
    let workflow = info.workflow_type.unwrap_or_default().name;
    let last = info.recent_actions.last().and_then(|action| action.schedule_time.as_ref());
    let spec = shown::spec(output, &info.spec.unwrap_or_default()).map(|(_, text)| text);
    let mut row = vec![entry.schedule_id.clone(), json!({ "Workflow": workflow }).to_string()];
    match width {
        Width::Short => {}
        Width::Long => row.extend([spec[0].clone(), info.notes]),
        Width::Full => row.extend(spec.into_iter().chain([info.notes])),
    }
    let next = output.time(info.future_action_times.first());
    row.extend([info.paused.to_string(), next, output.time(last)]);
    if width == Width::Full {
        row.push(shown::attributes(output, entry.search_attributes.as_ref()));
        row.push(shown::memo(output, entry.memo.as_ref()));
    }
    row
}
