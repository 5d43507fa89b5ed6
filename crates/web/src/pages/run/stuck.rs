//! Why an open run does not go on: found from what the service says of it, its last events and its task queues, in the order in
//! which a person should act. Asks nobody and knows no HTML.

mod ask;
mod history;
mod mismatch;
mod said;
#[cfg(test)]
mod tests;

use abide_api::temporal::api::enums::v1::{PendingActivityState, PendingWorkflowTaskState};
use abide_api::temporal::api::taskqueue::v1::{PollerInfo, TaskQueueStats};
use abide_api::temporal::api::workflow::v1::{
    PendingActivityInfo, PendingChildExecutionInfo, PendingNexusOperationInfo, WorkflowExecutionPauseInfo,
};
use prost_types::Timestamp;

use super::{Described, Glimpse};
use history::{Problem, Timer, Update};

pub(crate) use ask::queues;
pub(crate) use said::panel;

/// A poll is answered within a minute: whoever has not asked for longer than this is busy or gone.
const POLLER_IS_SILENT_AFTER_SECONDS: i64 = 75;

/// What is waited for in a task queue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Workflow,
    Activity,
}

/// A task queue that a run needs.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) pollers: Vec<PollerInfo>,
    pub(crate) stats: TaskQueueStats,
}

/// All that is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) run: &'a Described,
    pub(crate) glimpse: &'a Glimpse,
    pub(crate) queues: &'a [Queue],
    pub(crate) now: Timestamp,
}

/// One thing that holds a run up, or that it waits for. In the order in which a person should act.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Reason {
    Paused(WorkflowExecutionPauseInfo),
    /// The code does not get through its workflow task.
    WorkflowTaskFails {
        attempt: i32,
        last: Option<Problem>,
    },
    /// There is a task, and nobody asks for it.
    NobodyPolls {
        queue: String,
        kind: Kind,
        since: Option<Timestamp>,
        last: Option<PollerInfo>,
    },
    ActivityPaused(PendingActivityInfo),
    ActivityRetries(PendingActivityInfo),
    RateLimited {
        queue: String,
        kind: Kind,
    },
    Backlog {
        queue: String,
        kind: Kind,
        count: i64,
        since: Option<Timestamp>,
    },
    /// It waits for something, but when that comes nobody is there.
    NobodyWillPoll {
        queue: String,
        last: Option<PollerInfo>,
    },
    /// The workflow has been asked to end, and has not.
    CancelRequested,
    WorkflowTaskWaits {
        since: Option<Timestamp>,
    },
    WorkflowTaskRuns {
        since: Option<Timestamp>,
    },
    ActivityWaits(PendingActivityInfo),
    ActivityRuns(PendingActivityInfo),
    Operation(PendingNexusOperationInfo),
    Child(PendingChildExecutionInfo),
    Update(Update),
    Timer(Timer),
    /// It has not begun yet.
    Delayed {
        until: Option<Timestamp>,
    },
    /// Nothing is pending that would wake it.
    Message {
        is_whole: bool,
    },
}

impl Reason {
    /// Whether it goes on only if a person does something.
    pub(crate) fn needs_somebody(&self) -> bool {
        match self {
            Self::Paused(_)
            | Self::WorkflowTaskFails { .. }
            | Self::NobodyPolls { .. }
            | Self::ActivityPaused(_)
            | Self::ActivityRetries(_)
            | Self::RateLimited { .. }
            | Self::Backlog { .. }
            | Self::NobodyWillPoll { .. } => true,
            Self::CancelRequested
            | Self::WorkflowTaskWaits { .. }
            | Self::WorkflowTaskRuns { .. }
            | Self::ActivityWaits(_)
            | Self::ActivityRuns(_)
            | Self::Operation(_)
            | Self::Child(_)
            | Self::Update(_)
            | Self::Timer(_)
            | Self::Delayed { .. }
            | Self::Message { .. } => false,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Paused(_) => 0,
            Self::WorkflowTaskFails { .. } => 1,
            Self::NobodyPolls { .. } => 2,
            Self::ActivityPaused(_) => 3,
            Self::ActivityRetries(_) => 4,
            Self::RateLimited { .. } => 5,
            Self::Backlog { .. } => 6,
            Self::NobodyWillPoll { .. } => 7,
            Self::CancelRequested => 8,
            Self::WorkflowTaskWaits { .. } => 9,
            Self::WorkflowTaskRuns { .. } => 10,
            Self::ActivityWaits(_) => 11,
            Self::ActivityRuns(_) => 12,
            Self::Operation(_) => 13,
            Self::Child(_) => 14,
            Self::Update(_) => 15,
            Self::Timer(_) => 16,
            Self::Delayed { .. } => 17,
            Self::Message { .. } => 18,
        }
    }
}

/// Of an open run: at least one. Of a closed run: none.
pub(crate) fn reasons(seen: Seen<'_>) -> Vec<Reason> {
    if !seen.run.is_open() {
        return Vec::new();
    }
    let mut reasons: Vec<Reason> = seen.run.more.pause_info.clone().map(Reason::Paused).into_iter().collect();
    workflow_task(seen, &mut reasons);
    activities(seen, &mut reasons);
    others(seen, &mut reasons);
    if reasons.iter().all(|reason| matches!(reason, Reason::Paused(_) | Reason::CancelRequested)) {
        reasons.push(match history::delay(seen) {
            Some(until) => Reason::Delayed { until: Some(until) },
            None => Reason::Message { is_whole: history::is_whole(seen) },
        });
    }
    later(seen, &mut reasons);
    reasons.sort_by_key(Reason::rank);
    reasons
}

fn workflow_task(seen: Seen<'_>, reasons: &mut Vec<Reason>) {
    let Some(task) = &seen.run.found.pending_workflow_task else { return };
    let last = history::problem(seen);
    if task.attempt > 1 || last.as_ref().is_some_and(Problem::is_failure) {
        reasons.push(Reason::WorkflowTaskFails { attempt: task.attempt, last });
    }
    match task.state() {
        PendingWorkflowTaskState::Started => reasons.push(Reason::WorkflowTaskRuns { since: task.started_time }),
        PendingWorkflowTaskState::Scheduled | PendingWorkflowTaskState::Unspecified => {
            let waits = Reason::WorkflowTaskWaits { since: task.scheduled_time };
            queue(seen, (&seen.run.info.task_queue, Kind::Workflow), task.scheduled_time, reasons);
            if !reasons
                .iter()
                .any(|reason| matches!(reason, Reason::NobodyPolls { .. } | Reason::WorkflowTaskFails { .. }))
            {
                reasons.push(waits);
            }
        }
    }
}

fn activities(seen: Seen<'_>, reasons: &mut Vec<Reason>) {
    for activity in &seen.run.found.pending_activities {
        let it = activity.clone();
        match activity.state() {
            _ if activity.paused => reasons.push(Reason::ActivityPaused(it)),
            PendingActivityState::Started
            | PendingActivityState::CancelRequested
            | PendingActivityState::PauseRequested => {
                reasons.push(Reason::ActivityRuns(it));
            }
            _ if activity.next_attempt_schedule_time.is_some() => reasons.push(Reason::ActivityRetries(it)),
            PendingActivityState::Scheduled | PendingActivityState::Paused | PendingActivityState::Unspecified => {
                let name = queue_of(activity).unwrap_or(&seen.run.info.task_queue).to_owned();
                queue(seen, (&name, Kind::Activity), activity.scheduled_time, reasons);
                reasons.push(Reason::ActivityWaits(it));
            }
        }
    }
}

/// The task queue that an activity's tasks go to.
fn queue_of(activity: &PendingActivityInfo) -> Option<&str> {
    let queue = activity.activity_options.as_ref()?.task_queue.as_ref()?;
    (!queue.name.is_empty()).then_some(queue.name.as_str())
}

/// What is wrong with a queue in which a task waits; each queue is named once.
fn queue(seen: Seen<'_>, (name, kind): (&str, Kind), since: Option<Timestamp>, reasons: &mut Vec<Reason>) {
    let Some(queue) = seen.queues.iter().find(|queue| queue.name == name && queue.kind == kind) else { return };
    let is_known = reasons.iter().any(|reason| match reason {
        Reason::NobodyPolls { queue, kind: of, .. }
        | Reason::RateLimited { queue, kind: of }
        | Reason::Backlog { queue, kind: of, .. } => queue == name && *of == kind,
        _ => false,
    });
    let name = name.to_owned();
    if is_known {
        return;
    }
    if is_silent(queue, seen.now) {
        reasons.push(Reason::NobodyPolls { queue: name, kind, since, last: last_poller(queue) });
    } else if queue.stats.rate_limiting_active {
        reasons.push(Reason::RateLimited { queue: name, kind });
    } else if queue.stats.approximate_backlog_count > 1 {
        let age = queue.stats.approximate_backlog_age.unwrap_or_default().seconds;
        let since = Some(Timestamp { seconds: seen.now.seconds - age, nanos: 0 });
        reasons.push(Reason::Backlog { queue: name, kind, count: queue.stats.approximate_backlog_count, since });
    }
}

fn others(seen: Seen<'_>, reasons: &mut Vec<Reason>) {
    let found = &seen.run.found;
    if seen.run.more.cancel_requested {
        reasons.push(Reason::CancelRequested);
    }
    reasons.extend(found.pending_nexus_operations.iter().cloned().map(Reason::Operation));
    reasons.extend(found.pending_children.iter().cloned().map(Reason::Child));
    reasons.extend(history::updates(seen).into_iter().map(Reason::Update));
    reasons.extend(history::timers(seen).into_iter().map(Reason::Timer));
}

/// A run that waits well will need a worker for its next workflow task.
fn later(seen: Seen<'_>, reasons: &mut Vec<Reason>) {
    let name = &seen.run.info.task_queue;
    let waits = seen.run.found.pending_workflow_task.is_none();
    let queue = seen.queues.iter().find(|queue| queue.name == *name && queue.kind == Kind::Workflow);
    if let Some(queue) = queue.filter(|queue| waits && is_silent(queue, seen.now)) {
        reasons.push(Reason::NobodyWillPoll { queue: name.clone(), last: last_poller(queue) });
    }
}

fn is_silent(queue: &Queue, now: Timestamp) -> bool {
    let asked = last_poller(queue).and_then(|poller| poller.last_access_time);
    asked.is_none_or(|at| now.seconds - at.seconds > POLLER_IS_SILENT_AFTER_SECONDS)
}

fn last_poller(queue: &Queue) -> Option<PollerInfo> {
    let asked = |poller: &&PollerInfo| poller.last_access_time.map(|at| (at.seconds, at.nanos));
    queue.pollers.iter().max_by_key(asked).cloned()
}
