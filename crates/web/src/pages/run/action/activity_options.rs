//! Changes the options of one activity of a run. Only what is filled in changes; what it is now stands where nothing is typed.

use abide_api::temporal::api::activity::v1::ActivityOptions;
use abide_api::temporal::api::common::v1::RetryPolicy;
use abide_api::temporal::api::taskqueue::v1::TaskQueue;
use abide_api::temporal::api::workflowservice::v1::UpdateActivityExecutionOptionsRequest;
use maud::{Markup, html};
use prost_types::{Duration, FieldMask};

use super::activity::{done, id, id_field};
use super::form::{Button, Form, command, duration, line_like, number, only, tick};
use super::{Described, IDENTITY, Run};
use crate::form::{Done, Fields};
use crate::problem::Problem;
use crate::span;
use crate::visit::Visit;

/// Each field is named as the flag of the command is: name, label, path in the message.
const FIELDS: [(&str, &str, &str); 9] = [
    ("task-queue", "Task queue", "task_queue.name"),
    ("schedule-to-close-timeout", "Schedule to close timeout", "schedule_to_close_timeout"),
    ("schedule-to-start-timeout", "Schedule to start timeout", "schedule_to_start_timeout"),
    ("start-to-close-timeout", "Start to close timeout", "start_to_close_timeout"),
    ("heartbeat-timeout", "Heartbeat timeout", "heartbeat_timeout"),
    ("retry-initial-interval", "First retry after", "retry_policy.initial_interval"),
    ("retry-maximum-interval", "Longest wait before a retry", "retry_policy.maximum_interval"),
    ("retry-backoff-coefficient", "Each wait is longer by the factor", "retry_policy.backoff_coefficient"),
    ("retry-maximum-attempts", "Attempts at most (0 is no bound)", "retry_policy.maximum_attempts"),
];
const RESTORE: &str = "restore-original-options";

pub(super) async fn form(visit: &Visit, run: &Run) -> Result<Form, Problem> {
    let found = Described::ask(visit, run.clone()).await?.found;
    let wanted = visit.value("activity-id");
    let activity = found.pending_activities.into_iter().find(|one| Some(one.activity_id.as_str()) == wanted);
    let now = activity.and_then(|activity| activity.activity_options).unwrap_or_default();
    Ok(form_of(run, id_field(visit), &now))
}

fn form_of(run: &Run, id_field: Markup, now: &ActivityOptions) -> Form {
    let flags: String = FIELDS.iter().map(|(name, _, _)| format!(" --{name} {{{name}}}")).collect();
    let flags = format!(" --activity-id {{activity-id}}{flags} --{RESTORE} {{{RESTORE}?}}");
    Form {
        title: "Change the options of an activity",
        explained: html! { "They hold from its next attempt on. What is left empty stays as it is." },
        fields: html! {
            (id_field)
            @for ((name, label, _), value) in FIELDS.iter().zip(values(now)) { (line_like(label, name, "", &value)) }
            (tick("All options become again what the workflow has said", RESTORE))
        },
        commands: only(command(run, "activity update-options", &flags)),
        button: Button::Plain("Change the options"),
        before: None,
    }
}

/// What they are now, in the order of the fields.
fn values(now: &ActivityOptions) -> [String; 9] {
    let written = |duration: &Option<Duration>| duration.as_ref().map(span::written).unwrap_or_default();
    let retry = now.retry_policy.clone().unwrap_or_default();
    [
        now.task_queue.as_ref().map(|queue| queue.name.clone()).unwrap_or_default(),
        written(&now.schedule_to_close_timeout),
        written(&now.schedule_to_start_timeout),
        written(&now.start_to_close_timeout),
        written(&now.heartbeat_timeout),
        written(&retry.initial_interval),
        written(&retry.maximum_interval),
        retry.backoff_coefficient.to_string(),
        retry.maximum_attempts.to_string(),
    ]
}

pub(super) async fn act(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let activity_id = id(fields)?;
    let paths: Vec<String> =
        FIELDS.iter().filter(|(name, _, _)| fields.is_set(name)).map(|(_, _, path)| (*path).to_owned()).collect();
    let restore_original = fields.is_set(RESTORE);
    if paths.is_empty() && !restore_original {
        return Err(Problem::invalid("Nothing is filled in that would change"));
    }
    let request = UpdateActivityExecutionOptionsRequest {
        namespace: run.namespace.clone(),
        workflow_id: run.workflow_id.clone(),
        run_id: run.run_id.clone(),
        activity_id: activity_id.to_owned(),
        identity: IDENTITY.into(),
        activity_options: Some(options(fields)?),
        update_mask: Some(FieldMask { paths }),
        restore_original,
        request_id: fields.request_id(),
        ..Default::default()
    };
    visit.workflows().update_activity_execution_options(visit.request(request)).await?;
    Ok(done(visit, run, format!("The options of activity {activity_id} were changed.")))
}

fn options(fields: &Fields) -> Result<ActivityOptions, Problem> {
    let label = |name: &str| FIELDS.iter().find(|(known, _, _)| *known == name).map_or("", |(_, label, _)| label);
    let span = |name: &str| duration(fields, name, label(name));
    let retry_policy = RetryPolicy {
        initial_interval: span("retry-initial-interval")?,
        maximum_interval: span("retry-maximum-interval")?,
        backoff_coefficient: number(fields, "retry-backoff-coefficient", label("retry-backoff-coefficient"))?
            .unwrap_or_default(),
        maximum_attempts: number(fields, "retry-maximum-attempts", label("retry-maximum-attempts"))?
            .unwrap_or_default(),
        ..Default::default()
    };
    Ok(ActivityOptions {
        task_queue: fields.text("task-queue").map(|name| TaskQueue { name: name.to_owned(), ..Default::default() }),
        schedule_to_close_timeout: span("schedule-to-close-timeout")?,
        schedule_to_start_timeout: span("schedule-to-start-timeout")?,
        start_to_close_timeout: span("start-to-close-timeout")?,
        heartbeat_timeout: span("heartbeat-timeout")?,
        retry_policy: Some(retry_policy),
        ..Default::default()
    })
}
