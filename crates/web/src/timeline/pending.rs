//! What the history does not say of open groups: the attempts that are made now. Read from a description of the run.

use abide_api::temporal::api::enums::v1::{PendingActivityState, PendingNexusOperationState, PendingWorkflowTaskState};
use abide_api::temporal::api::workflow::v1::{PendingActivityInfo, PendingNexusOperationInfo, PendingWorkflowTaskInfo};
use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;

use super::group::{Category, Group};
use super::groups::Groups;
use super::words;

/// How an attempt stands. The numbers are those of the JSON form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Waits for a worker.
    Scheduled,
    /// Somebody works on it.
    Started,
    /// The last one failed; the next one waits for its time.
    BackingOff,
    /// Is asked to stop.
    CancelRequested,
    /// Somebody stopped it for a while.
    Paused,
    /// Waits until what it needs is well again.
    Blocked,
}

impl State {
    /// For people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            State::Scheduled => "waiting for a worker",
            State::Started => "running",
            State::BackingOff => "waiting to be tried again",
            State::CancelRequested => "asked to cancel",
            State::Paused => "paused",
            State::Blocked => "blocked",
        }
    }

    /// All of them, in their order.
    pub(crate) const ALL: [State; 6] =
        [State::Scheduled, State::Started, State::BackingOff, State::CancelRequested, State::Paused, State::Blocked];
}

/// An attempt that is made now. Times are milliseconds since the start of the run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pending {
    /// The group that it is of.
    pub(crate) group: i64,
    /// How it stands.
    pub(crate) state: State,
    /// Its number, from 1.
    pub(crate) attempt: u32,
    /// How many there may be; `None` for any number.
    pub(crate) attempts_max: Option<u32>,
    /// Since when it stands so.
    pub(crate) since: Option<i64>,
    /// When the next attempt is made.
    pub(crate) next: Option<i64>,
    /// Why the last one failed: the first line. Empty if none did.
    pub(crate) reason: String,
}

impl Pending {
    /// The attempts of a run's open activities, operations and workflow task. What has no group in `groups` is left out:
    /// the description may know more than the events that were read before it.
    pub(crate) fn all(groups: &Groups, run: &DescribeWorkflowExecutionResponse) -> Vec<Pending> {
        let activities = run.pending_activities.iter().filter_map(|pending| activity(groups, pending));
        let operations = run.pending_nexus_operations.iter().filter_map(|pending| operation(groups, pending));
        let task = run.pending_workflow_task.as_ref().and_then(|pending| workflow_task(groups, pending));
        activities.chain(operations).chain(task).collect()
    }
}

fn activity(groups: &Groups, activity: &PendingActivityInfo) -> Option<Pending> {
    let time = |at: Option<prost_types::Timestamp>| at.map(|at| groups.time(at));
    let next = time(activity.next_attempt_schedule_time);
    let (scheduled, ended) = (time(activity.scheduled_time), time(activity.last_attempt_complete_time));
    let (state, since) = match PendingActivityState::try_from(activity.state) {
        Ok(PendingActivityState::Started) => (State::Started, time(activity.last_started_time)),
        Ok(PendingActivityState::CancelRequested) => (State::CancelRequested, time(activity.last_started_time)),
        Ok(PendingActivityState::Paused | PendingActivityState::PauseRequested) => (State::Paused, ended.or(scheduled)),
        Ok(PendingActivityState::Scheduled | PendingActivityState::Unspecified) | Err(_) if next.is_some() => {
            (State::BackingOff, ended)
        }
        Ok(PendingActivityState::Scheduled | PendingActivityState::Unspecified) | Err(_) => {
            (State::Scheduled, ended.or(scheduled))
        }
    };
    Some(Pending {
        group: groups.activity(&activity.activity_id)?.id,
        state,
        attempt: number(activity.attempt),
        attempts_max: u32::try_from(activity.maximum_attempts).ok().filter(|most| *most > 0),
        since,
        next,
        reason: words::reason(activity.last_failure.as_ref()),
    })
}

fn operation(groups: &Groups, operation: &PendingNexusOperationInfo) -> Option<Pending> {
    let time = |at: Option<prost_types::Timestamp>| at.map(|at| groups.time(at));
    let state = match PendingNexusOperationState::try_from(operation.state) {
        Ok(PendingNexusOperationState::BackingOff) => State::BackingOff,
        Ok(PendingNexusOperationState::Started) => State::Started,
        Ok(PendingNexusOperationState::Blocked) => State::Blocked,
        Ok(PendingNexusOperationState::Scheduled | PendingNexusOperationState::Unspecified) | Err(_) => {
            State::Scheduled
        }
    };
    let failed = words::reason(operation.last_attempt_failure.as_ref());
    Some(Pending {
        group: groups.of_event(operation.scheduled_event_id)?.id,
        state,
        attempt: number(operation.attempt),
        attempts_max: None,
        since: time(operation.last_attempt_complete_time).or(time(operation.scheduled_time)),
        next: time(operation.next_attempt_schedule_time),
        reason: if failed.is_empty() { words::first_line(&operation.blocked_reason) } else { failed },
    })
}

/// A workflow task that is tried again has no event until it is done: it belongs to the last one that has.
fn workflow_task(groups: &Groups, task: &PendingWorkflowTaskInfo) -> Option<Pending> {
    let group = groups.workflow_task().filter(|group| group.status.is_open() || group.status.is_failed())?;
    let started = PendingWorkflowTaskState::try_from(task.state) == Ok(PendingWorkflowTaskState::Started);
    let since = if started { task.started_time } else { task.scheduled_time };
    let is_failed = |group: &&Group| group.category == Category::WorkflowTask && group.status.is_failed();
    let failed = groups.all().iter().rev().find(is_failed).filter(|_| task.attempt > 1);
    Some(Pending {
        group: group.id,
        state: if started { State::Started } else { State::Scheduled },
        attempt: number(task.attempt),
        attempts_max: None,
        since: since.map(|at| groups.time(at)),
        next: None,
        reason: failed.map(|failed| failed.reason.clone()).unwrap_or_default(),
    })
}

fn number(attempt: i32) -> u32 {
    u32::try_from(attempt).unwrap_or(1).max(1)
}
