//! `workflow reset`: makes a new run of the history of one, up to a workflow task.

use abide_api::temporal::api::{
    batch::v1::BatchOperationReset,
    common::v1::{ResetOptions, reset_options::Target as Place},
    enums::v1::{EventType, ResetReapplyExcludeType, ResetReapplyType},
    history::v1::{HistoryEvent, history_event::Attributes},
    workflow::v1::{
        PostResetOperation,
        post_reset_operation::{UpdateWorkflowOptions, Variant},
    },
    workflowservice::v1::{
        GetWorkflowExecutionHistoryRequest, ResetWorkflowExecutionRequest, start_batch_operation_request::Operation,
    },
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::many::Target;
use super::update_options::Options;
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `workflow reset`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    #[command(flatten)]
    reset: Option<Reset>,
    #[command(subcommand)]
    then: Option<Then>,
}

#[derive(Subcommand, Debug)]
enum Then {
    /// Change the options of the new run as it begins.
    WithWorkflowUpdateOptions {
        #[command(flatten)]
        reset: Reset,
        #[command(flatten)]
        options: Options,
    },
}

/// Which run is reset, and where.
#[derive(Args, Debug)]
struct Reset {
    /// Workflow ID.
    #[arg(long, short = 'w', default_value = "")]
    workflow_id: String,
    /// Run ID; the newest run by default.
    #[arg(long, short = 'r', default_value = "")]
    run_id: String,
    /// The event that would end the workflow task to which the run is reset.
    #[arg(long, short = 'e', default_value = "0")]
    event_id: i64,
    /// Why; shown in the history.
    #[arg(long)]
    reason: String,
    /// To which workflow task, instead of `--event-id`.
    #[arg(long = "type", short = 't', value_enum)]
    point: Option<Point>,
    /// What of the later history is not brought to the new run.
    #[arg(long, value_enum)]
    reapply_exclude: Vec<Exclude>,
    /// What of the later history is brought to the new run. Deprecated: use `--reapply-exclude`.
    #[arg(long, value_enum, default_value = "All")]
    reapply_type: Include,
    /// The build of the worker, with `--type BuildId`: the run is reset to where that build first completed a task.
    #[arg(long, default_value = "")]
    build_id: String,
    /// Reset all that match this query.
    #[arg(long, short = 'q', default_value = "")]
    query: String,
    /// Do not ask before a batch is started.
    #[arg(long, short = 'y')]
    yes: bool,
}

/// To which workflow task.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[value(rename_all = "PascalCase")]
enum Point {
    FirstWorkflowTask,
    LastWorkflowTask,
    LastContinuedAsNew,
    BuildId,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[value(rename_all = "PascalCase")]
enum Exclude {
    All,
    Signal,
    Update,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[value(rename_all = "PascalCase")]
enum Include {
    All,
    Signal,
    None,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    match (arguments.then, arguments.reset) {
        (Some(Then::WithWorkflowUpdateOptions { reset: arguments, options }), _) => {
            let (options, mask) = options.change()?;
            let update = UpdateWorkflowOptions { workflow_execution_options: Some(options), update_mask: Some(mask) };
            let operation = PostResetOperation { variant: Some(Variant::UpdateWorkflowOptions(update)) };
            reset(session, arguments, vec![operation]).await
        }
        (None, Some(arguments)) => reset(session, arguments, Vec::new()).await,
        (None, None) => Err(Error::new("must specify workflow id")),
    }
}

#[expect(deprecated, reason = "old scripts still say what to bring along instead of what not")]
async fn reset(session: &mut Session, arguments: Reset, operations: Vec<PostResetOperation>) -> Result<()> {
    check(&arguments)?;
    if !arguments.query.is_empty() {
        return batch(session, arguments, operations).await;
    }
    let (run_id, event_id) = match arguments.point {
        None => (arguments.run_id.clone(), arguments.event_id),
        Some(point) => find(session, &arguments, point).await?,
    };
    session.output.text(format!("Resetting workflow {} to event ID {event_id}", arguments.workflow_id));
    let request = ResetWorkflowExecutionRequest {
        namespace: session.client.namespace.clone(),
        workflow_execution: Some(client::execution(&arguments.workflow_id, &run_id)),
        reason: format!("{}: {}", client::user(), arguments.reason),
        workflow_task_finish_event_id: event_id,
        request_id: client::request_id(),
        reset_reapply_type: included(arguments.reapply_type).into(),
        reset_reapply_exclude_types: excluded(&arguments.reapply_exclude),
        post_reset_operations: operations,
        ..ResetWorkflowExecutionRequest::default()
    };
    let answer = session.client.workflow.reset_workflow_execution(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("failed to reset workflow", &status))?.into_inner();
    if session.output.is_json() {
        session.output.json(&json!({ "runId": answer.run_id }));
    }
    Ok(())
}

/// Starts a batch of resets, after asking.
#[expect(deprecated, reason = "old scripts still say what to bring along instead of what not")]
async fn batch(session: &mut Session, arguments: Reset, operations: Vec<PostResetOperation>) -> Result<()> {
    let target = match arguments.point {
        Some(Point::FirstWorkflowTask) => Place::FirstWorkflowTask(()),
        Some(Point::LastWorkflowTask) => Place::LastWorkflowTask(()),
        Some(Point::BuildId) => Place::BuildId(arguments.build_id),
        Some(Point::LastContinuedAsNew) | None => return Err(Error::new("must specify reset type")),
    };
    let options = ResetOptions {
        target: Some(target),
        reset_reapply_type: included(arguments.reapply_type).into(),
        reset_reapply_exclude_types: excluded(&arguments.reapply_exclude),
        ..ResetOptions::default()
    };
    let operation = BatchOperationReset {
        identity: session.client.identity.clone(),
        options: Some(options),
        post_reset_operations: operations,
        ..BatchOperationReset::default()
    };
    let all = Target { query: arguments.query, reason: arguments.reason, yes: arguments.yes, ..Target::default() };
    all.batch(session, Operation::ResetOperation(operation)).await
}

fn included(include: Include) -> ResetReapplyType {
    match include {
        Include::All => ResetReapplyType::AllEligible,
        Include::Signal => ResetReapplyType::Signal,
        Include::None => ResetReapplyType::None,
    }
}

fn check(arguments: &Reset) -> Result<()> {
    if arguments.reapply_type != Include::All && !arguments.reapply_exclude.is_empty() {
        return Err(Error::new("--reapply-type cannot be used with --reapply-exclude. Use --reapply-exclude"));
    }
    let named = |text: &String| !text.is_empty();
    let refusals = if named(&arguments.query) {
        [
            (named(&arguments.workflow_id), "must not specify workflow id with a query"),
            (arguments.point.is_none(), "must specify reset type"),
            (named(&arguments.run_id), "must not specify run Id"),
            (arguments.event_id != 0, "must not specify event Id"),
            (
                arguments.point == Some(Point::BuildId) && !named(&arguments.build_id),
                "must specify build Id for BuildId based batch reset",
            ),
        ]
    } else {
        [
            (!named(&arguments.workflow_id), "must specify workflow id"),
            (arguments.point.is_none() && arguments.event_id <= 0, "must specify either valid event id or reset type"),
            (arguments.point == Some(Point::BuildId), "BuildId is only supported with a query"),
            (named(&arguments.build_id), "cannot set build id without BuildId reset type"),
            (arguments.yes, "cannot set 'yes' when workflow ID is set"),
        ]
    };
    match refusals.into_iter().find(|(refused, _)| *refused) {
        Some((_, why)) => Err(Error::new(why)),
        None => Ok(()),
    }
}

fn excluded(exclude: &[Exclude]) -> Vec<i32> {
    let (signal, update) = (ResetReapplyExcludeType::Signal, ResetReapplyExcludeType::Update);
    let kinds = exclude.iter().flat_map(|exclude| match exclude {
        Exclude::All => vec![signal, update, ResetReapplyExcludeType::Nexus],
        Exclude::Signal => vec![signal],
        Exclude::Update => vec![update],
    });
    kinds.map(i32::from).collect()
}

/// The run and the event that are meant by a kind of point.
async fn find(session: &mut Session, arguments: &Reset, point: Point) -> Result<(String, i64)> {
    let events = history(session, &arguments.workflow_id, &arguments.run_id).await?;
    let missing = || Error::new("unable to find any scheduled or completed task");
    match point {
        Point::BuildId => Err(Error::new("BuildId is only supported with a query")),
        Point::FirstWorkflowTask => first_task(&events).map(|id| (arguments.run_id.clone(), id)).ok_or_else(missing),
        Point::LastWorkflowTask => last_task(&events).map(|id| (arguments.run_id.clone(), id)).ok_or_else(missing),
        Point::LastContinuedAsNew => {
            let before = events.first().map(continued_from).unwrap_or_default();
            if before.is_empty() {
                return Err(Error::new(
                    "cannot use LastContinuedAsNew for workflow; workflow was not continued from another",
                ));
            }
            let events = history(session, &arguments.workflow_id, &before).await?;
            match completed(&events).last() {
                Some(id) => Ok((before, id)),
                None => Err(Error::new("unable to find WorkflowTaskCompleted event for previous execution")),
            }
        }
    }
}

fn of_kind(events: &[HistoryEvent], kind: EventType) -> impl Iterator<Item = i64> {
    events.iter().filter(move |event| event.event_type() == kind).map(|event| event.event_id)
}

fn completed(events: &[HistoryEvent]) -> impl Iterator<Item = i64> {
    of_kind(events, EventType::WorkflowTaskCompleted)
}

/// A task that nobody has completed is as good as one that failed.
fn first_task(events: &[HistoryEvent]) -> Option<i64> {
    completed(events).next().or_else(|| of_kind(events, EventType::WorkflowTaskScheduled).next().map(|id| id + 1))
}

fn last_task(events: &[HistoryEvent]) -> Option<i64> {
    completed(events).last().or_else(|| of_kind(events, EventType::WorkflowTaskScheduled).next().map(|id| id + 1))
}

fn continued_from(first: &HistoryEvent) -> String {
    match &first.attributes {
        Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) => {
            started.continued_execution_run_id.clone()
        }
        _ => String::new(),
    }
}

/// The events of this run alone.
async fn history(session: &mut Session, workflow_id: &str, run_id: &str) -> Result<Vec<HistoryEvent>> {
    let (mut events, mut token) = (Vec::new(), bytes::Bytes::new());
    loop {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: session.client.namespace.clone(),
            execution: Some(client::execution(workflow_id, run_id)),
            next_page_token: token,
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let answer = session.client.workflow.get_workflow_execution_history(client::call(request)).await;
        let answer = answer.map_err(|status| Error::rpc("failed to get workflow execution history", &status))?;
        let answer = answer.into_inner();
        events.extend(answer.history.unwrap_or_default().events);
        token = answer.next_page_token;
        if token.is_empty() {
            return Ok(events);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(kinds: &[EventType]) -> Vec<HistoryEvent> {
        let event = |(index, kind): (usize, &EventType)| HistoryEvent {
            event_id: index as i64 + 1,
            event_type: (*kind).into(),
            ..HistoryEvent::default()
        };
        kinds.iter().enumerate().map(event).collect()
    }

    #[test]
    fn a_point_is_the_end_of_a_workflow_task_or_the_event_behind_its_schedule() {
        use EventType::{
            WorkflowExecutionStarted as Started, WorkflowTaskCompleted as Completed, WorkflowTaskFailed as Failed,
            WorkflowTaskScheduled as Scheduled, WorkflowTaskStarted as Taken,
        };
        let events = history(&[Started, Scheduled, Taken, Completed, Scheduled, Taken, Completed, Scheduled]);
        assert_eq!((first_task(&events), last_task(&events)), (Some(4), Some(7)));
        let events = history(&[Started, Scheduled, Taken, Failed]);
        assert_eq!((first_task(&events), last_task(&events)), (Some(3), Some(3)));
        assert_eq!(first_task(&history(&[Started])), None);
    }
}
