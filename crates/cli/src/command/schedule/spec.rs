//! When a schedule acts, how, and what it starts: from flags to the messages of the protocol.

use std::time::Duration;

use abide_api::temporal::api::schedule::v1::{
    IntervalSpec, Schedule, ScheduleAction, SchedulePolicies, ScheduleSpec, ScheduleState, schedule_action::Action,
};
use abide_api::temporal::api::workflow::v1::NewWorkflowExecutionInfo;
use clap::Args;
use prost_types::Timestamp;
use serde_json::Value;

use super::Overlap;
use crate::client;
use crate::command::workflow::shared::Shared;
use crate::duration;
use crate::error::{Error, Result};
use crate::input::Input;

/// When a schedule acts, and how.
#[derive(Args, Debug, Clone)]
pub struct Configuration {
    /// Times of the calendar, as a JSON object of second, minute, hour, dayOfMonth, month, year, dayOfWeek and comment. May
    /// be repeated.
    #[arg(long, value_name = "JSON")]
    calendar: Vec<String>,
    /// How late an action may be before it is left out.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    catchup_window: Option<Duration>,
    /// Times as cron writes them. May be repeated.
    #[arg(long, value_name = "CRON")]
    cron: Vec<String>,
    /// No action after this time.
    #[arg(long, value_name = "TIME")]
    end_time: Option<Timestamp>,
    /// Again and again after a time: EVERY or EVERY/OFFSET, such as 1h/5m. May be repeated.
    #[arg(long, value_name = "DURATION[/DURATION]")]
    interval: Vec<String>,
    /// The longest that an action waits, by chance, after its time.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    jitter: Option<Duration>,
    /// A note for people.
    #[arg(long, default_value = "")]
    notes: String,
    /// Begin paused.
    #[arg(long)]
    paused: bool,
    /// Pause after a Workflow that failed.
    #[arg(long)]
    pause_on_failure: bool,
    /// How many actions remain; 0 is no bound.
    #[arg(long, default_value = "0")]
    remaining_actions: i64,
    /// No action before this time.
    #[arg(long, value_name = "TIME")]
    start_time: Option<Timestamp>,
    /// The time zone of calendars and cron.
    #[arg(long, default_value = "")]
    time_zone: String,
}

impl Configuration {
    /// The whole schedule.
    pub fn schedule(&self, overlap: &Overlap, shared: &Shared, input: &Input) -> Result<Schedule> {
        Ok(Schedule {
            spec: Some(self.spec()?),
            action: Some(action(shared, input)?),
            policies: Some(SchedulePolicies {
                overlap_policy: overlap.policy().into(),
                catchup_window: self.catchup_window.map(duration::proto),
                pause_on_failure: self.pause_on_failure,
                ..SchedulePolicies::default()
            }),
            state: Some(ScheduleState {
                notes: self.notes.clone(),
                paused: self.paused,
                limited_actions: self.remaining_actions > 0,
                remaining_actions: self.remaining_actions,
            }),
        })
    }

    fn spec(&self) -> Result<ScheduleSpec> {
        let calendars = self.calendar.iter().map(|text| cron(text)).collect::<Result<Vec<_>>>()?;
        Ok(ScheduleSpec {
            cron_string: self.cron.iter().cloned().chain(calendars).collect(),
            interval: self.interval.iter().map(|text| interval(text)).collect::<Result<_>>()?,
            start_time: self.start_time,
            end_time: self.end_time,
            // Nothing is sent as zero, as SDKs do.
            jitter: Some(duration::proto(self.jitter.unwrap_or_default())),
            timezone_name: self.time_zone.clone(),
            ..ScheduleSpec::default()
        })
    }
}

// The server has one reader for both ways to write calendars.
fn cron(text: &str) -> Result<String> {
    const FIELDS: [(&str, &str); 7] = [
        ("second", "0"),
        ("minute", "0"),
        ("hour", "0"),
        ("dayOfMonth", "*"),
        ("month", "*"),
        ("dayOfWeek", "*"),
        ("year", "*"),
    ];
    let failed = |why: String| Error::new(format!("failed to parse json calendar spec: {why}"));
    let calendar: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(|why| failed(why.to_string()))?;
    let known = |key: &str| key == "comment" || FIELDS.iter().any(|(name, _)| *name == key);
    if let Some(key) = calendar.keys().find(|key| !known(key)) {
        return Err(failed(format!("unknown field {key:?}")));
    }
    let field = |name: &str| match calendar.get(name) {
        None => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(other) => Err(failed(format!("invalid value for string field {name}: {other}"))),
    };
    let mut fields = Vec::new();
    for (name, default) in FIELDS {
        let text = field(name)?;
        let text = if text.is_empty() { default } else { text };
        if text.split_whitespace().count() != 1 {
            return Err(Error::new("invalid CalendarSpec"));
        }
        fields.push(text);
    }
    let comment = field("comment")?;
    if !comment.is_empty() {
        fields.extend(["#", comment]);
    }
    Ok(fields.join(" "))
}

fn interval(text: &str) -> Result<IntervalSpec> {
    let read = |part: &str| duration::parse(part).map_err(|why| Error::new(format!("invalid interval: {why}")));
    let mut parts = text.split('/');
    let (every, offset) = (parts.next().unwrap_or_default(), parts.next());
    if parts.next().is_some() {
        return Err(Error::new("invalid interval: must be \"<duration>\" or \"<duration>/<duration>\""));
    }
    let phase = offset.map(read).transpose()?.map(duration::proto);
    Ok(IntervalSpec { interval: Some(duration::proto(read(every)?)), phase })
}

fn action(shared: &Shared, input: &Input) -> Result<ScheduleAction> {
    let start = shared.request()?;
    let workflow = NewWorkflowExecutionInfo {
        workflow_id: shared.workflow_id.clone().unwrap_or_else(client::request_id),
        workflow_type: start.workflow_type,
        task_queue: start.task_queue,
        input: input.payloads()?,
        workflow_execution_timeout: Some(start.workflow_execution_timeout.unwrap_or_default()),
        workflow_run_timeout: Some(start.workflow_run_timeout.unwrap_or_default()),
        workflow_task_timeout: start.workflow_task_timeout,
        memo: start.memo,
        search_attributes: start.search_attributes,
        header: start.header,
        user_metadata: start.user_metadata,
        priority: start.priority,
        ..NewWorkflowExecutionInfo::default()
    };
    Ok(ScheduleAction { action: Some(Action::StartWorkflow(workflow)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendars_become_cron_and_intervals_have_an_offset() {
        assert_eq!(cron("{\"hour\": \"8-10\", \"comment\": \"early\"}"), Ok("0 0 8-10 * * * * # early".into()));
        assert_eq!(cron("{\"hour\": \"8 9\"}"), Err(Error::new("invalid CalendarSpec")));
        let spec = interval("1h/5m").expect("an interval");
        assert_eq!((spec.interval.map(|d| d.seconds), spec.phase.map(|d| d.seconds)), (Some(3600), Some(300)));
        assert!(interval("1h/5m/1s").is_err() && interval("often").is_err() && cron("{\"hours\": \"1\"}").is_err());
    }
}
