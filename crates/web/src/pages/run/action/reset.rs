//! Goes back in a run's history: a new run begins with its events up to a workflow task. The page lists the workflow tasks, the
//! newest first, one window of them at a time.

use abide_api::temporal::api::enums::v1::{EventType, ResetReapplyExcludeType as Exclude, WorkflowTaskFailedCause};
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::workflow::v1::ResetPointInfo;
use abide_api::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryReverseRequest, ResetWorkflowExecutionRequest,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use maud::{Markup, html};

use super::form::{Button, Form, command, number, only};
use super::{Described, IDENTITY, Run};
use crate::form::{Done, Fields};
use crate::problem::Problem;
use crate::visit::Visit;

/// How many workflow tasks are offered at a time, and for how many events the page looks for them.
const TASKS_SHOWN_MAX: usize = 100;
const EVENTS_PER_CALL: i32 = 250;
const CALLS_MAX: usize = 8;
/// Among so many events the first workflow task has ended.
const FIRST_EVENTS: i32 = 50;

/// A place to go back to.
#[derive(Debug, PartialEq)]
struct Point {
    event_id: i64,
    said: String,
}

/// What can be chosen.
#[derive(Default)]
struct Points {
    first: Option<Point>,
    /// Where a build of the worker has completed its first task.
    builds: Vec<Point>,
    tasks: Vec<Point>,
    /// Where the tasks before these are.
    before: Option<String>,
}

pub(super) async fn form(visit: &Visit, run: &Run) -> Result<Form, Problem> {
    let described = Described::ask(visit, run.clone()).await?;
    let builds = described.info.auto_reset_points.unwrap_or_default().points;
    let (tasks, before) = tasks(visit, run).await?;
    let before = before.map(|token| visit.here_with(&[("before", Some(&token))]));
    let builds = builds.iter().filter_map(|point| build(run, point)).collect();
    let points = Points { first: first(visit, run).await?, builds, tasks, before };
    let chosen = visit.value("event-id").and_then(|id| id.parse().ok());
    Ok(form_of(run, &points, chosen))
}

fn form_of(run: &Run, points: &Points, chosen: Option<i64>) -> Form {
    Form {
        title: "Reset this workflow",
        explained: html! {
            "A new run begins with the events up to the chosen workflow task, and goes on from there; what came later is done again. "
            "If this run is open, it is terminated. " strong { "This cannot be undone." }
        },
        fields: html! {
            (choice(points, chosen))
            @if let Some(before) = &points.before { p { a href=(before) { "Earlier workflow tasks" } } }
            fieldset {
                legend { "Do not bring along what came later" }
                label.tick { input type="checkbox" name="reapply-exclude" value="Signal"; "Signals" }
                label.tick { input type="checkbox" name="reapply-exclude" value="Update"; "Updates" }
            }
            label { "Reason" input name="reason" required autocomplete="off"; }
        },
        commands: only(command(
            run,
            "workflow reset",
            " --event-id {event-id} --reason {reason} --reapply-exclude {reapply-exclude}",
        )),
        button: Button::Danger("Reset"),
        before: None,
    }
}

fn choice(points: &Points, chosen: Option<i64>) -> Markup {
    let all = points.first.iter().chain(&points.builds).chain(&points.tasks);
    let is_listed = |id: i64| all.clone().any(|point| point.event_id == id);
    // The newest that was completed, as the command line has it.
    let wanted =
        chosen.or(points.tasks.iter().find(|point| point.said.starts_with(COMPLETED)).map(|point| point.event_id));
    let option = |point: &Point, is_chosen: bool| {
        html! { option value=(point.event_id) selected[is_chosen] { (point.event_id) ": " (point.said) } }
    };
    html! {
        label { "Go back to event"
            select name="event-id" required {
                @if let Some(id) = chosen.filter(|id| !is_listed(*id)) { option value=(id) selected { (id) ": the chosen event" } }
                @if !points.tasks.is_empty() {
                    optgroup label="Workflow tasks, the newest first" {
                        @for point in &points.tasks { (option(point, wanted == Some(point.event_id))) }
                    }
                }
                @if let Some(first) = &points.first {
                    optgroup label="The first workflow task" { (option(first, points.tasks.is_empty())) }
                }
                @if !points.builds.is_empty() {
                    optgroup label="The first workflow task of a build" {
                        @for point in &points.builds { (option(point, false)) }
                    }
                }
            }
        }
    }
}

pub(super) async fn act(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let reason = fields.required("reason", "Reason")?;
    let event_id = number(fields, "event-id", "Event")?.ok_or_else(|| Problem::invalid("An event must be chosen"))?;
    let excluded = fields.all("reapply-exclude").filter_map(|name| match name {
        "Signal" => Some(Exclude::Signal),
        "Update" => Some(Exclude::Update),
        _ => None,
    });
    let request = ResetWorkflowExecutionRequest {
        namespace: run.namespace.clone(),
        workflow_execution: Some(run.execution()),
        reason: reason.to_owned(),
        workflow_task_finish_event_id: event_id,
        request_id: fields.request_id(),
        reset_reapply_exclude_types: excluded.map(i32::from).collect(),
        identity: IDENTITY.into(),
        ..Default::default()
    };
    let run_id = visit.workflows().reset_workflow_execution(visit.request(request)).await?.into_inner().run_id;
    let new = Run { run_id, ..run.clone() };
    Ok(Done { to: new.href(visit, &[]), said: "The workflow was reset. This is its new run.".into() })
}

/// Some workflow tasks that have ended, the newest first, and where those before them are.
async fn tasks(visit: &Visit, run: &Run) -> Result<(Vec<Point>, Option<String>), Problem> {
    let given = visit.value("before").map(|token| URL_SAFE_NO_PAD.decode(token)).transpose();
    let mut token: Bytes =
        given.map_err(|_| Problem::invalid("there are no such workflow tasks"))?.unwrap_or_default().into();
    let mut found = Vec::new();
    for _ in 0..CALLS_MAX {
        let request = GetWorkflowExecutionHistoryReverseRequest {
            namespace: run.namespace.clone(),
            execution: Some(run.execution()),
            maximum_page_size: EVENTS_PER_CALL,
            next_page_token: token,
        };
        let answer =
            visit.workflows().get_workflow_execution_history_reverse(visit.request(request)).await?.into_inner();
        found.extend(answer.history.unwrap_or_default().events.iter().filter_map(task));
        token = answer.next_page_token;
        if token.is_empty() || found.len() >= TASKS_SHOWN_MAX {
            break;
        }
    }
    Ok((found, (!token.is_empty()).then(|| URL_SAFE_NO_PAD.encode(&token))))
}

/// The end of the first workflow task; or where it would be, if nobody has completed it.
async fn first(visit: &Visit, run: &Run) -> Result<Option<Point>, Problem> {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: run.namespace.clone(),
        execution: Some(run.execution()),
        maximum_page_size: FIRST_EVENTS,
        ..Default::default()
    };
    let answer = visit.workflows().get_workflow_execution_history(visit.request(request)).await?.into_inner();
    Ok(first_of(&answer.history.unwrap_or_default().events))
}

fn first_of(events: &[HistoryEvent]) -> Option<Point> {
    let of_kind = |kind: EventType| events.iter().find(move |event| event.event_type() == kind);
    let scheduled = || {
        let event = of_kind(EventType::WorkflowTaskScheduled)?;
        Some(Point { event_id: event.event_id + 1, said: "not completed".to_owned() })
    };
    of_kind(EventType::WorkflowTaskCompleted).and_then(task).or_else(scheduled)
}

#[expect(deprecated, reason = "older workers name their build by its checksum")]
fn build(run: &Run, point: &ResetPointInfo) -> Option<Point> {
    let name = if point.build_id.is_empty() { &point.binary_checksum } else { &point.build_id };
    let is_here = point.run_id == run.run_id && point.resettable;
    is_here.then(|| Point { event_id: point.first_workflow_task_completed_id, said: format!("build {name}") })
}

const COMPLETED: &str = "completed";

/// The end of a workflow task, whichever it was.
fn task(event: &HistoryEvent) -> Option<Point> {
    let said = match event.attributes.as_ref()? {
        Attributes::WorkflowTaskCompletedEventAttributes(_) => COMPLETED.to_owned(),
        Attributes::WorkflowTaskTimedOutEventAttributes(_) => "timed out".to_owned(),
        Attributes::WorkflowTaskFailedEventAttributes(failed) => {
            let cause = failed.cause().as_str_name().trim_start_matches("WORKFLOW_TASK_FAILED_CAUSE_");
            match failed.cause() {
                WorkflowTaskFailedCause::Unspecified => "failed".to_owned(),
                _ => format!("failed, {}", cause.replace('_', " ").to_lowercase()),
            }
        }
        _ => return None,
    };
    let at = event.event_time.as_ref().and_then(|at| jiff::Timestamp::new(at.seconds, at.nanos).ok());
    let at = at.map(|at| at.strftime(", %Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default();
    Some(Point { event_id: event.event_id, said: said + &at })
}

#[cfg(test)]
mod tests {
    use abide_api::temporal::api::history::v1::{
        WorkflowTaskCompletedEventAttributes, WorkflowTaskFailedEventAttributes, WorkflowTaskScheduledEventAttributes,
    };

    use super::*;

    fn event(event_id: i64, kind: EventType, attributes: Attributes) -> HistoryEvent {
        HistoryEvent { event_id, event_type: kind.into(), attributes: Some(attributes), ..Default::default() }
    }

    fn scheduled(event_id: i64) -> HistoryEvent {
        let attributes = WorkflowTaskScheduledEventAttributes::default();
        event(event_id, EventType::WorkflowTaskScheduled, Attributes::WorkflowTaskScheduledEventAttributes(attributes))
    }

    fn completed(event_id: i64) -> HistoryEvent {
        let attributes = WorkflowTaskCompletedEventAttributes::default();
        event(event_id, EventType::WorkflowTaskCompleted, Attributes::WorkflowTaskCompletedEventAttributes(attributes))
    }

    #[test]
    fn a_point_is_the_end_of_a_workflow_task() {
        let attributes = WorkflowTaskFailedEventAttributes {
            cause: WorkflowTaskFailedCause::NonDeterministicError.into(),
            ..Default::default()
        };
        let failed =
            event(7, EventType::WorkflowTaskFailed, Attributes::WorkflowTaskFailedEventAttributes(attributes.into()));
        assert_eq!(task(&failed), Some(Point { event_id: 7, said: "failed, non deterministic error".into() }));
        assert_eq!(task(&scheduled(2)), None);
        assert_eq!(first_of(&[scheduled(2), completed(4)]).map(|point| point.event_id), Some(4));
        assert_eq!(first_of(&[scheduled(2)]).map(|point| point.event_id), Some(3));
        assert_eq!(first_of(&[]), None);
    }

    #[test]
    fn the_newest_completed_task_is_chosen_unless_the_address_says_another() {
        let points =
            || Points { tasks: [9, 4].map(|id| task(&completed(id)).expect("an end")).into(), ..Points::default() };
        let html = choice(&points(), None).into_string();
        assert!(html.contains("value=\"9\" selected>"), "{html}");
        let html = choice(&points(), Some(4)).into_string();
        assert!(html.contains("value=\"4\" selected>") && !html.contains("value=\"9\" selected>"), "{html}");
        let html = choice(&points(), Some(5)).into_string();
        assert!(html.contains("value=\"5\" selected>5: the chosen event"), "{html}");
    }
}
