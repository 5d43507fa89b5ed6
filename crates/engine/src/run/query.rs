//! How a query can be answered in the state that the run is in. Queries themselves change nothing and are not kept here.

use std::time::Duration;

use abide_model::limits;

use super::command::QueueName;
use super::note::duration;
use super::state::State;

/// How a query can be answered now.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryRoute {
    /// Not in this state; the text says why.
    NotReady(String),
    /// When the first workflow task has completed.
    AfterFirstTask,
    /// With the next workflow task, which is scheduled or follows the started one.
    WithNextTask,
    /// At once, by a worker.
    Direct {
        /// The worker that has the run cached, if one is known: its queue and how long a task may wait there.
        sticky: Option<(QueueName, Duration)>,
        /// Any worker's.
        normal: QueueName,
    },
}

impl State {
    /// See [`QueryRoute`]; the order of the questions and the texts are the reference server's.
    pub fn query_route(&self) -> QueryRoute {
        let tasks = &self.workflow_tasks;
        let never_completed = tasks.previous_started_event_id == 0;
        if !self.is_open() {
            return match never_completed {
                true => QueryRoute::NotReady("Workflow execution closed before WorkflowTaskStarted event".into()),
                false => self.direct(),
            };
        }
        let attempt = tasks.open.as_ref().map_or(tasks.next_attempt, |open| open.attempt);
        if attempt >= limits::QUERY_ATTEMPT_GATE {
            return QueryRoute::NotReady("Unable to query workflow due to Workflow Task in failed state.".into());
        }
        match (never_completed, &tasks.open) {
            (true, _) => QueryRoute::AfterFirstTask,
            (false, Some(_)) => QueryRoute::WithNextTask,
            (false, None) => self.direct(),
        }
    }

    fn direct(&self) -> QueryRoute {
        let sticky = self.workflow_tasks.sticky.as_ref();
        QueryRoute::Direct {
            sticky: sticky.map(|sticky| (sticky.queue.clone(), duration(sticky.timeout_nanos))),
            normal: self.normal_queue(),
        }
    }
}
