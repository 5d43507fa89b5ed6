//! What is computed from the state so that nothing has to be searched: deadlines in order, activities by id. Not stored.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::Timestamp;

use super::state::State;

/// What can be due in a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// The chain of runs has taken too long.
    ExecutionTimeout,
    /// The run has taken too long.
    RunTimeout,
    /// The delay before the first workflow task.
    StartDelay,
    /// The workflow task: waiting on a sticky queue, or with a worker.
    WorkflowTask,
    /// The timer that this event started.
    Timer(i64, String),
    /// The activity that this event scheduled: a timeout, or the next attempt.
    Activity(i64),
    /// The next attempt to tell an address that the run has ended.
    Callback(i64),
}

/// Everything that is due some time, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    times: BTreeMap<Due, Timestamp>,
    order: BTreeSet<(Timestamp, Due)>,
    /// Pending activities by the id that the workflow chose.
    pub activity_ids: BTreeMap<String, i64>,
}

impl Index {
    /// Sets, moves or (with none) removes a deadline.
    pub fn set(&mut self, due: Due, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.times.insert(due.clone(), at),
            None => self.times.remove(&due),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before, due.clone()));
        }
        if let Some(at) = at {
            self.order.insert((at, due));
        }
    }

    /// The earliest deadline.
    pub fn first(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The earliest thing that is due by `now`.
    pub fn first_due(&self, now: Timestamp) -> Option<Due> {
        self.order.first().filter(|(at, _)| *at <= now).map(|(_, due)| due.clone())
    }

    /// Computes everything from a loaded state.
    pub fn of(state: &State) -> Self {
        let mut index = Self::default();
        if state.is_open() {
            state.index_run(&mut index);
            state.index_workflow_task(&mut index);
            for (id, timer) in &state.timers.pending {
                index.set(Due::Timer(timer.started_event_id, id.clone()), Some(timer.fire_at));
            }
            for (scheduled_event_id, activity) in &state.activities.pending {
                index.activity_ids.insert(activity.scheduled.activity_id.clone(), *scheduled_event_id);
                index.set(Due::Activity(*scheduled_event_id), activity.deadline());
            }
        }
        state.index_callbacks(&mut index);
        index
    }
}
