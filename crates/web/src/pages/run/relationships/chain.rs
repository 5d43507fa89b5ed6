//! The runs of one workflow id: those before and behind this one, and how each came of the other; and the list of all.

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_api::temporal::api::enums::v1::{ContinueAsNewInitiator, HistoryEventFilterType};
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::history::v1::{HistoryEvent, WorkflowExecutionStartedEventAttributes};
use abide_api::temporal::api::workflowservice::v1::GetWorkflowExecutionHistoryRequest;
use maud::{Markup, html};

use super::{Described, KnownBy, ROWS, Run, href, list, table, text};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::facts;

const RUNS: &str = "runs";

/// Runs that this one leads to, or that have led to it.
#[derive(Default, Debug, PartialEq)]
struct Neighbours {
    first: Option<String>,
    /// With what has made this run of it.
    previous: Option<(&'static str, String)>,
    reset_from: Option<String>,
    next: Option<(&'static str, String)>,
    reset_to: Option<String>,
}

/// See the file's first lines.
pub(super) async fn neighbours(visit: &Visit, run: &Described) -> Result<Markup, Problem> {
    let started = event(visit, &run.run, HistoryEventFilterType::AllEvent).await?;
    let closed = if run.is_open() { None } else { event(visit, &run.run, HistoryEventFilterType::CloseEvent).await? };
    Ok(shown(visit, &run.run, &neighbours_of(run, started.as_ref(), closed.as_ref())))
}

/// All runs of the workflow id, the newest first.
pub(super) async fn all(visit: &Visit, run: &Described) -> Result<Markup, Problem> {
    let query = format!("WorkflowId = {}", text(&run.run.workflow_id));
    let found = list(visit, &run.run.namespace, query, ROWS, visit.value(RUNS).unwrap_or_default()).await?;
    let shown = table(visit, &run.run, (RUNS, "All runs, the newest first"), KnownBy::RunId, &found);
    // A list that is read on is left as it is.
    let is_whole = found.next.is_empty() && visit.value(RUNS).is_none();
    Ok(if is_whole { visit.live("runs", shown) } else { shown })
}

/// The first event, or the one that ended the run.
async fn event(visit: &Visit, run: &Run, filter: HistoryEventFilterType) -> Result<Option<HistoryEvent>, Problem> {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: run.namespace.clone(),
        execution: Some(run.execution()),
        maximum_page_size: 1,
        history_event_filter_type: filter.into(),
        ..Default::default()
    };
    let answer = visit.workflows().get_workflow_execution_history(visit.request(request)).await?.into_inner();
    Ok(answer.history.unwrap_or_default().events.into_iter().next())
}

fn neighbours_of(run: &Described, started: Option<&HistoryEvent>, closed: Option<&HistoryEvent>) -> Neighbours {
    let this = &run.run.run_id;
    let other = |id: &str| (!id.is_empty() && id != this).then(|| id.to_owned());
    let mut found = Neighbours {
        first: other(&run.info.first_run_id),
        reset_to: other(&run.more.reset_run_id),
        ..Default::default()
    };
    if let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) =
        started.and_then(|event| event.attributes.as_ref())
    {
        found.previous = other(&started.continued_execution_run_id).map(|id| (came_of(started), id));
        found.reset_from = other(&started.original_execution_run_id);
    }
    found.next =
        closed.and_then(|event| event.attributes.as_ref()).and_then(next).and_then(|(how, id)| Some((how, other(id)?)));
    found
}

/// How this run came of the one before.
fn came_of(started: &WorkflowExecutionStartedEventAttributes) -> &'static str {
    match started.initiator() {
        ContinueAsNewInitiator::Retry => "it failed, and this run is its retry",
        ContinueAsNewInitiator::CronSchedule => "this run is the next of its schedule",
        ContinueAsNewInitiator::Workflow | ContinueAsNewInitiator::Unspecified => "it was continued as new",
    }
}

/// What followed the end of a run.
fn next(closed: &Attributes) -> Option<(&'static str, &str)> {
    match closed {
        Attributes::WorkflowExecutionContinuedAsNewEventAttributes(end) => {
            Some(("this run was continued as new", &end.new_execution_run_id))
        }
        Attributes::WorkflowExecutionCompletedEventAttributes(end) => {
            Some(("the next of its schedule", &end.new_execution_run_id))
        }
        Attributes::WorkflowExecutionFailedEventAttributes(end) => {
            Some(("after this one failed", &end.new_execution_run_id))
        }
        Attributes::WorkflowExecutionTimedOutEventAttributes(end) => {
            Some(("after this one timed out", &end.new_execution_run_id))
        }
        // No other event ends a run that another one follows.
        _ => None,
    }
}

fn shown(visit: &Visit, run: &Run, found: &Neighbours) -> Markup {
    if *found == Neighbours::default() {
        return html! {};
    }
    let link = |id: &String| {
        let execution = WorkflowExecution { workflow_id: run.workflow_id.clone(), run_id: id.clone() };
        html! { a.mono href=(href(visit, run, &execution)) { (id) } }
    };
    let with = |(how, id): &(&'static str, String)| html! { (link(id)) " " span.quiet { (how) } };
    facts(&[
        ("First run", found.first.as_ref().map(link)),
        ("Previous run", found.previous.as_ref().map(with)),
        ("Reset from", found.reset_from.as_ref().map(link)),
        ("Next run", found.next.as_ref().map(with)),
        ("Reset to", found.reset_to.as_ref().map(link)),
    ])
}
