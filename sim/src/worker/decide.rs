//! From a history and a script to commands: a pure function. What was begun is known by its name, so deciding again
//! from a longer history goes on where the last decision ended.

use abide_api::temporal::api::{
    command::v1::{Command, command::Attributes, *},
    common::v1::{ActivityType, RetryPolicy, WorkflowType},
    enums::v1::{CommandType, ParentClosePolicy},
    failure::v1::{ApplicationFailureInfo, Failure, failure::FailureInfo},
};

use super::view::View;
use crate::calls::{NAMESPACE, execution, queue, seconds, text};
use crate::script::{Activity, Child, Ending, Policy, Script, Step};

/// Which run is decided for.
pub struct Of<'a> {
    /// Its workflow id.
    pub workflow_id: &'a str,
    /// The run.
    pub run_id: &'a str,
    /// How many workflow ids clients start.
    pub workflows: u64,
}

/// What the run does now.
pub fn decide(of: &Of<'_>, view: &View) -> Vec<Command> {
    let script = view.input.script();
    if view.is_cancel_requested && script.obeys_cancel {
        return vec![cancel()];
    }
    let mut commands = Vec::new();
    for (number, step) in script.steps.iter().enumerate() {
        if !take(of, view, number, step, &mut commands) {
            return commands;
        }
    }
    commands.push(end(of, view, &script));
    commands
}

/// Begins what is not begun of a step; whether it is done.
fn take(of: &Of<'_>, view: &View, number: usize, step: &Step, commands: &mut Vec<Command>) -> bool {
    match step {
        Step::Activities(activities) => all(activities, |index, activity| {
            let name = format!("s{number}a{index}");
            if !view.is_begun(&name) {
                commands.push(schedule(&name, *activity));
            }
            view.is_done(&name)
        }),
        Step::Timer { seconds } => {
            let name = format!("s{number}t");
            if !view.is_begun(&name) {
                commands.push(start_timer(&name, *seconds));
            }
            view.is_done(&name)
        }
        Step::TimerRace { seconds } => {
            let (quick, slow) = (format!("s{number}q"), format!("s{number}r"));
            if !view.is_begun(&quick) {
                commands.push(start_timer(&quick, *seconds));
                commands.push(start_timer(&slow, *seconds + 100));
            }
            let is_over = view.is_done(&quick);
            if is_over && !view.is_done(&slow) {
                commands.push(cancel_timer(&slow));
            }
            is_over
        }
        Step::Signals { count, patience_seconds } => {
            let name = format!("s{number}p");
            let is_over = view.signals >= *count || view.is_done(&name);
            if !is_over && !view.is_begun(&name) {
                commands.push(start_timer(&name, *patience_seconds));
            }
            is_over
        }
        Step::Children(children) => all(children, |index, child| {
            let name = format!("s{number}c{index}");
            if !view.is_begun(&name) {
                commands.push(start_child(of, &name, *child));
            }
            if child.is_awaited { view.is_done(&name) } else { view.is_started(&name) }
        }),
        Step::SignalOther { target } => {
            let name = format!("s{number}x");
            if !view.is_begun(&name) {
                commands.push(signal_other(of, &name, *target));
            }
            view.is_done(&name)
        }
        Step::CancelOther { target } => {
            let name = format!("s{number}y");
            if !view.is_begun(&name) {
                commands.push(cancel_other(of, &name, *target));
            }
            view.is_done(&name)
        }
        Step::Marker => {
            let name = format!("s{number}m");
            if !view.is_begun(&name) {
                commands.push(marker(&name));
            }
            true
        }
    }
}

/// Whether all are done; looks at each.
fn all<T>(items: &[T], mut is_done: impl FnMut(usize, &T) -> bool) -> bool {
    let mut done = true;
    for (index, item) in items.iter().enumerate() {
        done &= is_done(index, item);
    }
    done
}

fn end(of: &Of<'_>, view: &View, script: &Script) -> Command {
    let is_on_schedule = !view.cron_schedule.is_empty();
    match script.ending {
        // A schedule ends with the last of its runs.
        Ending::Complete if is_on_schedule && view.completed_before + 1 >= script.runs => cancel(),
        Ending::Complete if is_on_schedule => complete(&(view.completed_before + 1).to_string()),
        Ending::Complete => complete(of.run_id),
        // Those that fail for ever would not end.
        Ending::Fail if is_on_schedule && view.failed_before => cancel(),
        Ending::Fail => {
            let attributes = FailWorkflowExecutionCommandAttributes { failure: Some(failure("scripted", Retry::Yes)) };
            command(CommandType::FailWorkflowExecution, Attributes::FailWorkflowExecutionCommandAttributes(attributes))
        }
        Ending::ContinueAsNew(input) => {
            let attributes = ContinueAsNewWorkflowExecutionCommandAttributes {
                workflow_type: Some(WorkflowType { name: "Scripted".into() }),
                task_queue: queue(),
                input: text(&input.text(of.run_id)),
                cron_schedule: if script.keeps_schedule { view.cron_schedule.clone() } else { String::new() },
                ..ContinueAsNewWorkflowExecutionCommandAttributes::default()
            };
            command(
                CommandType::ContinueAsNewWorkflowExecution,
                Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(attributes),
            )
        }
    }
}

fn complete(result: &str) -> Command {
    let attributes = CompleteWorkflowExecutionCommandAttributes { result: text(result) };
    command(CommandType::CompleteWorkflowExecution, Attributes::CompleteWorkflowExecutionCommandAttributes(attributes))
}

fn cancel() -> Command {
    let attributes = CancelWorkflowExecutionCommandAttributes { details: None };
    command(CommandType::CancelWorkflowExecution, Attributes::CancelWorkflowExecutionCommandAttributes(attributes))
}

/// Whether somebody should try again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Perhaps.
    Yes,
    /// Never.
    No,
}

/// A failure of the application.
pub fn failure(message: &str, retry: Retry) -> Failure {
    let info = ApplicationFailureInfo { non_retryable: retry == Retry::No, ..ApplicationFailureInfo::default() };
    Failure {
        message: message.into(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
        ..Failure::default()
    }
}

fn schedule(name: &str, activity: Activity) -> Command {
    let attributes = ScheduleActivityTaskCommandAttributes {
        activity_id: name.into(),
        activity_type: Some(ActivityType { name: "Scripted".into() }),
        task_queue: queue(),
        input: text(&format!("{} {} {}", activity.number, activity.attempts_max, u8::from(activity.beats))),
        start_to_close_timeout: seconds(8),
        heartbeat_timeout: if activity.beats { seconds(3) } else { None },
        retry_policy: Some(RetryPolicy {
            initial_interval: seconds(1),
            backoff_coefficient: 2.0,
            maximum_interval: seconds(10),
            maximum_attempts: activity.attempts_max,
            ..RetryPolicy::default()
        }),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    command(CommandType::ScheduleActivityTask, Attributes::ScheduleActivityTaskCommandAttributes(attributes))
}

fn start_timer(name: &str, after_seconds: u64) -> Command {
    let attributes =
        StartTimerCommandAttributes { timer_id: name.into(), start_to_fire_timeout: seconds(after_seconds) };
    command(CommandType::StartTimer, Attributes::StartTimerCommandAttributes(attributes))
}

fn cancel_timer(name: &str) -> Command {
    let attributes = CancelTimerCommandAttributes { timer_id: name.into() };
    command(CommandType::CancelTimer, Attributes::CancelTimerCommandAttributes(attributes))
}

fn marker(name: &str) -> Command {
    let attributes = RecordMarkerCommandAttributes { marker_name: name.into(), ..Default::default() };
    command(CommandType::RecordMarker, Attributes::RecordMarkerCommandAttributes(attributes))
}

#[expect(deprecated, reason = "the namespace is part of what SDKs send")]
fn start_child(of: &Of<'_>, name: &str, child: Child) -> Command {
    let attributes = StartChildWorkflowExecutionCommandAttributes {
        namespace: NAMESPACE.into(),
        workflow_id: format!("{}/{}:{name}", of.workflow_id, &of.run_id[of.run_id.len().saturating_sub(6)..]),
        workflow_type: Some(WorkflowType { name: "Scripted".into() }),
        task_queue: queue(),
        input: text(&child.input.text(of.run_id)),
        parent_close_policy: match child.policy {
            Policy::Terminate => ParentClosePolicy::Terminate,
            Policy::Abandon => ParentClosePolicy::Abandon,
            Policy::RequestCancel => ParentClosePolicy::RequestCancel,
        } as i32,
        ..StartChildWorkflowExecutionCommandAttributes::default()
    };
    command(
        CommandType::StartChildWorkflowExecution,
        Attributes::StartChildWorkflowExecutionCommandAttributes(attributes),
    )
}

#[expect(deprecated, reason = "the namespace is part of what SDKs send")]
fn signal_other(of: &Of<'_>, name: &str, target: u64) -> Command {
    let attributes = SignalExternalWorkflowExecutionCommandAttributes {
        namespace: NAMESPACE.into(),
        execution: execution(&workflow_id(target % of.workflows), ""),
        signal_name: format!("{}:{name}", of.run_id),
        ..SignalExternalWorkflowExecutionCommandAttributes::default()
    };
    command(
        CommandType::SignalExternalWorkflowExecution,
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(attributes),
    )
}

#[expect(deprecated, reason = "the protocol offers no other way to name the target")]
fn cancel_other(of: &Of<'_>, name: &str, target: u64) -> Command {
    let attributes = RequestCancelExternalWorkflowExecutionCommandAttributes {
        namespace: NAMESPACE.into(),
        workflow_id: workflow_id(target % of.workflows),
        reason: name.into(),
        ..RequestCancelExternalWorkflowExecutionCommandAttributes::default()
    };
    command(
        CommandType::RequestCancelExternalWorkflowExecution,
        Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(attributes),
    )
}

/// A workflow id that clients start.
pub fn workflow_id(number: u64) -> String {
    format!("w{number}")
}

/// Any command.
pub fn command(kind: CommandType, attributes: Attributes) -> Command {
    Command { command_type: kind as i32, attributes: Some(attributes), ..Command::default() }
}
